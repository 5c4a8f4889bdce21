// `tenant.apply` from the message to the granted quota, and everything that may be wrong with a request.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { GRANT_QUOTA } from '../../lib/tenant/resource-quota.ts';
import { startHeadgate, type Headgate } from './support/headgate.ts';
import { applyTenant, ask, SENDER, submitJob } from './support/requests.ts';
import { changed, conditionOf, entriesOf, forbidden, outcomeOf, part, versionsOf } from './support/world-view.ts';

const QUOTA = `resourcequotas/payments/${GRANT_QUOTA}`;

/** The tenant `payments`, all messages handled. */
const withTenant = async (): Promise<Headgate> => {
  const headgate = await startHeadgate();
  headgate.request(applyTenant('apply-1'));
  await headgate.drain();
  // What was granted is read, not assumed: the run after the one that wrote it says so.
  await headgate.schedule('rebalance');
  assert.deepEqual(forbidden(headgate), []);
  return headgate;
};

test('a tenant is fenced, born with a quota of zero, and told so', async () => {
  const headgate = await startHeadgate();
  headgate.request(applyTenant('apply-1'));
  const { failed } = await headgate.deliver('requests');
  assert.equal(failed, 0);

  const world = await headgate.objects();
  const namespace = world.get('namespaces/payments');
  assert.equal(namespace?.metadata.labels?.['headgate.dev/tenant'], 'payments');
  assert.equal(namespace?.metadata.labels?.['pod-security.kubernetes.io/enforce'], 'restricted');
  for (const fence of [
    'networkpolicies/payments/headgate-default-deny',
    'rolebindings/payments/headgate-owners-edit',
    'rolebindings/payments/headgate-work',
    'limitranges/payments/headgate',
    'serviceaccounts/payments/flink',
  ])
    assert.ok(world.has(fence), fence);
  assert.equal(part(world.get(QUOTA), 'spec', 'hard', 'requests.cpu'), '0');
  assert.equal(entriesOf(world).length, 1);
  const { outcome, message } = await outcomeOf(headgate, applyTenant('apply-1'));
  assert.equal(outcome, 'accepted');
  assert.match(message, /Namespace payments/);
  const ready = conditionOf(world.get('tenants/payments'), 'Ready');
  assert.deepEqual([ready?.['status'], ready?.['reason']], ['True', 'Fenced']);
  assert.deepEqual(forbidden(headgate), []);
});

test('the pool message wakes rebalance, which grants the guarantee under its own name and wakes work', async () => {
  const headgate = await startHeadgate();
  headgate.request(applyTenant('apply-1'));
  await headgate.deliver('requests');
  assert.equal(headgate.queues.messages('pools').length, 1);
  await headgate.deliver('pools');

  const world = await headgate.objects();
  const quota = world.get(QUOTA);
  assert.equal(part(quota, 'spec', 'hard', 'requests.cpu'), '2');
  assert.equal(part(quota, 'spec', 'hard', 'requests.memory'), '4Gi');
  assert.equal(quota?.metadata.annotations?.['headgate.dev/plan-epoch'], '1');
  const owners = (quota?.metadata.managedFields ?? []).filter(
    (e) => JSON.stringify(e.fieldsV1).includes('f:requests.cpu') && e.subresource === undefined,
  );
  assert.deepEqual(
    owners.map((e) => e.manager),
    ['headgate-grant'],
    'nobody but the grant holds the amounts',
  );
  assert.equal(part(world.get('capacitypools/default'), 'status', 'plan', 'epoch'), 1);
  assert.equal(part(world.get('tenants/payments'), 'status', 'quota', 'target', 'cpu'), '2');
  const [wake] = headgate.queues.messages('work');
  assert.equal(JSON.parse(wake?.body ?? '{}').cause, 'rebalance');
  assert.equal(wake?.group, 'payments');
  await headgate.schedule('rebalance');
  assert.equal(part((await headgate.objects()).get('tenants/payments'), 'status', 'quota', 'granted', 'cpu'), '2');
});

test('tick sends one look per tenant, and work on a tenant without jobs writes its history and counts once', async () => {
  const headgate = await withTenant();
  headgate.clock.advance(60_000);
  await headgate.schedule('tick');
  assert.equal(headgate.queues.messages('work').length, 1);
  await headgate.drain();
  const before = await headgate.objects();
  assert.deepEqual(part(before.get('tenants/payments'), 'status', 'jobs'), {
    running: 0,
    pending: 0,
    failed: 0,
    quarantined: 0,
  });
  headgate.clock.advance(60_000);
  await headgate.schedule('tick');
  await headgate.schedule('rebalance');
  await headgate.drain();
  assert.deepEqual(changed(before, await headgate.objects()), []);
  assert.deepEqual(forbidden(headgate), []);
});

test('the same request delivered twice changes no resourceVersion', async () => {
  const headgate = await withTenant();
  const before = versionsOf(await headgate.objects());
  headgate.request(applyTenant('apply-1'));
  await headgate.drain();
  assert.deepEqual(versionsOf(await headgate.objects()), before);
});

test('the same wish under another id is accepted, changes nothing but the ledger, and says so', async () => {
  const headgate = await withTenant();
  const before = await headgate.objects();
  headgate.request(applyTenant('apply-2'));
  await headgate.drain();
  const written = changed(before, await headgate.objects()).filter((path) => !/^(tenantrequests|events)\//.test(path));
  // The Tenant carries the newest request's key.
  assert.deepEqual(written, ['tenants/payments']);
  assert.equal((await outcomeOf(headgate, applyTenant('apply-2'))).outcome, 'accepted');
});

test('a later apply that raises the guarantee is granted within the pool', async () => {
  const headgate = await withTenant();
  headgate.request(applyTenant('apply-2', { quota: { guarantee: { cpu: '4', memory: '8Gi' }, jobs: 5 } }));
  await headgate.drain();
  assert.equal(part((await headgate.objects()).get(QUOTA), 'spec', 'hard', 'requests.cpu'), '4');
});

test('what a new spec no longer names is taken away: an owner, his binding', async () => {
  const headgate = await withTenant();
  headgate.request(applyTenant('apply-2', { owners: [{ kind: 'User', name: 'eve', role: 'view' }] }));
  await headgate.drain();
  const world = await headgate.objects();
  assert.ok(!world.has('rolebindings/payments/headgate-owners-edit'));
  assert.ok(world.has('rolebindings/payments/headgate-owners-view'));
  assert.deepEqual(forbidden(headgate), []);
});

// Requests that are turned down ---------------------------------------------------------------------------------------

type Refused = {
  readonly event: {
    readonly id: string;
    readonly source?: string;
    readonly subject?: string;
    readonly time?: string;
    readonly type?: string;
  };
  readonly sent?: { group?: string; senderId?: string; body?: string };
  /** The message that cannot be read has its entry under its own id. */
  readonly unread?: true;
  readonly outcome: string;
  readonly problems: readonly RegExp[];
};

const old = { ...applyTenant('old'), time: '2026-10-01T00:00:00Z' };
const REFUSED: Readonly<Record<string, Refused>> = {
  'a body that is no JSON': {
    event: { id: 'x' },
    sent: { group: 'payments', body: '{not json' },
    unread: true,
    outcome: 'Malformed',
    problems: [/is no JSON/],
  },
  'a body that is too large': {
    event: { id: 'x' },
    sent: { group: 'payments', body: JSON.stringify({ ...applyTenant('x'), padding: 'x'.repeat(300_000) }) },
    unread: true,
    outcome: 'TooLarge',
    problems: [/larger than 256 KiB/],
  },
  'a submission with several mistakes, each of which is named': {
    event: { ...submitJob('bad', { data: { job: 'X', bounds: { minParallelism: 0 } } }), time: 'not a time' },
    outcome: 'Malformed',
    problems: [/time:/, /data\.job:/, /data\.bounds\.minParallelism:/],
  },
  'a version that is not known': {
    event: { ...applyTenant('v9'), type: 'dev.headgate.tenant.apply.v9' },
    outcome: 'UnknownVersion',
    problems: [/tenant\.apply\.v9/],
  },
  'a verb that there is not': {
    event: { ...applyTenant('verb'), type: 'dev.headgate.tenant.explode.v1' },
    outcome: 'UnknownType',
    problems: [/tenant\.explode/],
  },
  'a subject that is not the group': {
    event: applyTenant('mismatch', {}, 'other'),
    sent: { group: 'payments' },
    outcome: 'Mismatch',
    problems: [/is not the tenant addressed/],
  },
  'an admin verb from a tenant': {
    event: applyTenant('stranger'),
    sent: { senderId: SENDER },
    outcome: 'NotAllowed',
    problems: [/needs an admin/],
  },
  'a job verb from a stranger': {
    event: submitJob('stranger-2'),
    sent: { senderId: 'AROASOMEBODY:x' },
    outcome: 'NotAllowed',
    problems: [/no requester of this tenant/],
  },
  'a request older than the ledger': { event: old, outcome: 'Expired', problems: [/more than 1296000 s ago/] },
  'a request from the future': {
    event: { ...applyTenant('future'), time: '2026-12-24T00:00:00Z' },
    outcome: 'FromTheFuture',
    problems: [/ahead/],
  },
  'a spec that contradicts itself, with every contradiction': {
    event: applyTenant('contradiction', {
      pool: 'nowhere',
      quota: { guarantee: { cpu: '4', memory: '4Gi' }, limit: { cpu: '2', memory: '8Gi' } },
    }),
    outcome: 'Invalid',
    problems: [/nowhere/, /limit/],
  },
  'a namespace that somebody else has': {
    event: applyTenant('taken', { namespaces: [{ name: 'kube-system' }] }, 'greedy'),
    outcome: 'Invalid',
    problems: [/kube-system/],
  },
  'a tenant that does not exist': {
    event: submitJob('nobody', { tenant: 'nobody' }),
    outcome: 'UnknownTenant',
    problems: [/no such tenant|there is no tenant/],
  },
};

for (const [name, { event, sent, unread, outcome, problems }] of Object.entries(REFUSED)) {
  test(`turned down with one outcome, and nothing else changes: ${name}`, async () => {
    const headgate = await withTenant();
    const before = await headgate.objects();
    headgate.request(event, sent);
    const [message] = headgate.queues.messages('requests');
    const { failed } = await headgate.deliver('requests');
    assert.equal(failed, 0, 'acknowledged');
    await headgate.drain();
    const after = await headgate.objects();
    assert.deepEqual(
      changed(before, after).filter((path) => !/^(tenantrequests|events)\//.test(path)),
      [],
    );
    assert.equal(entriesOf(after).length, entriesOf(before).length + 1);
    const told = await outcomeOf(headgate, unread ? { id: message?.id ?? '' } : event);
    assert.equal(told.outcome, 'rejected');
    assert.equal(told.reason, outcome, told.message);
    for (const problem of problems) assert.match(told.message, problem);
    headgate.request(event, sent);
    assert.deepEqual(forbidden(headgate), []);
  });
}

test('a stranger who uses the id of an admin does not take the place of his request', async () => {
  const headgate = await startHeadgate();
  headgate.request(applyTenant('apply-1'), { senderId: SENDER });
  headgate.request(applyTenant('apply-1'));
  await headgate.drain();
  const outcomes = entriesOf(await headgate.objects()).map((entry) => entry.status?.outcome);
  assert.deepEqual(
    outcomes.toSorted((a, b) => String(a).localeCompare(String(b))),
    ['accepted', 'rejected'],
  );
});

// Trouble ---------------------------------------------------------------------------------------------------------------

for (const [status, reason] of [
  [503, 'ServiceUnavailable'],
  [429, 'TooManyRequests'],
  [500, 'InternalError'],
] as const) {
  test(`while the API server answers ${status}, that message and its group wait, others go on, and nothing is lost`, async () => {
    const headgate = await withTenant();
    headgate.request(applyTenant('sick-1', { tier: 20 }));
    headgate.request(ask('sick-2', 'tenant.cordon', {}));
    headgate.request(applyTenant('well-1', {}, 'orders'));
    headgate.fault = ({ method, path }) =>
      method === 'PATCH' && /\/tenants\/payments\?/.test(path)
        ? Response.json({ kind: 'Status', apiVersion: 'v1', message: 'sick', reason, code: status }, { status })
        : undefined;
    const first = await headgate.deliver('requests');
    assert.equal(first.failed, 2, 'the sick message and the one behind it in its group');
    assert.equal((await outcomeOf(headgate, applyTenant('well-1'))).outcome, 'accepted');
    headgate.fault = undefined;
    headgate.clock.advance(60_000);
    await headgate.drain();
    for (const id of ['sick-1', 'sick-2'])
      assert.equal((await outcomeOf(headgate, applyTenant(id))).outcome, 'accepted', id);
    const tenant = (await headgate.objects()).get('tenants/payments');
    assert.deepEqual([part(tenant, 'spec', 'tier'), part(tenant, 'spec', 'cordoned')], [20, true], 'in their order');
  });
}

test('while the stop is set a request waits, and is carried out when it is lifted', async () => {
  const headgate = await withTenant();
  const stop = (stopped: boolean) =>
    headgate.admin.merge('/api/v1/namespaces/headgate-system/configmaps/headgate-stop', {
      data: { stopped: String(stopped), reason: 'maintenance' },
    });
  await stop(true);
  const before = await headgate.objects();
  headgate.request(applyTenant('apply-2', { tier: 20 }));
  assert.equal((await headgate.deliver('requests')).failed, 0, 'it is written down, so the queue need not keep it');
  await headgate.schedule('tick');
  await headgate.drain();
  const entries = (path: string) => !path.startsWith('tenantrequests/') && !path.startsWith('events');
  assert.deepEqual(changed(before, await headgate.objects()).filter(entries), []);
  await stop(false);
  await headgate.schedule('tick');
  await headgate.drain();
  assert.equal(part((await headgate.objects()).get('tenants/payments'), 'spec', 'tier'), 20);
});

test('requests that waited for the stop are carried out in the order in which they came', async () => {
  const headgate = await withTenant();
  const stop = (stopped: boolean) =>
    headgate.admin.merge('/api/v1/namespaces/headgate-system/configmaps/headgate-stop', {
      data: { stopped: String(stopped) },
    });
  await stop(true);
  const tiers = [20, 21, 22, 23, 24, 25];
  for (const tier of tiers) {
    headgate.request(applyTenant(`tier-${tier}`, { tier }));
    await headgate.drain();
  }
  await stop(false);
  await headgate.schedule('tick');
  await headgate.drain();
  assert.equal(part((await headgate.objects()).get('tenants/payments'), 'spec', 'tier'), 25);
});
