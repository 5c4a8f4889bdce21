import assert from 'node:assert/strict';

import {
  assertCode,
  assertStatus,
  contract,
  itemsOf,
  textOf,
  type Api,
  type Body,
  type ContractCase,
} from '../contract.ts';
import { deployment, deployments, pods } from '../fixtures.ts';

const nodes = '/api/v1/nodes';
const replicaSets = (api: Api): string => `/apis/apps/v1/namespaces/${api.namespace}/replicasets`;

/** A ready node that only the case's own pods may use: they carry its selector. */
const addNode = async (api: Api, name: string, cpu: string, more: Record<string, unknown> = {}): Promise<void> => {
  const made = await api.send('POST', nodes, { metadata: { name, labels: { case: api.namespace } }, ...more });
  assertCode(made, 201);
  const at = '2026-01-01T00:00:00Z';
  const conditions = [
    {
      type: 'Ready',
      status: 'True',
      reason: 'KubeletReady',
      message: '',
      lastHeartbeatTime: at,
      lastTransitionTime: at,
    },
  ];
  const amounts = { cpu, memory: '8Gi', pods: '10' };
  assertCode(
    await api.patch(`${nodes}/${name}/status`, { status: { capacity: amounts, allocatable: amounts, conditions } }),
    200,
  );
  await api.patch(`${nodes}/${name}`, { spec: { taints: null } });
};

const onCaseNodes = (api: Api, of: ReturnType<typeof deployment>) => ({
  ...of,
  spec: {
    ...of.spec,
    template: { ...of.spec.template, spec: { ...of.spec.template.spec, nodeSelector: { case: api.namespace } } },
  },
});

const podsOf = async (api: Api, accept: (items: readonly Body[]) => boolean): Promise<readonly Body[]> =>
  itemsOf(
    (await api.eventually(`${pods(api)}?labelSelector=app`, ({ body }) => accept(itemsOf(body['items'])))).body[
      'items'
    ],
  );

const nodeOf = (pod: Body): string => textOf(pod['spec']?.['nodeName']);

const withAccount = (name: string, run: ContractCase['run']): ContractCase =>
  contract(name, async (api) => {
    await api.eventually(`/api/v1/namespaces/${api.namespace}/serviceaccounts/default`, ({ status }) => status === 200);
    await run(api);
  });

const isUnschedulable = (pod: Body): boolean =>
  itemsOf(pod['status']?.['conditions']).some(
    (one) => textOf(one['type']) === 'PodScheduled' && textOf(one['reason']) === 'Unschedulable',
  );

/** Deployments, their pods, and where those run. */
export const WORKLOAD_CASES: readonly ContractCase[] = [
  withAccount('a Deployment makes a ReplicaSet that makes the pods', async (api) => {
    await api.send('POST', deployments(api), deployment('d', 2));
    const made = await podsOf(api, (items) => items.length === 2);
    const sets = await api.get(replicaSets(api));
    const set = itemsOf(sets.body['items'])[0];
    assert.match(textOf(set?.['metadata']?.['name']), /^d-[bcdfghjklmnpqrstvwxz2456789]+$/);
    assert.equal(set?.['metadata']?.['ownerReferences']?.[0]?.['kind'], 'Deployment');
    const hash = set?.['metadata']?.['labels']?.['pod-template-hash'];
    for (const pod of made) {
      assert.equal(pod['metadata']?.['ownerReferences']?.[0]?.['name'], set?.['metadata']?.['name']);
      assert.equal(pod['metadata']?.['labels']?.['pod-template-hash'], hash);
      assert.ok(textOf(pod['metadata']?.['name']).startsWith(`${textOf(set?.['metadata']?.['name'])}-`));
      assert.equal(pod['status']?.['qosClass'], 'Guaranteed');
    }
    const { body } = await api.eventually(
      `${deployments(api)}/d`,
      (answer) => answer.body['status']?.['replicas'] !== undefined,
    );
    assert.equal(body['metadata']?.['annotations']?.['deployment.kubernetes.io/revision'], '1');
    assert.equal(body['status']?.['observedGeneration'], 1);
  }),
  withAccount('scaling a Deployment changes how many pods there are', async (api) => {
    await api.send('POST', deployments(api), deployment('d', 1));
    await podsOf(api, (items) => items.length === 1);
    const scaled = await api.patch(`${deployments(api)}/d/scale`, { spec: { replicas: 3 } });
    assertCode(scaled, 200);
    assert.equal(scaled.body['status']?.['selector'], 'app=d');
    await podsOf(api, (items) => items.length === 3);
    await api.patch(`${deployments(api)}/d/scale`, { spec: { replicas: 0 } });
    await podsOf(api, (items) => items.length === 0);
  }),
  withAccount('a pod that is deleted is made again', async (api) => {
    await api.send('POST', deployments(api), deployment('d', 1));
    const [first] = await podsOf(api, (items) => items.length === 1);
    const name = textOf(first?.['metadata']?.['name']);
    await api.send('DELETE', `${pods(api)}/${name}`);
    await podsOf(api, (items) => items.length === 1 && textOf(items[0]?.['metadata']?.['name']) !== name);
  }),
  withAccount('a Deployment that is deleted takes its ReplicaSets and pods with it', async (api) => {
    await api.send('POST', deployments(api), deployment('d', 1));
    await podsOf(api, (items) => items.length === 1);
    await api.send('DELETE', `${deployments(api)}/d`);
    await podsOf(api, (items) => items.length === 0);
    await api.eventually(replicaSets(api), ({ body }) => itemsOf(body['items']).length === 0);
  }),
  withAccount('a ReplicaSet stops where the quota does and says so', async (api) => {
    const quota = `/api/v1/namespaces/${api.namespace}/resourcequotas`;
    await api.send('POST', quota, { metadata: { name: 'q' }, spec: { hard: { pods: '2' } } });
    await api.eventually(`${quota}/q`, ({ body }) => body['status']?.['used'] !== undefined);
    await api.send('POST', deployments(api), deployment('d', 5));
    await podsOf(api, (items) => items.length === 2);
    const failed = await api.eventually(replicaSets(api), ({ body }) =>
      itemsOf(body['items']?.[0]?.['status']?.['conditions']).some((one) => textOf(one['type']) === 'ReplicaFailure'),
    );
    const condition = itemsOf(failed.body['items']?.[0]?.['status']?.['conditions'])[0];
    assert.equal(condition?.['reason'], 'FailedCreate');
    assert.match(
      textOf(condition?.['message']),
      /^pods "d-[a-z0-9]+-[a-z0-9]+" is forbidden: exceeded quota: q, requested: pods=1, used: pods=2, limited: pods=2$/,
    );
  }),
  withAccount('a pod goes to a node with room and stays pending without one', async (api) => {
    const name = `${api.namespace}-node`;
    await addNode(api, name, '1');
    await api.send('POST', deployments(api), onCaseNodes(api, deployment('d', 3, '400m')));
    const placed = await podsOf(
      api,
      (items) => items.filter((pod) => nodeOf(pod) === name).length === 2 && items.some(isUnschedulable),
    );
    assert.equal(placed.length, 3);
    await addNode(api, `${name}-late`, '1');
    await podsOf(api, (items) => items.filter((pod) => nodeOf(pod) !== '').length === 3);
    await api.send('DELETE', `${deployments(api)}/d`);
    await api.send('DELETE', `${nodes}/${name}`);
    await api.send('DELETE', `${nodes}/${name}-late`);
  }),
  withAccount('no pod goes to a node that is cordoned or tainted', async (api) => {
    const name = `${api.namespace}-node`;
    await addNode(api, name, '4');
    await api.patch(`${nodes}/${name}`, { spec: { unschedulable: true } });
    await api.eventually(`${nodes}/${name}`, ({ body }) => body['spec']?.['unschedulable'] !== undefined);
    await api.send('POST', deployments(api), onCaseNodes(api, deployment('d', 1)));
    await podsOf(api, (items) => items.some(isUnschedulable));
    await api.patch(`${nodes}/${name}`, { spec: { unschedulable: null, taints: null } });
    await podsOf(api, (items) => items.some((pod) => nodeOf(pod) === name));
    await api.send('DELETE', `${deployments(api)}/d`);
    await api.send('DELETE', `${nodes}/${name}`);
  }),
  withAccount('a pod that no node runs is gone at once; one that a node runs is given its time', async (api) => {
    const body = {
      metadata: { name: 'p' },
      spec: { containers: [{ name: 'main', image: 'i:1' }], nodeSelector: { nowhere: 'yes' } },
    };
    assertCode(await api.send('POST', pods(api), body), 201);
    const gone = await api.send('DELETE', `${pods(api)}/p`);
    assert.equal(gone.body['kind'], 'Pod');
    assertCode(await api.get(`${pods(api)}/p`), 404);
    const name = `${api.namespace}-node`;
    await addNode(api, name, '4');
    assertCode(
      await api.send('POST', pods(api), { ...body, spec: { ...body.spec, nodeSelector: { case: api.namespace } } }),
      201,
    );
    await api.eventually(`${pods(api)}/p`, (answer) => nodeOf(answer.body) === name);
    const marked = await api.send('DELETE', `${pods(api)}/p`);
    assert.equal(marked.body['metadata']?.['deletionGracePeriodSeconds'], 30);
    const forced = await api.send('DELETE', `${pods(api)}/p?gracePeriodSeconds=0`);
    assertCode(forced, 200);
    assertCode(await api.get(`${pods(api)}/p`), 404);
    await api.send('DELETE', `${nodes}/${name}`);
  }),
  withAccount('a pod is bound once', async (api) => {
    const body = {
      metadata: { name: 'p' },
      spec: { containers: [{ name: 'main', image: 'i:1' }], nodeSelector: { nowhere: 'yes' } },
    };
    await api.send('POST', pods(api), body);
    const binding = { metadata: { name: 'p' }, target: { kind: 'Node', name: `${api.namespace}-elsewhere` } };
    assertCode(await api.send('POST', `${pods(api)}/p/binding`, binding), 201);
    assert.equal(nodeOf((await api.get(`${pods(api)}/p`)).body), `${api.namespace}-elsewhere`);
    assertStatus(
      await api.send('POST', `${pods(api)}/p/binding`, binding),
      409,
      'Conflict',
      `Operation cannot be fulfilled on pods/binding "p": pod p is already assigned to node "${api.namespace}-elsewhere"`,
    );
    await api.send('DELETE', `${pods(api)}/p?gracePeriodSeconds=0`);
  }),
  withAccount('an evicted pod is deleted', async (api) => {
    const body = {
      metadata: { name: 'p' },
      spec: { containers: [{ name: 'main', image: 'i:1' }], nodeSelector: { nowhere: 'yes' } },
    };
    await api.send('POST', pods(api), body);
    const eviction = { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name: 'p' } };
    assertCode(await api.send('POST', `${pods(api)}/p/eviction`, eviction), 201);
    assertCode(await api.get(`${pods(api)}/p`), 404);
  }),
  withAccount('the spec of a pod is fixed but for its image', async (api) => {
    const body = {
      metadata: { name: 'p' },
      spec: { containers: [{ name: 'main', image: 'i:1' }], nodeSelector: { nowhere: 'yes' } },
    };
    await api.send('POST', pods(api), body);
    assertStatus(
      await api.patch(`${pods(api)}/p`, { spec: { hostname: 'other' } }),
      422,
      'Invalid',
      /^Pod "p" is invalid: spec: Forbidden: pod updates may not change fields other than `spec\.containers\[\*\]\.image`/,
    );
    assertCode(await api.patch(`${pods(api)}/p`, { metadata: { labels: { a: 'b' } } }), 200);
    await api.send('DELETE', `${pods(api)}/p`);
  }),
  withAccount('a new template makes a new ReplicaSet and a new revision', async (api) => {
    await api.send('POST', deployments(api), deployment('d', 1));
    await podsOf(api, (items) => items.length === 1);
    await api.patch(`${deployments(api)}/d`, {
      spec: { template: { metadata: { annotations: { restarted: 'now' } } } },
    });
    await api.eventually(replicaSets(api), ({ body }) => itemsOf(body['items']).length === 2);
    await api.eventually(
      `${deployments(api)}/d`,
      ({ body }) => textOf(body['metadata']?.['annotations']?.['deployment.kubernetes.io/revision']) === '2',
    );
  }),
  withAccount('a StatefulSet makes its pods in order', async (api) => {
    const path = `/apis/apps/v1/namespaces/${api.namespace}/statefulsets`;
    const of = deployment('s', 2);
    assertCode(
      await api.send('POST', path, {
        ...of,
        apiVersion: 'apps/v1',
        kind: 'StatefulSet',
        spec: { ...of.spec, serviceName: 's' },
      }),
      201,
    );
    const [first] = await podsOf(api, (items) => items.length > 0);
    assert.equal(first?.['metadata']?.['name'], 's-0');
    assert.equal(first?.['metadata']?.['labels']?.['statefulset.kubernetes.io/pod-name'], 's-0');
    await api.send('DELETE', `${path}/s`);
  }),
  withAccount('most of a StatefulSet is fixed', async (api) => {
    const path = `/apis/apps/v1/namespaces/${api.namespace}/statefulsets`;
    const of = deployment('s', 0);
    await api.send('POST', path, { ...of, kind: 'StatefulSet', spec: { ...of.spec, serviceName: 's' } });
    assertStatus(
      await api.patch(`${path}/s`, { spec: { serviceName: 'other' } }),
      422,
      'Invalid',
      /^StatefulSet\.apps "s" is invalid: spec: Forbidden: updates to statefulset spec for fields other than /,
    );
  }),
];
