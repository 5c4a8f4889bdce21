import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Operation } from '../../lib/model/managed-job.ts';
import { sourcesBelow } from '../architecture/sources.ts';
import { firstCellsOf, readDocument } from './documents.ts';

const words = (text: string): readonly string[] =>
  text
    .replace(/^[^:]*:/, '')
    .trim()
    .split(/\s+/);

/** Literals in PascalCase that are no reasons. Whatever is in neither list must be explained in docs/reasons.md. */
const NO_REASONS = new Set([
  ...words(`kinds, and how RBAC, network policies and limit ranges name things:
    ClusterRole ConfigMap Event FlinkDeployment LimitRange ManagedJob Namespace NetworkPolicy Pod PodTemplate ResourceQuota
    RoleBinding ServiceAccount Tenant TenantRequest User Group Container Ingress Egress In`),
  ...words(`words of Kubernetes' own objects:
    True False Unknown Normal Warning Apply Succeeded Terminating PodScheduled Completed ContainerCreating PodInitializing
    Always Never IfNotPresent OnRootMismatch File FallbackToLogsOnError RuntimeDefault Localhost`),
  ...words(`types of our conditions, metrics, the step of a new operation:
    Ready QuotaSettled GuaranteesCovered Decision Request Drift DeadLetter Requested`),
  ...Operation.shape.kind.options,
]);

const withoutComments = (text: string): string =>
  text.replaceAll(/\/\*[\s\S]*?\*\//g, '').replaceAll(/(^|[^:])\/\/.*$/gm, '$1');

const decisions = sourcesBelow(
  'lib/autoscale',
  'lib/quota',
  'lib/tenant',
  'lib/recovery',
  'lib/targets',
  'lib/workflows',
)
  .filter(({ path }) => path !== 'lib/workflows/console.ts') // titles of columns
  .concat(sourcesBelow('lib/model').filter(({ path }) => path === 'lib/model/measurement.ts'))
  .map(({ text }) => withoutComments(text))
  .join('\n');

const errorCodes = sourcesBelow('lib/runtime')
  .filter(({ path }) => path === 'lib/runtime/errors.ts')
  .flatMap(({ text }) => [...text.matchAll(/^ {2}\| '(\w+)'/gm)].map(([, code = '']) => code));

/** Every reason that the code can give: its literals, and the ends of operations, which it puts together. */
const reasons = new Set([
  ...[...decisions.matchAll(/'([A-Z][a-z]+[A-Za-z]*)'/g)].map(([, literal = '']) => literal),
  ...[...decisions.matchAll(/`\$\{operation\.kind\}([A-Z]\w+)`/g)].flatMap(([, end = '']) =>
    Operation.shape.kind.options.map((kind) => `${kind}${end}`),
  ),
]);

test('docs/reasons.md explains every reason that the code can give, and no other', () => {
  const codes = new Set(errorCodes);
  const given = [...reasons].filter((r) => !NO_REASONS.has(r) && (!codes.has(r) || r === 'Invalid')).sort();
  assert.deepEqual([...new Set(firstCellsOf(readDocument('docs/reasons.md')))].sort(), given);
});

test('docs/reasons.md explains each reason once', () => {
  const cells = firstCellsOf(readDocument('docs/reasons.md'));
  assert.deepEqual(
    cells.filter((cell, index) => cells.indexOf(cell) !== index),
    [],
  );
});

test('docs/errors.md explains every error code, and no other', () => {
  assert.ok(errorCodes.length > 5);
  assert.deepEqual(firstCellsOf(readDocument('docs/errors.md')).toSorted(), errorCodes.toSorted());
});
