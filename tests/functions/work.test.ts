// `work` on jobs that run: when it scales, when it holds, and that it says why.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Headgate } from './support/headgate.ts';
import { ask } from './support/requests.ts';
import {
  decisionsOf,
  field,
  jobManagerOf,
  lastDecision,
  lookOnce,
  minutes,
  reasonsOf,
  withJobs,
} from './support/running.ts';
import { WORK } from './support/flink.ts';
import { forbidden, part } from './support/world-view.ts';

const OVERRIDES = ['spec', 'flinkConfiguration', 'pipeline.jobvertex-parallelism-overrides'] as const;
const overridesOf = (headgate: Headgate, name = 'orders') => field(headgate, name, 'flinkdeployments', ...OVERRIDES);

/** Until `work` decides something else than to hold: at most so many minutes. */
const untilDecided = async (headgate: Headgate, kind: string, name = 'orders'): Promise<number> => {
  for (let minute = 0; minute < 8; minute += 1) {
    const seen = headgate.calls.length;
    headgate.clock.advance(60_000 - (headgate.clock.now() % 60_000));
    await lookOnce(headgate);
    if (lastDecision(headgate, name)['kind'] === kind) return seen;
  }
  assert.fail(`never ${kind}: ${reasonsOf(headgate, name).join(', ')}`);
};

test('under load a job is rescaled: the operation is written down first, then the override in the name of headgate-scale', async () => {
  const headgate = await withJobs();
  jobManagerOf(headgate, 'orders').load.recordsPerSecond = 700;
  const since = await untilDecided(headgate, 'rescale');

  const writes = headgate.calls.slice(since).filter((call) => call.function === 'work' && call.method === 'PATCH');
  const operation = writes.findIndex(
    ({ path, body }) => /managedjobs\/orders\/status/.test(path) && /"kind":"Rescale"/.test(body),
  );
  const override = writes.findIndex(({ path }) => /flinkdeployments\/orders\?/.test(path));
  assert.ok(operation !== -1 && operation < override, 'persisted before it is begun');
  assert.match(writes[override]!.path, /fieldManager=headgate-scale&force=false/);
  const deployment = (await headgate.objects()).get('flinkdeployments/payments/orders');
  const owner = deployment?.metadata.managedFields?.find((entry) => entry.manager === 'headgate-scale');
  assert.deepEqual(owner?.fieldsV1, {
    'f:spec': { 'f:flinkConfiguration': { 'f:pipeline.jobvertex-parallelism-overrides': {} } },
  });

  const decision = lastDecision(headgate, 'orders');
  assert.equal(part(decision, 'operation', 'kind'), 'Rescale');
  assert.ok(decision['evidence'] !== undefined && typeof decision['why'] === 'string');
  const followUp = headgate.queues.messages('later').at(-1);
  assert.equal(followUp!.dueAt - headgate.clock.now(), 5_000, 'it looks again in five seconds');
  assert.equal(JSON.parse(followUp!.body).cause, 'follow-up');

  await headgate.operator.act();
  await minutes(headgate, 6);
  assert.ok(reasonsOf(headgate, 'orders').includes('RescaleDone'));
  assert.equal(await field(headgate, 'orders', 'managedjobs', 'status', 'operation'), undefined);
  const vertices = await field(headgate, 'orders', 'managedjobs', 'status', 'vertices');
  assert.ok(Number(part(vertices, '1', 'parallelism')) >= 5, 'it runs so');
  assert.deepEqual(forbidden(headgate), []);
});

test('the load goes, and after the delay so do TaskManagers', async () => {
  const headgate = await withJobs({ tenant: { autoscaling: { scaleDownDelaySeconds: 120 } } });
  const jobManager = jobManagerOf(headgate, 'orders');
  jobManager.load.recordsPerSecond = 900;
  await untilDecided(headgate, 'rescale');
  await headgate.operator.act();
  await minutes(headgate, 5);
  const before = Number(await field(headgate, 'orders', 'managedjobs', 'status', 'taskManagers'));
  jobManager.load.recordsPerSecond = 60;
  await minutes(headgate, 14);
  const after = Number(await field(headgate, 'orders', 'managedjobs', 'status', 'taskManagers'));
  assert.ok(before >= 2 && after < before, `${before} -> ${after}`);
});

test('with room for less than it wants, a job gets that part and says so, and its demand is the whole', async () => {
  const headgate = await withJobs({
    tenant: { quota: { guarantee: { cpu: '2', memory: '4Gi' }, limit: { cpu: '2', memory: '4Gi' }, jobs: 5 } },
  });
  jobManagerOf(headgate, 'orders').load.recordsPerSecond = 1_600;
  await untilDecided(headgate, 'rescale');
  const decision = lastDecision(headgate, 'orders');
  assert.equal(decision['reason'], 'PartiallyGranted');
  // Four units of half a core: one for the JobManager, three TaskManagers of two slots.
  const parallelism = part(decision, 'operation', 'target', 'parallelism');
  assert.equal(part(parallelism, WORK), 6);
  const demand = await field(headgate, 'orders', 'managedjobs', 'status', 'demand', 'taskManagers');
  assert.ok(Number(demand) > 3, `asks for ${String(demand)}`);
  await headgate.operator.act();
  await minutes(headgate, 9);
  assert.ok(reasonsOf(headgate, 'orders').includes('QuotaExhausted'), reasonsOf(headgate, 'orders').join(', '));
  assert.equal(await field(headgate, 'orders', 'managedjobs', 'status', 'taskManagers'), 3);
});

test('a JobManager that does not answer holds its job, and its neighbour is scaled', async () => {
  const headgate = await withJobs({ jobs: ['orders', 'refunds'] });
  headgate.operator.unreachable.add('payments/orders');
  jobManagerOf(headgate, 'refunds').load.recordsPerSecond = 700;
  await untilDecided(headgate, 'rescale', 'refunds');
  assert.equal(lastDecision(headgate, 'orders')['reason'], 'Unreachable');
  assert.equal(await overridesOf(headgate), undefined);
  assert.equal(await field(headgate, 'orders', 'managedjobs', 'status', 'job', 'health'), 'Unreachable');
});

test('a JobManager that never says a word costs ten seconds, and its neighbour is scaled', async () => {
  const headgate = await withJobs({ jobs: ['orders', 'refunds'] });
  headgate.fault = ({ path }) => (/services\/orders-rest/.test(path) ? 'silence' : undefined);
  jobManagerOf(headgate, 'refunds').load.recordsPerSecond = 700;
  await untilDecided(headgate, 'rescale', 'refunds');
  assert.equal(lastDecision(headgate, 'orders')['reason'], 'Unreachable');
});

// Hands off -----------------------------------------------------------------------------------------------------------

const deploymentPath = '/apis/flink.apache.org/v1beta1/namespaces/payments/flinkdeployments/orders';
const stop = (headgate: Headgate) =>
  headgate.admin.merge('/api/v1/namespaces/headgate-system/configmaps/headgate-stop', {
    data: { stopped: 'true', reason: 'maintenance' },
  });
/** What the functions wrote since; messages that `tick` sent are none of it. */
const writesOf = ({ calls }: Headgate, since: number): readonly string[] =>
  calls
    .slice(since)
    .filter((call) => call.method !== 'GET' && call.function !== 'tick')
    .map((call) => `${call.function} ${call.method} ${call.path}`);
const wish = async (headgate: Headgate, verb: string, data: object): Promise<void> => {
  headgate.request(ask(`${verb}-1`, verb, data));
  await headgate.drain();
};

type HandsOff = {
  readonly prepare: (headgate: Headgate) => Promise<unknown>;
  readonly reason: string;
  readonly why: RegExp;
  readonly tenant?: object;
};
const HANDS_OFF: Readonly<Record<string, HandsOff>> = {
  'the stop is set': { prepare: stop, reason: 'Stopped', why: /^maintenance; would rescale: / },
  'the job is only to be observed': {
    prepare: (headgate) => wish(headgate, 'job.policy', { job: 'orders', mode: 'observe' }),
    reason: 'Observing',
    why: /^mode is observe; would rescale: /,
  },
  'the tenant only wants recommendations': {
    prepare: async () => {},
    tenant: { mode: 'recommend' },
    reason: 'Recommended',
    why: /^mode is recommend; would rescale: /,
  },
  'scaling is paused': {
    prepare: (headgate) => wish(headgate, 'job.pause', { job: 'orders', paused: 'scaling' }),
    reason: 'Paused',
    why: /scaling is paused \(scaling\); otherwise: /,
  },
  'everything is paused': {
    prepare: (headgate) => wish(headgate, 'job.pause', { job: 'orders', paused: 'all' }),
    reason: 'Paused',
    why: /everything is paused/,
  },
  'the tenant is cordoned': {
    prepare: (headgate) => wish(headgate, 'tenant.cordon', {}),
    reason: 'Paused',
    why: /paused \(scale-up\)/,
  },
  "Flink's own autoscaler is on": {
    prepare: (headgate) =>
      headgate.admin.merge(
        deploymentPath,
        { spec: { flinkConfiguration: { 'job.autoscaler.enabled': 'true' } } },
        'kubectl',
      ),
    reason: 'UpstreamAutoscaler',
    why: /would rescale .* but .*job\.autoscaler\.enabled/,
  },
  'a person has set the overrides himself': {
    prepare: (headgate) =>
      headgate.admin.merge(
        deploymentPath,
        { spec: { flinkConfiguration: { [OVERRIDES[2]]: `${WORK}:2` } } },
        'kubectl',
      ),
    reason: 'Unmanaged',
    why: /another field manager owns/,
  },
};

for (const [name, { prepare, reason, why, tenant = {} }] of Object.entries(HANDS_OFF)) {
  test(`hands off under load, and it says why: ${name}`, async () => {
    const headgate = await withJobs({ tenant });
    await prepare(headgate);
    await headgate.operator.act();
    jobManagerOf(headgate, 'orders').load.recordsPerSecond = 700;
    const before = await headgate.objects();
    const overrides = await overridesOf(headgate);
    const decided = decisionsOf(headgate, 'orders').length;
    const seen = headgate.calls.length;
    await minutes(headgate, 5);
    const decisions = decisionsOf(headgate, 'orders').slice(decided);
    const decision = decisions.find((line) => line['reason'] === reason);
    assert.ok(
      decision !== undefined,
      decisions.map((line) => `${String(line['reason'])}: ${String(line['why'])}`).join('\n'),
    );
    assert.match(String(decision['why']), why);
    assert.ok(decisions.every((line) => line['kind'] === 'hold'));
    assert.equal(await overridesOf(headgate), overrides);
    assert.equal(await field(headgate, 'orders', 'managedjobs', 'status', 'operation'), undefined);
    if (reason === 'Stopped') assert.deepEqual(writesOf(headgate, seen), []);
    assert.equal(
      await field(headgate, 'orders', 'flinkdeployments', 'metadata', 'resourceVersion'),
      before.get('flinkdeployments/payments/orders')?.metadata.resourceVersion,
    );
    assert.deepEqual(forbidden(headgate), []);
  });
}

test('a stop that is set while an operation is under way halts it, and it goes on when the stop is lifted', async () => {
  const headgate = await withJobs();
  jobManagerOf(headgate, 'orders').load.recordsPerSecond = 700;
  await untilDecided(headgate, 'rescale');
  await stop(headgate);
  const seen = headgate.calls.length;
  await minutes(headgate, 1);
  assert.deepEqual(writesOf(headgate, seen), []);
  await headgate.admin.merge('/api/v1/namespaces/headgate-system/configmaps/headgate-stop', {
    data: { stopped: 'false' },
  });
  await minutes(headgate, 2);
  assert.ok(reasonsOf(headgate, 'orders').includes('RescaleDone'));
});

test('a workload that goes away is told of, and its ManagedJob stays', async () => {
  const headgate = await withJobs();
  await headgate.admin.remove(deploymentPath);
  await headgate.operator.act();
  await minutes(headgate, 1);
  assert.equal(lastDecision(headgate, 'orders')['reason'], 'WorkloadMissing');
  assert.equal(await field(headgate, 'orders', 'managedjobs', 'status', 'job', 'health'), 'Missing');
});

test('a tick that waited longer than its period is dropped unread; an alert that old is not', async () => {
  const headgate = await withJobs();
  await headgate.schedule('tick');
  headgate.clock.advance(61_000);
  const seen = headgate.calls.length;
  await headgate.deliver('work');
  assert.deepEqual(
    headgate.calls.slice(seen).filter((call) => call.function === 'work'),
    [],
  );
  const before = decisionsOf(headgate, 'orders').length;
  const body = JSON.stringify({ tenant: 'payments', cause: 'alert', id: 'a', at: headgate.clock.now() - 61_000 });
  headgate.queues.send('work', { body, group: 'payments', senderId: 'x' });
  await headgate.deliver('work');
  assert.equal(decisionsOf(headgate, 'orders').length, before + 1);
});

test('a work message that cannot be read, or names nobody, is acknowledged and told', async () => {
  const headgate = await withJobs();
  headgate.queues.send('work', { body: '{"tenant":', group: 'payments', senderId: 'x' });
  headgate.queues.send('work', {
    body: JSON.stringify({ tenant: 'nobody', cause: 'tick', id: 'x', at: headgate.clock.now() }),
    group: 'nobody',
    senderId: 'x',
  });
  for (let message = 0; message < 2; message += 1) assert.equal((await headgate.deliver('work')).failed, 0);
  assert.ok(headgate.logs.some((line) => line.message === 'work unreadable'));
  assert.ok(headgate.logs.some((line) => line['reason'] === 'TenantGone'));
});
