// The functions at the edges: alerts, the console, the schedule, and what became of dead letters.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { startHeadgate, START, type Headgate } from './support/headgate.ts';
import { applyTenant, ask, SENDER, submitJob } from './support/requests.ts';
import { decisionsOf, minutes, withJobs } from './support/running.ts';
import { changed, entriesOf, entryOf, forbidden, outcomeOf, part } from './support/world-view.ts';

// Alerts --------------------------------------------------------------------------------------------------------------

const sample = JSON.parse(readFileSync(join(import.meta.dirname, '../../events/samples/alertmanager.json'), 'utf8'));
const webhook = (...alerts: readonly object[]): string =>
  JSON.stringify({ ...sample, alerts: alerts.map((alert) => ({ ...sample.alerts[0], ...alert })) });
const causesOf = (headgate: Headgate): readonly unknown[] =>
  headgate.queues.messages('work').map(({ body }) => JSON.parse(body).cause);

test('an alert is answered with what was queued and what was ignored, and looks at the job at once', async () => {
  const headgate = await withJobs();
  const { statusCode, body } = await headgate.http('alerts', {
    body: webhook(
      {},
      { status: 'resolved', fingerprint: 'resolved' },
      { labels: { alertname: 'x' }, fingerprint: 'no-namespace' },
      { labels: { namespace: 'default' }, fingerprint: 'no-tenant' },
      { labels: { namespace: '../../secrets' }, fingerprint: 'hostile' },
      { labels: { namespace: 'payments', managedjob: 'x'.repeat(4000) }, fingerprint: 'odd-job' },
    ),
  });
  assert.equal(statusCode, 202, body);
  const { queued, ignored } = JSON.parse(body ?? '');
  assert.deepEqual(queued, [
    { fingerprint: '8b3c9a8f7e6d5c4b', tenant: 'payments', job: 'payments/orders' },
    { fingerprint: 'odd-job', tenant: 'payments' },
  ]);
  assert.deepEqual(
    ignored.map((one: { fingerprint: string }) => one.fingerprint),
    ['resolved', 'no-namespace', 'no-tenant', 'hostile'],
  );
  assert.equal(ignored[0].reason, 'resolved alerts never act');
  const [message] = headgate.queues.messages('work');
  assert.equal(message?.group, 'payments');
  const before = decisionsOf(headgate, 'orders').length;
  await headgate.deliver('work');
  assert.equal(decisionsOf(headgate, 'orders')[before]?.['cause'], 'alert');
  assert.deepEqual(forbidden(headgate), []);
});

test('a repeated alert is one look; a resolved one none; one that fires again later another', async () => {
  const headgate = await withJobs();
  for (let n = 0; n < 3; n += 1) await headgate.http('alerts', { body: webhook({}) });
  await headgate.http('alerts', { body: webhook({ status: 'resolved' }) });
  assert.deepEqual(causesOf(headgate), ['alert']);
  headgate.clock.advance(60_000);
  await headgate.http('alerts', { body: webhook({}) });
  assert.equal(causesOf(headgate).length, 2);
});

const ANSWERED: Readonly<Record<string, readonly [number, Parameters<Headgate['http']>[1]]>> = {
  'without a token': [401, { body: webhook({}), token: '' }],
  'with another token': [401, { body: webhook({}), token: 'wrong' }],
  'with a body that is no JSON': [400, { body: '{' }],
  'with another version of the payload': [400, { body: JSON.stringify({ ...sample, version: '5' }) }],
  'with more than a mebibyte': [413, { body: webhook({ annotations: { x: 'x'.repeat(1_100_000) } }) }],
};
for (const [name, [status, request]] of Object.entries(ANSWERED)) {
  test(`a webhook call ${name} is answered ${status}, and nothing is asked or queued`, async () => {
    const headgate = await startHeadgate();
    assert.equal((await headgate.http('alerts', request)).statusCode, status);
    assert.deepEqual(headgate.calls, []);
  });
}

test('while the API server is away a webhook call is answered 503, so that Alertmanager sends it again', async () => {
  const headgate = await withJobs();
  headgate.fault = ({ function: name }) => (name === 'alerts' ? new Response('', { status: 503 }) : undefined);
  const { statusCode, headers } = await headgate.http('alerts', { body: webhook({}) });
  assert.equal(statusCode, 503);
  assert.ok(headers?.['retry-after'] !== undefined);
});

// Dead letters --------------------------------------------------------------------------------------------------------

test('a dead request gets the outcome `failed` where its sender looks, once', async () => {
  const headgate = await withJobs();
  const dead = submitJob('dead-1', { job: 'refunds' });
  const bury = async () => {
    headgate.queues.send('requests-dead', { body: JSON.stringify(dead), group: 'payments', senderId: SENDER });
    assert.equal((await headgate.deliver('requests-dead')).failed, 0);
  };
  await bury();
  const { outcome, reason } = await outcomeOf(headgate, dead);
  assert.deepEqual([outcome, reason], ['failed', 'GivenUp']);
  assert.equal((await entryOf(headgate, dead)).metadata.namespace, 'payments');
  const before = await headgate.objects();
  await bury();
  assert.deepEqual(changed(before, await headgate.objects()), []);
  assert.deepEqual(forbidden(headgate), []);
});

test('a dead request that cannot be read is written down under its message', async () => {
  const headgate = await withJobs();
  headgate.queues.send('requests-dead', { body: '{', group: 'payments', senderId: SENDER });
  const [message] = headgate.queues.messages('requests-dead');
  await headgate.deliver('requests-dead');
  assert.equal((await outcomeOf(headgate, { id: message?.id ?? '' })).outcome, 'failed');
});

test('a request that had its outcome keeps it when a copy dies', async () => {
  const headgate = await withJobs();
  const body = JSON.stringify(submitJob('submit-orders'));
  headgate.queues.send('requests-dead', { body, group: 'payments', senderId: SENDER });
  await headgate.deliver('requests-dead');
  assert.equal((await outcomeOf(headgate, submitJob('submit-orders'))).outcome, 'accepted');
});

test('a dead letter that cannot be written down stays in its queue', async () => {
  const headgate = await withJobs();
  headgate.queues.send('requests-dead', {
    body: JSON.stringify(ask('x', 'job.suspend', { job: 'orders' })),
    group: 'payments',
    senderId: SENDER,
  });
  headgate.fault = ({ method }) => (method === 'POST' ? new Response('', { status: 503 }) : undefined);
  assert.equal((await headgate.deliver('requests-dead')).failed, 1);
  assert.equal(headgate.queues.messages('requests-dead').length, 1);
  headgate.fault = undefined;
  assert.equal((await headgate.deliver('requests-dead')).failed, 0);
});

test('a dead work message is logged and let go: the next tick looks anyway', async () => {
  const headgate = await withJobs();
  const before = await headgate.objects();
  headgate.queues.send('work-dead', { body: '{}', group: 'payments', senderId: 'x' });
  assert.equal((await headgate.deliver('work-dead')).failed, 0);
  assert.ok(headgate.logs.some((line) => line.message === 'dead letter'));
  assert.deepEqual(changed(before, await headgate.objects()), []);
});

// Console -------------------------------------------------------------------------------------------------------------

test('the console shows pools, tenants and jobs, and only reads', async () => {
  const headgate = await withJobs();
  const seen = headgate.calls.length;
  const { statusCode, body = '', headers } = await headgate.http('console');
  assert.equal(statusCode, 200);
  assert.match(String(headers?.['content-security-policy']), /default-src 'none'/);
  for (const text of ['default', 'payments/orders', 'Healthy', '4 / 8Gi']) assert.ok(body.includes(text), text);
  const calls = headgate.calls.slice(seen);
  assert.ok(calls.length > 0 && calls.every(({ method }) => method === 'GET'));
  assert.deepEqual(forbidden(headgate), []);
});

test('the console is closed to those without the token', async () => {
  const headgate = await startHeadgate();
  assert.equal((await headgate.http('console', { token: 'wrong' })).statusCode, 401);
  assert.deepEqual(headgate.calls, []);
});

test('the console escapes what tenants choose, and tells of the stop', async () => {
  const headgate = await withJobs();
  const hostile = `<script>alert("x")</script>&'`;
  await headgate.admin.merge('/apis/headgate.dev/v1alpha1/namespaces/payments/managedjobs/orders/status', {
    status: { lastDecision: { kind: 'hold', reason: 'Stable', message: hostile, at: '2026-11-23T10:10:00Z' } },
  });
  await headgate.admin.merge('/api/v1/namespaces/headgate-system/configmaps/headgate-stop', {
    data: { stopped: 'true', reason: '<b>maintenance' },
  });
  const { body = '' } = await headgate.http('console');
  assert.ok(!body.includes('<script>') && body.includes('&lt;script&gt;alert(&quot;x&quot;)&lt;/script&gt;&amp;&#39;'));
  assert.ok(body.includes('Stopped: &lt;b&gt;maintenance'));
});

// Tick ----------------------------------------------------------------------------------------------------------------

test('a tick is one message per tenant, and the same scheduled time asks once', async () => {
  const headgate = await startHeadgate({ capacity: { cpu: '20', memory: '40Gi' } });
  for (const name of ['payments', 'orders', 'stock']) headgate.request(applyTenant(`apply-${name}`, {}, name));
  await headgate.drain();
  const at = START + 60_000;
  headgate.clock.advance(60_000);
  for (let n = 0; n < 2; n += 1) await headgate.schedule('tick', at);
  const messages = headgate.queues.messages('work');
  assert.deepEqual(
    messages.map(({ group }) => group).toSorted((a = '', b = '') => a.localeCompare(b)),
    ['orders', 'payments', 'stock'],
  );
  await headgate.schedule('tick', at + 60_000);
  assert.equal(headgate.queues.messages('work').length, 6);
});

test('every tenth minute a tenant is reconciled, by tick in its own name, and drift is repaired', async () => {
  const headgate = await withJobs();
  const policy = '/apis/networking.k8s.io/v1/namespaces/payments/networkpolicies/headgate-default-deny';
  await headgate.admin.remove(policy);
  let reconciliations = 0;
  for (let minute = 0; minute < 20; minute += 1) {
    headgate.clock.advance(60_000);
    await headgate.schedule('tick');
    for (const { body, senderId } of headgate.queues.messages('requests')) {
      reconciliations += 1;
      assert.equal(JSON.parse(body).type, 'dev.headgate.tenant.reconcile.v1');
      assert.match(senderId, /^AROAEXAMPLETICK:/);
    }
    await headgate.deliver('requests');
  }
  assert.equal(reconciliations, 2);
  assert.ok((await headgate.admin.get(policy)) !== undefined);
  assert.ok(!entriesOf(await headgate.objects()).some(({ spec }) => /reconcile/.test(spec.type)), 'no ledger entry');
  assert.deepEqual(forbidden(headgate), []);
});

test('a follow-up that comes due goes to its tenant’s group, and one that cannot be read is acknowledged', async () => {
  const headgate = await withJobs();
  const followUp = { tenant: 'payments', cause: 'follow-up', id: 'follow-up-1', at: headgate.clock.now() };
  headgate.queues.send('later', { body: JSON.stringify(followUp), senderId: 'x' });
  headgate.queues.send('later', { body: 'x', senderId: 'x' });
  const { failed, delivered } = await headgate.deliver('later');
  assert.deepEqual([failed, delivered], [0, 2]);
  const forwarded = headgate.queues.messages('work');
  assert.deepEqual(
    forwarded.map(({ body, group }) => [JSON.parse(body), group]),
    [[followUp, 'payments']],
  );
});

test('a tick that cannot list the tenants fails, so that Lambda tries it again', async () => {
  const headgate = await withJobs();
  headgate.fault = ({ function: name }) => (name === 'tick' ? new Response('', { status: 503 }) : undefined);
  await assert.rejects(headgate.schedule('tick'), /503/);
});

// Rebalance -----------------------------------------------------------------------------------------------------------

test('rebalance leaves everything as it is while the stop is set, and a pool message it cannot read is acknowledged', async () => {
  const headgate = await startHeadgate();
  headgate.request(applyTenant('apply-1'));
  await headgate.deliver('requests');
  await headgate.admin.merge('/api/v1/namespaces/headgate-system/configmaps/headgate-stop', {
    data: { stopped: 'true' },
  });
  const before = await headgate.objects();
  await headgate.deliver('pools');
  headgate.queues.send('pools', { body: '{}', group: 'default', senderId: 'x' });
  assert.equal((await headgate.deliver('pools')).failed, 0);
  assert.deepEqual(changed(before, await headgate.objects()), []);
});

test('capacity that one tenant does not use is lent to one that asks for more, and comes back when it is needed', async () => {
  const headgate = await withJobs({
    capacity: { cpu: '4', memory: '8Gi' },
    tenant: { quota: { guarantee: { cpu: '2', memory: '4Gi' }, limit: { cpu: '4', memory: '8Gi' }, jobs: 5 } },
  });
  const cpuOf = async (name: string): Promise<number> => {
    const hard = part(
      (await headgate.objects()).get(`resourcequotas/${name}/headgate`),
      'spec',
      'hard',
      'requests.cpu',
    );
    return Number(String(hard).replace(/m$/, 'e-3'));
  };
  assert.equal(await cpuOf('payments'), 2);
  headgate.operator.jobManager('payments', 'orders')!.load.recordsPerSecond = 1_500;
  await minutes(headgate, 5);
  assert.ok((await cpuOf('payments')) > 3, 'what nobody else is promised');
  headgate.request(applyTenant('apply-2', { quota: { guarantee: { cpu: '2', memory: '4Gi' }, jobs: 5 } }, 'orders'));
  await headgate.drain();
  for (let minute = 0; minute < 8; minute += 1) {
    await minutes(headgate, 1);
    assert.ok((await cpuOf('payments')) + (await cpuOf('orders')) <= 4, 'never more than there is');
  }
});
