// deploy/rbac grants each function what it does, and nothing else: every right is used in a life of all the functions.
import assert from 'node:assert/strict';
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { parseAllDocuments } from 'yaml';
import { CLUSTER_ROLES } from '../../lib/tenant/cluster-roles.ts';
import type { Call, FunctionName, Headgate } from './support/headgate.ts';
import { applyTenant, ask, SENDER, submitJob } from './support/requests.ts';
import { checkpoint, jobManagerOf, minutes, stateFolder, withJobs } from './support/running.ts';
import { forbidden } from './support/world-view.ts';

type Rule = {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly verbs: readonly string[];
};
type Role = { readonly kind: string; readonly metadata: { readonly name: string }; readonly rules: readonly Rule[] };

const root = stateFolder();
after(() => rmSync(root, { recursive: true }));

const rightsIn = (rules: readonly Rule[]): readonly string[] =>
  rules.flatMap(({ apiGroups, resources, verbs }) =>
    apiGroups.flatMap((group) => resources.flatMap((resource) => verbs.map((verb) => `${verb} ${group}/${resource}`))),
  );

/** What a function may do, in whatever namespace. */
const granted = (name: FunctionName): ReadonlySet<string> => {
  const file = join(import.meta.dirname, '../../deploy/rbac/functions.yaml');
  const roles = parseAllDocuments(readFileSync(file, 'utf8')).map((document): Role => document.toJS());
  const own = roles.filter(
    ({ kind, metadata }) => kind.endsWith('Role') && metadata.name === `headgate:function:${name}`,
  );
  const inTenants = name === 'work' ? rightsIn(CLUSTER_ROLES.work.rules) : [];
  return new Set([...own.flatMap(({ rules }) => rightsIn(rules)), ...inTenants]);
};

const VERBS: Readonly<Record<string, string>> = { POST: 'create', PATCH: 'patch', PUT: 'update', DELETE: 'delete' };

/** The rights that a call takes (an apply that makes something takes two). */
const rightsOf = ({ method, path, status }: Call): readonly string[] => {
  const match =
    /^\/api(?:s\/([^/]+))?\/[^/]+(?:\/namespaces\/[^/?]+(?=\/[^/?]))?\/([^/?]+)(?:\/([^/?]+)(?:\/([^/?]+))?)?/.exec(
      path,
    );
  if (match === null) return [];
  const [, group = '', plural = '', name, subresource] = match;
  const resource = `${group}/${plural}${subresource === undefined ? '' : `/${subresource}`}`;
  const verb = VERBS[method] ?? (name === undefined ? 'list' : 'get');
  return method === 'PATCH' && status === 201 ? [`patch ${resource}`, `create ${resource}`] : [`${verb} ${resource}`];
};

/** A life in which each function does everything that it can. */
const live = async (headgate: Headgate): Promise<void> => {
  const asTeam = { senderId: SENDER };
  await headgate.admin.applyAs('kubectl', {
    apiVersion: 'headgate.dev/v1alpha1',
    kind: 'CapacityPool',
    metadata: { name: 'nodes' },
    spec: { fromNodes: {} },
  });
  headgate.request(submitJob('update-1', { verb: 'update' }), asTeam);
  headgate.request(ask('cordon-1', 'tenant.cordon', {}));
  headgate.request(ask('uncordon-1', 'tenant.uncordon', {}));
  headgate.request(applyTenant('apply-2', { owners: [{ kind: 'User', name: 'eve', role: 'view' }] }));
  await minutes(headgate, 11);
  // A network policy of ours that is not planned any more, as an older version may have left it.
  await headgate.admin.applyAs('headgate-tenant', {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: { name: 'headgate-old', namespace: 'payments', labels: { 'headgate.dev/tenant': 'payments' } },
    spec: { podSelector: {} },
  });
  await minutes(headgate, 10);
  jobManagerOf(headgate, 'orders').load.recordsPerSecond = 700;
  await minutes(headgate, 5);
  checkpoint(headgate, root, 'orders');
  await minutes(headgate, 1);
  jobManagerOf(headgate, 'orders').fail('java.util.concurrent.TimeoutException: Heartbeat of TaskManager timed out.');
  await minutes(headgate, 6);
  headgate.request(ask('suspend-1', 'job.suspend', { job: 'orders' }), asTeam);
  await minutes(headgate, 2);
  headgate.request(ask('resume-1', 'job.resume', { job: 'orders' }), asTeam);
  await minutes(headgate, 2);
  // A workload that nobody submitted is found.
  await headgate.admin.remove('/apis/headgate.dev/v1alpha1/namespaces/payments/managedjobs/orders');
  await minutes(headgate, 1);
  headgate.request(ask('delete-1', 'job.delete', { job: 'orders' }), asTeam);
  await minutes(headgate, 4);
  assert.equal(headgate.operator.jobManager('payments', 'orders'), undefined);
  const dead = {
    group: 'payments',
    senderId: SENDER,
    body: JSON.stringify(ask('dead-1', 'job.resume', { job: 'orders' })),
  };
  for (let twice = 0; twice < 2; twice += 1) headgate.queues.send('requests-dead', dead);
  await headgate.deliver('requests-dead');
  await headgate.http('console');
  const alert = {
    status: 'firing',
    labels: { namespace: 'payments' },
    startsAt: '2026-11-23T10:00:00Z',
    fingerprint: 'f',
  };
  const body = JSON.stringify({ version: '4', groupKey: 'g', status: 'firing', receiver: 'r', alerts: [alert] });
  await headgate.http('alerts', { body });
  await headgate.drain();
};

/** Rights that no call shows, and why they are needed. */
const UNSEEN: Readonly<Record<string, string>> = {
  'bind rbac.authorization.k8s.io/clusterroles': 'asked by the API server when a RoleBinding is written',
  'get events.k8s.io/events': 'asked when an Event is there already: the same news within a minute',
};

test('in a life of all the functions nobody is refused, and every right is used', async () => {
  const headgate = await withJobs({ operator: '1.7', stateRoot: root, tenant: { recovery: { backoffSeconds: 1 } } });
  await live(headgate);
  assert.deepEqual(forbidden(headgate), []);
  for (const name of ['tenant-requests', 'tick', 'work', 'rebalance', 'alerts', 'rejected', 'console'] as const) {
    const used = new Set(headgate.calls.filter((call) => call.function === name).flatMap(rightsOf));
    const unused = [...granted(name)].filter((right) => !used.has(right) && UNSEEN[right] === undefined);
    assert.deepEqual(unused, [], `${name} may do what it never does`);
    assert.deepEqual(
      [...used].filter((right) => !granted(name).has(right)),
      [],
      `${name} does what it is not granted`,
    );
  }
});
