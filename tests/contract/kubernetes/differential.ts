/**
 * Random histories of writes by several managers, for a custom and two built-in kinds: the stand-in and the real API
 * server must answer each write alike, down to who owns what.
 */
import assert from 'node:assert/strict';

import fc from 'fast-check';

import { apiOver, itemsOf, textOf, type Answer, type Api, type Reach } from './contract.ts';
import { configMaps, deployments, installWidgets, widgets } from './fixtures.ts';

type Kind = { readonly path: (api: Api) => string; readonly apiVersion: string; readonly kind: string };

const WIDGET: Kind = { path: widgets, apiVersion: 'example.com/v1', kind: 'Widget' };
const CONFIG_MAP: Kind = { path: configMaps, apiVersion: 'v1', kind: 'ConfigMap' };
const DEPLOYMENT: Kind = { path: deployments, apiVersion: 'apps/v1', kind: 'Deployment' };

export type Write = {
  readonly how: 'apply' | 'force' | 'merge' | 'put' | 'scale' | 'status';
  readonly manager: string;
  readonly content: Readonly<Record<string, unknown>>;
};

export type History = { readonly kind: Kind; readonly writes: readonly Write[] };

const some = <T>(values: Record<string, fc.Arbitrary<T>>): fc.Arbitrary<Partial<Record<string, T>>> =>
  fc.record(values, { requiredKeys: [] });

const text = fc.constantFrom('1', '2', '3');
const texts = some({ a: text, b: text, c: text });

const metadata = some<unknown>({
  labels: texts,
  annotations: texts,
  finalizers: fc.uniqueArray(fc.constantFrom('example.com/x', 'example.com/y'), { maxLength: 2 }),
});

const port = fc.record({ name: fc.constantFrom('p', 'q', 'r'), port: fc.constantFrom(1, 2) });

const widgetSpec = some<unknown>({
  size: fc.constantFrom(1, 2),
  color: fc.constantFrom('red', 'blue', null),
  replicas: fc.constantFrom(1, 2),
  ports: fc.uniqueArray(port, { maxLength: 3, selector: ({ name }) => name }),
  tags: fc.uniqueArray(fc.constantFrom('x', 'y', 'z'), { maxLength: 3 }),
  words: fc.array(fc.constantFrom('u', 'v'), { maxLength: 2 }),
  free: some<unknown>({
    k: fc.constantFrom<unknown>(1, 'x', {}, null, [1], { deep: 1 }),
    l: some({ m: text, n: text }),
  }),
  labels: texts,
  whole: texts,
  inner: some<unknown>({ a: fc.constantFrom('1', '2', null), b: text }),
  maybe: fc.constantFrom('x', null),
});

const condition = fc.record({ type: fc.constantFrom('A', 'B'), status: fc.constantFrom('True', 'False') });
const widgetStatus = some<unknown>({
  phase: text,
  conditions: fc.uniqueArray(condition, { maxLength: 2, selector: ({ type }) => type }),
});

const widgetContent = fc.record({ metadata, spec: widgetSpec, status: widgetStatus }, { requiredKeys: [] });
const configMapContent = fc.record({ metadata, data: texts }, { requiredKeys: [] });

const container = fc.record(
  {
    name: fc.constantFrom('main', 'side'),
    image: fc.constantFrom('i:1', 'i:2'),
    env: fc.uniqueArray(fc.record({ name: fc.constantFrom('E', 'F'), value: text }), {
      maxLength: 2,
      selector: ({ name }) => name,
    }),
    ports: fc.uniqueArray(
      fc.record(
        { containerPort: fc.constantFrom(80, 81), protocol: fc.constantFrom('TCP', 'UDP') },
        { requiredKeys: ['containerPort'] },
      ),
      { maxLength: 2, selector: ({ containerPort, protocol = 'TCP' }) => `${containerPort}/${protocol}` },
    ),
    resources: some<unknown>({
      limits: some({ cpu: fc.constantFrom('1', '500m', '0.5'), memory: fc.constantFrom('1Gi', '1024Mi') }),
    }),
  },
  { requiredKeys: ['name'] },
);

const deploymentContent = fc.record(
  {
    metadata,
    spec: some<unknown>({
      replicas: fc.constantFrom(0, 1),
      paused: fc.boolean(),
      template: fc.record(
        {
          metadata: some<unknown>({ labels: texts, annotations: texts }),
          spec: some<unknown>({
            containers: fc.uniqueArray(container, { minLength: 1, maxLength: 2, selector: ({ name }) => name }),
          }),
        },
        { requiredKeys: [] },
      ),
    }),
  },
  { requiredKeys: [] },
);

const historyOf = (kind: Kind, content: fc.Arbitrary<Record<string, unknown>>): fc.Arbitrary<History> =>
  fc.record({
    kind: fc.constant(kind),
    writes: fc.array(
      fc.record({
        how: fc.constantFrom<Write['how']>('apply', 'apply', 'apply', 'force', 'merge', 'put', 'scale', 'status'),
        manager: fc.constantFrom('one', 'two', 'three'),
        content,
      }),
      { minLength: 2, maxLength: 7 },
    ),
  });

export const history: fc.Arbitrary<History> = fc.oneof(
  historyOf(WIDGET, widgetContent),
  historyOf(CONFIG_MAP, configMapContent),
  historyOf(DEPLOYMENT, deploymentContent),
);

/** What every object starts as, so that most histories are valid. */
const BIRTH: Readonly<Record<string, unknown>> = {
  Widget: { spec: { size: 1 } },
  ConfigMap: { data: { birth: '1' } },
  Deployment: {
    spec: {
      replicas: 0,
      selector: { matchLabels: { app: 'd' } },
      template: { metadata: { labels: { app: 'd' } }, spec: { containers: [{ name: 'main', image: 'i:0' }] } },
    },
  },
};

/** Reads the object and puts it back with its metadata and spec replaced in part: what a client that updates does. */
const replaceParts = async (api: Api, target: string, manager: string, content: Write['content']): Promise<Answer> => {
  const { body } = await api.get(target);
  const next = { ...body, ...content, metadata: { ...body['metadata'], ...Object(content['metadata']) } };
  const spec = content['spec'] === undefined ? {} : { spec: { ...body['spec'], ...Object(content['spec']) } };
  const template = body['spec']?.['template'] === undefined ? {} : { template: body['spec']['template'] };
  return api.send('PUT', `${target}?fieldManager=${manager}`, {
    ...next,
    ...('spec' in spec ? { spec: { ...spec.spec, ...template } } : {}),
  });
};

const perform = (api: Api, { path, apiVersion, kind }: Kind, { how, manager, content }: Write): Promise<Answer> => {
  const target = `${path(api)}/o`;
  if (how === 'put') return replaceParts(api, target, manager, content);
  if (how === 'scale' && kind !== 'ConfigMap') {
    const replicas = JSON.stringify(content).length % 3;
    return api.send(
      'PATCH',
      `${target}/scale?fieldManager=${manager}`,
      { spec: { replicas } },
      { contentType: 'application/merge-patch+json' },
    );
  }
  const { metadata: meta } = content;
  const body = { ...content, apiVersion, kind, metadata: { ...Object(meta), name: 'o' } };
  if (how === 'status' && kind === 'Widget') return api.apply(`${target}/status`, manager, body, true);
  if (how !== 'merge') return api.apply(target, manager, body, how !== 'apply');
  return api.send('PATCH', `${target}?fieldManager=${manager}`, content, {
    contentType: 'application/merge-patch+json',
  });
};

const VOLATILE = new Set(['uid', 'resourceVersion', 'creationTimestamp', 'namespace', 'time']);

/** What must be equal: all but what says when and where. Owners without regard to their order, messages sorted. */
const comparable = ({ status, body }: Answer): unknown => {
  const bare = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(bare);
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(
      Object.entries(value)
        .filter(([name]) => !VOLATILE.has(name))
        .map(([name, one]) => [name, bare(one)]),
    );
  };
  const owners = itemsOf(body['metadata']?.['managedFields'])
    .map((entry) => JSON.stringify(sorted(bare(entry))))
    .toSorted();
  const isRefused = status >= 400;
  if (isRefused) return { status, reason: body['reason'], message: sortedMessage(textOf(body['message'])) };
  // Controllers of the real server write their own status; it is not the subject here.
  const { status: _status, ...rest } = Object(bare(body)) as Record<string, unknown>;
  const meta = Object(rest['metadata']) as Record<string, unknown>;
  const shown = body['kind'] === ('Deployment' as unknown) ? rest : { ...rest, status: _status };
  return { status, ...shown, metadata: { ...meta, managedFields: owners } };
};

const sorted = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, one]) => [name, sorted(one)]),
  );
};

/** Go visits maps in any order, so lists inside messages come in any order. */
const sortedMessage = (message: string): string =>
  message
    .split(/[\n,]/)
    .map((part) => part.replaceAll(/[[\]]/g, '').trim())
    .toSorted()
    .join('\n');

/** Runs one history on both sides and compares every answer. */
export const compareHistory = async (
  sides: readonly [Reach, Reach],
  namespace: string,
  { kind, writes }: History,
): Promise<void> => {
  const [left, right] = sides.map((reach) => apiOver(reach, namespace));
  if (left === undefined || right === undefined) throw new Error('two sides');
  for (const api of [left, right]) await api.send('POST', '/api/v1/namespaces', { metadata: { name: namespace } });
  if (kind.kind === 'Widget') for (const api of [left, right]) await installWidgets(api);
  const birth: Write = { how: 'apply', manager: 'birth', content: Object(BIRTH[kind.kind]) as Record<string, unknown> };
  for (const write of [birth, ...writes]) {
    const mine: Answer = await perform(left, kind, write);
    const real: Answer = await perform(right, kind, write);
    assert.deepEqual(comparable(mine), comparable(real), `after ${JSON.stringify(write)}`);
  }
  for (const api of [left, right]) {
    await api.patch(`${kind.path(api)}/o`, { metadata: { finalizers: null } });
    await api.send('DELETE', `/api/v1/namespaces/${namespace}`);
  }
};
