import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import {
  CONFIG_MAP,
  EVENT,
  MANAGED_JOB,
  NAMESPACE,
  TENANT,
  type ConfigMap,
} from '../../../lib/clients/kubernetes/kinds.ts';
import { createKubernetes, type Applied, type Kubernetes } from '../../../lib/clients/kubernetes/kubernetes.ts';
import { conflictsOf } from '../../../lib/clients/kubernetes/status.ts';
import type { FieldManager } from '../../../lib/model/group.ts';
import type { KubernetesObject } from '../../../lib/model/kubernetes-object.ts';
import type { World } from '../../../lib/runtime/world.ts';

/** A cluster to try the client on: ours in memory, or a real one. */
export type TestCluster = {
  readonly world: World;
  readonly server: string;
  readonly adminToken: string;
  /** A token of somebody without any rights. */
  readonly strangerToken: string;
};

/** What a case works with: the client as an admin, a namespace of its own, and the requests that were sent. */
type Bench = {
  readonly kubernetes: Kubernetes;
  readonly namespace: string;
  readonly sent: Request[];
  readonly as: (token: string) => Kubernetes;
  readonly cluster: TestCluster;
};

/** Custom resources must be known before they can be used. */
export const installDefinitions = async ({ world, server, adminToken }: TestCluster): Promise<void> => {
  const folder = join(import.meta.dirname, '../../../deploy/crds');
  const path = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';
  const headers = { authorization: `Bearer ${adminToken}`, 'content-type': 'application/json' };
  for (const file of readdirSync(folder)) {
    const body = JSON.stringify(parse(readFileSync(join(folder, file), 'utf8')));
    const made = await world.fetch(new Request(server + path, { method: 'POST', headers, body }));
    assert.equal(made.status, 201, await made.text());
  }
  const jobs = new Request(`${server}/apis/headgate.dev/v1alpha1/managedjobs`, { headers });
  for (let n = 0; n < 100 && (await world.fetch(jobs.clone())).status !== 200; n += 1) await world.sleep(100);
};

/** Runs one case in a namespace of its own. */
export const runCase = async (cluster: TestCluster, namespace: string, run: Case): Promise<void> => {
  const sent: Request[] = [];
  const world: World = {
    ...cluster.world,
    fetch: (request) => {
      sent.push(request);
      return cluster.world.fetch(request);
    },
  };
  const as = (token: string): Kubernetes =>
    createKubernetes(world, {
      connection: async () => ({ server: cluster.server, headers: { authorization: `Bearer ${token}` } }),
      signal: new AbortController().signal,
    });
  const kubernetes = as(cluster.adminToken);
  const made: KubernetesObject = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } };
  await kubernetes.create(made, { manager: 'headgate-tenant' });
  sent.length = 0;
  await run({ kubernetes, namespace, sent, as, cluster });
};

type Case = (bench: Bench) => Promise<void>;

const manager: FieldManager = 'headgate-tenant';

const configMap = (
  namespace: string,
  name: string,
  data: Record<string, string>,
  metadata: object = {},
): ConfigMap => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { namespace, name, ...metadata },
  data,
});

/** Objects of every kind that Headgate applies again and again, as it would write them. */
const steadyObjects = (namespace: string): readonly KubernetesObject[] => {
  const object = (apiVersion: string, kind: string, content: object): KubernetesObject => ({
    apiVersion,
    kind,
    metadata: { namespace, name: 'headgate', labels: { 'headgate.dev/tenant': namespace } },
    ...content,
  });
  const rbac = 'rbac.authorization.k8s.io';
  return [
    {
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: { name: namespace, labels: { 'headgate.dev/tenant': namespace } },
    },
    object('v1', 'ConfigMap', { data: { samples: '[]', empty: '' } }),
    object('v1', 'ServiceAccount', {}),
    object('v1', 'ResourceQuota', { spec: { hard: { 'requests.cpu': '2500m', 'requests.memory': '4Gi', pods: '0' } } }),
    object('v1', 'LimitRange', {
      spec: { limits: [{ type: 'Container', default: { cpu: '1' }, defaultRequest: { cpu: '100m' } }] },
    }),
    object('networking.k8s.io/v1', 'NetworkPolicy', {
      spec: {
        podSelector: {},
        policyTypes: ['Ingress', 'Egress'],
        ingress: [{ from: [{ podSelector: {} }] }],
        egress: [{ ports: [{ port: 53, protocol: 'UDP' }], to: [{ ipBlock: { cidr: '10.0.0.0/8' } }] }],
      },
    }),
    object(`${rbac}/v1`, 'Role', { rules: [{ apiGroups: [''], resources: ['pods'], verbs: ['get', 'list'] }] }),
    object(`${rbac}/v1`, 'RoleBinding', {
      roleRef: { apiGroup: rbac, kind: 'ClusterRole', name: 'view' },
      subjects: [{ apiGroup: rbac, kind: 'Group', name: 'payments-team' }],
    }),
    {
      apiVersion: 'headgate.dev/v1alpha1',
      kind: 'Tenant',
      metadata: { name: namespace, finalizers: ['headgate.dev/fences'] },
      spec: {
        quota: { guarantee: { cpu: '2', memory: '8Gi' } },
        isolation: {
          statePrefix: 's3://flink/payments/',
          network: { allowTo: [{ cidr: '10.0.0.0/8', ports: [443] }] },
        },
        owners: [{ kind: 'Group', name: 'payments-team', role: 'edit' }],
      },
    } as KubernetesObject,
    object('headgate.dev/v1alpha1', 'ManagedJob', {
      spec: {
        targetRef: { apiVersion: 'flink.apache.org/v1beta1', kind: 'FlinkDeployment', name: 'enrich' },
        bounds: { maxParallelism: 8 },
        autoscaling: { targetUtilization: 0.5 },
      },
    }),
  ];
};

/** What must hold on any cluster. Case names are sentences. */
export const CASES: Readonly<Record<string, Case>> = {
  'an object is created once, and found the second time': async ({ kubernetes, namespace }) => {
    const first = await kubernetes.create(configMap(namespace, 'a', { n: '1' }), { manager });
    assert.equal(first.outcome, 'created');
    const second = await kubernetes.create(configMap(namespace, 'a', { n: '2' }), { manager });
    assert.equal(second.outcome, 'exists');
    assert.deepEqual(second.object.data, { n: '1' });
    const read = await kubernetes.get(CONFIG_MAP, { namespace, name: 'a' });
    assert.deepEqual(read, second.object);
    assert.equal(read?.kind, 'ConfigMap');
  },

  'what is not there reads as undefined': async ({ kubernetes, namespace }) => {
    assert.equal(await kubernetes.get(CONFIG_MAP, { namespace, name: 'nowhere' }), undefined);
    assert.equal(await kubernetes.get(TENANT, { name: `${namespace}-nobody` }), undefined);
  },

  'an apply creates, changes, and says when it changed nothing': async ({ kubernetes, namespace }) => {
    const first = await kubernetes.apply(configMap(namespace, 'a', { n: '1' }), { manager });
    assert.equal(first.outcome, 'written');
    const { resourceVersion } = first.object.metadata;
    const again = configMap(namespace, 'a', { n: '1' }, { resourceVersion });
    assert.equal((await kubernetes.apply(again, { manager })).outcome, 'unchanged');
    const changed = await kubernetes.apply(configMap(namespace, 'a', { n: '2' }, { resourceVersion }), { manager });
    assert.equal(changed.outcome, 'written');
    assert.deepEqual(changed.object.data, { n: '2' });
  },

  'an apply deletes what its manager wishes no longer': async ({ kubernetes, namespace }) => {
    await kubernetes.apply(configMap(namespace, 'a', { x: '1', y: '1' }), { manager });
    const { object } = await kubernetes.apply(configMap(namespace, 'a', { x: '1' }), { manager });
    assert.deepEqual(object.data, { x: '1' });
  },

  'an apply to another version is a Conflict': async ({ kubernetes, namespace }) => {
    const { object } = await kubernetes.apply(configMap(namespace, 'a', { n: '1' }), { manager });
    const { resourceVersion } = object.metadata;
    await kubernetes.apply(configMap(namespace, 'a', { n: '2' }), { manager });
    const late = configMap(namespace, 'a', { n: '3' }, { resourceVersion });
    await assert.rejects(kubernetes.apply(late, { manager }), { code: 'Conflict' });
    await assert.rejects(kubernetes.apply(late, { manager, current: object }), { code: 'Conflict' });
  },

  'what was decided on an object that is gone does not bring it back, nor change its successor': async (bench) => {
    const { kubernetes, namespace } = bench;
    const key = { namespace, name: 'a' };
    const { object: current } = await kubernetes.apply(configMap(namespace, 'a', { n: '1' }), { manager });
    const { resourceVersion } = current.metadata;
    const late = configMap(namespace, 'a', { n: '2' }, { resourceVersion });
    await kubernetes.remove(CONFIG_MAP, key);
    await assert.rejects(kubernetes.apply(late, { manager }), { code: 'Conflict' });
    await assert.rejects(kubernetes.apply(late, { manager, current }), { code: 'Conflict' });
    assert.equal(await kubernetes.get(CONFIG_MAP, key), undefined);
    await kubernetes.apply(configMap(namespace, 'a', { n: '1' }), { manager });
    await assert.rejects(kubernetes.apply(late, { manager, current }), { code: 'Conflict' });
  },

  'a status has nowhere to go when its object is gone': async ({ kubernetes, namespace }) => {
    const metadata = { namespace, name: 'gone' };
    const wish = { apiVersion: MANAGED_JOB.apiVersion, kind: MANAGED_JOB.kind, metadata, status: { slots: 1 } };
    const as = { manager: 'headgate-status', subresource: 'status' } as const;
    await assert.rejects(kubernetes.apply(wish, as), { code: 'NotFound' });
    assert.equal(await kubernetes.get(MANAGED_JOB, metadata), undefined);
  },

  "another's field is left alone, and its owner is named": async ({ kubernetes, namespace }) => {
    await kubernetes.create(configMap(namespace, 'a', { n: '1' }), { manager: 'headgate-history' });
    const wish = configMap(namespace, 'a', { n: '2' });
    await assert.rejects(kubernetes.apply(wish, { manager }), (error) => {
      assert.deepEqual(conflictsOf(error), [{ manager: 'headgate-history', field: '.data.n' }]);
      return true;
    });
    assert.deepEqual((await kubernetes.get(CONFIG_MAP, { namespace, name: 'a' }))?.data, { n: '1' });
  },

  'a field of our own at birth is taken over, and then ours alone': async ({ kubernetes, namespace }) => {
    const { object } = await kubernetes.apply(configMap(namespace, 'a', { n: '0' }), { manager: 'headgate-birth' });
    const { resourceVersion } = object.metadata;
    const wish = configMap(namespace, 'a', { n: '5' }, { resourceVersion });
    const grant = { manager: 'headgate-grant', takeOverFrom: ['headgate-birth'] } as const;
    const taken = await kubernetes.apply(wish, grant);
    assert.deepEqual(taken.object.data, { n: '5' });
    const birth = kubernetes.apply(configMap(namespace, 'a', { n: '0' }), { manager: 'headgate-birth' });
    await assert.rejects(birth, { code: 'OwnedByAnother' });
  },

  'the status is applied apart, condition by condition': async ({ kubernetes, namespace }) => {
    const job = steadyObjects(namespace).find((o) => o.kind === 'ManagedJob');
    assert.ok(job !== undefined);
    await kubernetes.apply(job, { manager: 'headgate-wish' });
    const status = (reason: string, more: object = {}) => ({
      apiVersion: job.apiVersion,
      kind: job.kind,
      metadata: { namespace, name: job.metadata.name },
      status: {
        slots: 4,
        vertices: [{ id: 'a', name: 'map', parallelism: 2, maxParallelism: 128, busy: 0.25 }],
        conditions: ['Healthy', 'Ready'].map((type) => ({
          type,
          status: 'True',
          reason,
          message: '',
          lastTransitionTime: '2026-01-01T00:00:00Z',
        })),
        ...more,
      },
    });
    const as = { manager: 'headgate-status', subresource: 'status' } as const;
    const { object } = await kubernetes.apply(status('Running'), as);
    assert.equal(object.status.slots, 4);
    const current = await kubernetes.get(MANAGED_JOB, { namespace, name: job.metadata.name });
    assert.equal((await kubernetes.apply(status('Running'), { ...as, current })).object, current);
    assert.equal((await kubernetes.apply(status('Restarting'), { ...as, current })).outcome, 'written');
    assert.equal((await kubernetes.apply(status('Running', { slots: 5 }), { ...as, current })).outcome, 'written');
  },

  'in a steady world nothing is sent, whatever the kind; any change is': async ({ kubernetes, namespace, sent }) => {
    // Not equal to what is stored: the wish leaves out what the API server fills in (atomic lists of objects, defaults).
    const filledIn = new Set<string>([]);
    for (const wish of steadyObjects(namespace)) {
      const { object: current }: Applied<KubernetesObject> = await kubernetes.apply(wish, { manager });
      const before = sent.length;
      const again: Applied<KubernetesObject> = await kubernetes.apply(wish, { manager, current });
      assert.equal(again.outcome, 'unchanged', wish.kind);
      assert.equal(sent.length - before, filledIn.has(wish.kind) ? 1 : 0, `requests for ${wish.kind}`);
      const { labels } = wish.metadata;
      const changed = { ...wish, metadata: { ...wish.metadata, labels: { ...labels, more: 'yes' } } };
      assert.equal((await kubernetes.apply(changed, { manager, current })).outcome, 'written', wish.kind);
      const less = { ...wish, metadata: { ...wish.metadata, labels: {} } };
      assert.equal((await kubernetes.apply(less, { manager, current })).outcome, 'written', wish.kind);
    }
  },

  'a list is whole, however many pages it takes, and says what its items are': async ({
    kubernetes,
    namespace,
    sent,
  }) => {
    const count = 503;
    const make = async (n: number): Promise<void> => {
      const labels = { even: String(n % 2 === 0) };
      await kubernetes.create(configMap(namespace, `m-${n}`, {}, { labels }), { manager });
    };
    for (let n = 0; n < count; n += 20) {
      await Promise.all(Array.from({ length: Math.min(20, count - n) }, (_, more) => make(n + more)));
    }
    sent.length = 0;
    const ours = (await kubernetes.list(CONFIG_MAP, { namespace })).filter((m) => m.metadata.name.startsWith('m-'));
    assert.equal(sent.length, 2);
    assert.equal(new Set(ours.map((m) => m.metadata.name)).size, count);
    assert.ok(ours.every((m) => m.kind === 'ConfigMap' && m.apiVersion === 'v1'));
    const even = await kubernetes.list(CONFIG_MAP, { namespace, labelSelector: 'even=true' });
    assert.equal(even.length, 252);
    const one = await kubernetes.list(CONFIG_MAP, { namespace, fieldSelector: 'metadata.name=m-7' });
    assert.equal(one.length, 1);
  },

  'only the very object that was meant is removed': async ({ kubernetes, namespace }) => {
    const key = { namespace, name: 'a' };
    const { object } = await kubernetes.create(configMap(namespace, 'a', {}), { manager });
    const { uid = '', resourceVersion = '' } = object.metadata;
    const other = '00000000-0000-0000-0000-000000000000';
    await assert.rejects(kubernetes.remove(CONFIG_MAP, key, { uid: other }), { code: 'Conflict' });
    await assert.rejects(kubernetes.remove(CONFIG_MAP, key, { uid, resourceVersion: '1' }), { code: 'Conflict' });
    const options = { uid, resourceVersion, propagation: 'Background' } as const;
    assert.equal(await kubernetes.remove(CONFIG_MAP, key, options), 'removed');
    assert.equal(await kubernetes.remove(CONFIG_MAP, key, options), 'absent');
  },

  'what RBAC forbids is Forbidden, in its words': async ({ as, cluster, namespace }) => {
    const stranger = as(cluster.strangerToken);
    await assert.rejects(stranger.list(CONFIG_MAP, { namespace }), {
      code: 'Forbidden',
      message: /configmaps is forbidden: User ".+" cannot list resource "configmaps"/,
    });
  },

  'a token that nobody knows is Forbidden': async ({ as }) => {
    await assert.rejects(as('nonsense').get(NAMESPACE, { name: 'default' }), { code: 'Forbidden' });
  },

  'what the schema refuses is Invalid, with the field': async ({ kubernetes, namespace }) => {
    const tenant = {
      apiVersion: 'headgate.dev/v1alpha1',
      kind: 'Tenant',
      metadata: { name: namespace },
      spec: { tier: 1000, quota: { guarantee: { cpu: '1', memory: '1Gi' } }, isolation: { statePrefix: 's3://b/' } },
    };
    await assert.rejects(kubernetes.apply(tenant, { manager }), { code: 'Invalid', message: /spec\.tier/ });
  },

  'an event is written': async ({ kubernetes, namespace }) => {
    const event = {
      apiVersion: 'events.k8s.io/v1',
      kind: 'Event',
      metadata: { namespace, name: 'enrich.scaled.1' },
      eventTime: '2026-01-01T00:00:00.000000Z',
      reportingController: 'headgate.dev/work',
      reportingInstance: 'work',
      action: 'Rescale',
      reason: 'Backlog',
      type: 'Normal',
      note: 'parallelism 2 to 4',
      regarding: { apiVersion: 'v1', kind: 'ConfigMap', namespace, name: 'enrich' },
    };
    assert.equal((await kubernetes.create(event, { manager: 'headgate-status' })).outcome, 'created');
    const [read] = await kubernetes.list(EVENT, { namespace });
    assert.equal(read?.note, 'parallelism 2 to 4');
  },

  'a service that has nothing behind it is Unavailable': async ({ kubernetes, namespace }) => {
    const proxied = kubernetes.proxy({ namespace, service: 'nowhere-rest', port: 8081 });
    await assert.rejects(proxied({ method: 'GET', path: '/jobs' }), { code: 'NotFound' });
  },
};
