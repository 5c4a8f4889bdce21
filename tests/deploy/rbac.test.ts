import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { parseAllDocuments } from 'yaml';
import { z } from 'zod';
import { CLUSTER_ROLES } from '../../lib/tenant/cluster-roles.ts';
import { functionNames } from './packaged-template.ts';

const Rule = z.object({
  apiGroups: z.array(z.string()),
  resources: z.array(z.string()),
  verbs: z.array(z.string()),
  resourceNames: z.array(z.string()).optional(),
});
const RbacObject = z.object({
  kind: z.string(),
  metadata: z.object({ name: z.string(), namespace: z.string().optional() }),
  rules: z.array(Rule).default([]),
  roleRef: z.object({ kind: z.string(), name: z.string() }).optional(),
  subjects: z.array(z.object({ kind: z.string(), name: z.string() })).default([]),
});
type RbacObject = z.infer<typeof RbacObject>;

const ROOT = join(import.meta.dirname, '../..');
const textOf = (path: string): string => readFileSync(join(ROOT, path), 'utf8');
const objects = parseAllDocuments(textOf('deploy/rbac/functions.yaml')).map((d) => RbacObject.parse(d.toJS()));
const roles = objects.filter(({ kind }) => kind === 'ClusterRole' || kind === 'Role');
const bindings = objects.filter(({ kind }) => kind === 'ClusterRoleBinding' || kind === 'RoleBinding');

/** Everything that functions may do: their own roles, and the one that `work` is bound to in tenants' namespaces. */
const granted = [
  ...roles.flatMap(({ metadata, rules }) => rules.map((rule) => ({ role: metadata.name, ...rule }))),
  ...CLUSTER_ROLES.work.rules.map((rule) => ({ role: 'headgate:work', ...Rule.parse(rule) })),
];
const say = (rule: (typeof granted)[number]): string =>
  `${rule.role}: ${rule.verbs.join(' ')} ${rule.resources.join(' ')}`;
const rulesWith = (test: (rule: (typeof granted)[number]) => boolean): readonly string[] =>
  granted.filter(test).map(say);

test('each function has one group, and each group is that of a function', () => {
  const groups = bindings.flatMap(({ subjects }) => subjects.map(({ kind, name }) => `${kind} ${name}`));
  assert.deepEqual(
    [...new Set(groups)].sort(),
    functionNames()
      .map((name) => `Group headgate:${name}`)
      .sort(),
  );
});

test('each group is bound to the roles of its own function, and each role is bound', () => {
  const wrong = bindings.filter(
    ({ subjects, roleRef }) =>
      subjects.length !== 1 || subjects[0]!.name.replace('headgate:', 'headgate:function:') !== roleRef?.name,
  );
  assert.deepEqual(wrong, []);
  const where = ({ kind, metadata }: RbacObject) => [kind, metadata.namespace, metadata.name].join(' ');
  const bound = bindings.map(({ metadata, roleRef }) => [roleRef?.kind, metadata.namespace, roleRef?.name].join(' '));
  assert.deepEqual(roles.map(where).sort(), bound.sort());
});

test('docs/install.md makes an access entry for each function', () => {
  const [, listed] = /^for f in (.+); do$/m.exec(textOf('docs/install.md')) ?? [];
  assert.deepEqual(listed?.split(' ').sort(), [...functionNames()].sort());
});

test('no function reads secrets, enters pods, or makes itself somebody else', () => {
  const resources =
    /^(secrets|serviceaccounts\/token|pods\/(exec|attach|portforward|ephemeralcontainers)|nodes\/proxy)$/;
  const verbs = /^(impersonate|escalate)$/;
  assert.deepEqual(
    rulesWith((rule) => rule.resources.some((r) => resources.test(r)) || rule.verbs.some((v) => verbs.test(v))),
    [],
  );
});

test('no function has a right by wildcard', () => {
  assert.deepEqual(
    rulesWith((rule) => [...rule.apiGroups, ...rule.resources, ...rule.verbs].includes('*')),
    [],
  );
});

test('no function writes roles, and only tenant-requests may bind any: those made for tenants, by name', () => {
  const names = Object.values(CLUSTER_ROLES).map(({ metadata }) => metadata.name);
  const aboutRoles = granted.filter((rule) => rule.resources.some((r) => r === 'roles' || r === 'clusterroles'));
  assert.deepEqual(
    aboutRoles.map(({ role, verbs, resourceNames }) => ({ role, verbs, resourceNames: resourceNames?.sort() })),
    [{ role: 'headgate:function:tenant-requests', verbs: ['bind'], resourceNames: names.sort() }],
  );
  assert.deepEqual(
    rulesWith((rule) => rule.verbs.includes('bind')),
    aboutRoles.map(say),
  );
});

test('the roles made for tenants are bound nowhere cluster-wide', () => {
  const names = new Set<string | undefined>(Object.values(CLUSTER_ROLES).map(({ metadata }) => metadata.name));
  assert.deepEqual(
    bindings.filter(({ roleRef }) => names.has(roleRef?.name)),
    [],
  );
});

test('only tenant-requests may write what fences tenants, except the grants that rebalance writes', () => {
  const fences = new Set([
    'namespaces',
    'rolebindings',
    'networkpolicies',
    'limitranges',
    'resourcequotas',
    'serviceaccounts',
  ]);
  const writes = new Set(['create', 'update', 'patch', 'delete', 'deletecollection']);
  const writers = granted
    .filter((rule) => rule.verbs.some((v) => writes.has(v)))
    .flatMap((rule) => rule.resources.filter((r) => fences.has(r)).map((r) => `${rule.role} ${r}`))
    .filter((line) => !line.startsWith('headgate:function:tenant-requests '));
  assert.deepEqual(writers, ['headgate:function:rebalance resourcequotas']);
});
