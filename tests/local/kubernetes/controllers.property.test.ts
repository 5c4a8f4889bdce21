import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import fc from 'fast-check';

import { createKubernetes } from '../../../local/kubernetes/kubernetes.ts';
import { isObject, listOf, objectOf, textOf, type Json, type JsonObject } from '../../../local/kubernetes/object.ts';

/** A cluster of one namespace and two small nodes, under a clock that the test moves. */
const smallCluster = () => {
  let now = Date.parse('2026-01-01T00:00:00.300Z');
  let state = 7;
  const kubernetes = createKubernetes({
    now: () => now,
    random: () => (state = (state * 48_271) % 2_147_483_647) / 2_147_483_647,
    identities: { admin: { name: 'admin', groups: ['system:masters'] } },
  });
  const send = async (method: string, path: string, body?: Json, type = 'application/json'): Promise<JsonObject> => {
    const headers = { authorization: 'Bearer admin', 'content-type': type };
    const content = body === undefined ? {} : { body: JSON.stringify(body) };
    const response = await kubernetes.fetch(new Request(`http://cluster${path}`, { method, headers, ...content }));
    const answer: unknown = await response.json();
    return isObject(answer) ? answer : {};
  };
  const pass = (millis: number): void => {
    now += millis;
    kubernetes.settle();
  };
  return { send, pass, kubernetes, now: () => now };
};

type Cluster = ReturnType<typeof smallCluster>;

const NAMESPACE = '/api/v1/namespaces/default';
const DEPLOYMENTS = '/apis/apps/v1/namespaces/default/deployments';
const STATEFUL_SETS = '/apis/apps/v1/namespaces/default/statefulsets';
const READY = { conditions: [{ type: 'Ready', status: 'True' }] };

const workload = (name: string, replicas: number): JsonObject => ({
  metadata: { name },
  spec: {
    replicas,
    serviceName: name,
    selector: { matchLabels: { app: name } },
    template: {
      metadata: { labels: { app: name } },
      spec: { containers: [{ name: 'main', image: 'i:1', resources: { requests: { cpu: '500m' } } }] },
    },
  },
});

const itemsAt = async ({ send }: Cluster, path: string): Promise<JsonObject[]> =>
  listOf((await send('GET', path))['items']).map(objectOf);

const isGoing = (pod: JsonObject): boolean => objectOf(pod['metadata'])['deletionTimestamp'] !== undefined;

/** A second to stop, one for whole seconds, one until the next look. */
const LONGEST_STOP_MILLIS = 3000;

const askedToEndAt = (pod: JsonObject): number => {
  const { deletionTimestamp, deletionGracePeriodSeconds } = objectOf(pod['metadata']);
  return Date.parse(textOf(deletionTimestamp)) - Number(deletionGracePeriodSeconds) * 1000;
};

/** What may happen to a cluster, in any order, with any time between. */
const step = fc.oneof(
  fc.record({ do: fc.constant('apply'), path: fc.constantFrom(DEPLOYMENTS, STATEFUL_SETS), replicas: fc.nat(4) }),
  fc.record({ do: fc.constant('scale'), path: fc.constantFrom(DEPLOYMENTS, STATEFUL_SETS), replicas: fc.nat(6) }),
  fc.record({ do: fc.constant('roll'), path: fc.constantFrom(DEPLOYMENTS, STATEFUL_SETS), replicas: fc.nat(9) }),
  fc.record({ do: fc.constant('delete'), path: fc.constantFrom(DEPLOYMENTS, STATEFUL_SETS), replicas: fc.constant(0) }),
  fc.record({ do: fc.constant('kill'), path: fc.constant(''), replicas: fc.nat(5) }),
  fc.record({ do: fc.constant('quota'), path: fc.constant(''), replicas: fc.nat(6) }),
);

const MERGE = 'application/merge-patch+json';

const perform = async (cluster: Cluster, one: { do: string; path: string; replicas: number }): Promise<void> => {
  const { send } = cluster;
  const name = one.path === DEPLOYMENTS ? 'd' : 's';
  switch (one.do) {
    case 'apply':
      await send('POST', one.path, workload(name, one.replicas));
      break;
    case 'scale':
      await send('PATCH', `${one.path}/${name}/scale`, { spec: { replicas: one.replicas } }, MERGE);
      break;
    case 'roll': {
      const annotations = { rolled: String(one.replicas) };
      await send('PATCH', `${one.path}/${name}`, { spec: { template: { metadata: { annotations } } } }, MERGE);
      break;
    }
    case 'delete':
      await send('DELETE', `${one.path}/${name}`);
      break;
    case 'kill': {
      const pods = await itemsAt(cluster, `${NAMESPACE}/pods`);
      const pod = pods[one.replicas % Math.max(pods.length, 1)];
      if (pod !== undefined) await send('DELETE', `${NAMESPACE}/pods/${textOf(objectOf(pod['metadata'])['name'])}`);
      break;
    }
    default:
      await send('POST', `${NAMESPACE}/resourcequotas`, { metadata: { name: 'q' }, spec: { hard: { pods: '0' } } });
      await send('PATCH', `${NAMESPACE}/resourcequotas/q`, { spec: { hard: { pods: String(one.replicas) } } }, MERGE);
  }
};

describe('the controllers', () => {
  it('bring any history to rest: as many pods as asked for and allowed, none going, every count right', async () => {
    const history = fc.array(fc.record({ step, millis: fc.integer({ min: 0, max: 3000 }) }), { maxLength: 14 });
    await fc.assert(
      fc.asyncProperty(history, async (steps) => {
        const cluster = smallCluster();
        for (const name of ['a', 'b']) {
          const allocatable = { cpu: '4', memory: '8Gi', pods: '20' };
          await cluster.send('POST', '/api/v1/nodes', { metadata: { name }, status: { ...READY, allocatable } });
        }
        for (const { step: one, millis } of steps) {
          await perform(cluster, one);
          cluster.pass(millis);
        }
        for (let second = 0; second < 60; second += 1) {
          cluster.pass(1000);
          const going = (await itemsAt(cluster, `${NAMESPACE}/pods`)).filter(isGoing);
          assert.deepEqual(
            going.filter((pod) => cluster.now() > askedToEndAt(pod) + LONGEST_STOP_MILLIS),
            [],
            'no pod takes longer to end than it is given',
          );
        }
        const pods = await itemsAt(cluster, `${NAMESPACE}/pods`);
        const wanted = await Promise.all([DEPLOYMENTS, STATEFUL_SETS].map((path) => itemsAt(cluster, path)));
        const asked = wanted.flat().reduce((sum, one) => sum + Number(objectOf(one['spec'])['replicas']), 0);
        const [quota] = await itemsAt(cluster, `${NAMESPACE}/resourcequotas`);
        const limit = quota === undefined ? Infinity : Number(objectOf(objectOf(quota['spec'])['hard'])['pods']);

        assert.deepEqual(pods.filter(isGoing), [], 'nothing is still going');
        assert.ok(pods.length <= Math.max(asked, 0), `${pods.length} pods, ${asked} asked for`);
        if (asked <= limit) assert.equal(pods.length, asked);
        assert.ok(pods.every((pod) => objectOf(pod['status'])['phase'] === 'Running'));
        if (quota !== undefined) assert.equal(objectOf(objectOf(quota['status'])['used'])['pods'], String(pods.length));
        assert.equal(cluster.kubernetes.nextDueAt(), undefined);
      }),
      { numRuns: 60 },
    );
  });
});
