// What a team may ask for about its jobs: by the message, through both functions, to what runs.
import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import { test } from 'node:test';
import type { Headgate } from './support/headgate.ts';
import { ask, SENDER, submitJob } from './support/requests.ts';
import {
  checkpoint,
  field,
  jobManagerOf,
  lastDecision,
  minutes,
  reasonsOf,
  stateFolder,
  withJobs,
} from './support/running.ts';
import { changed, forbidden, outcomeOf, part } from './support/world-view.ts';

type Request = ReturnType<typeof ask>;

/** Carries out requests of the team one after the other, and lets the operator follow. */
const carryOut = async (headgate: Headgate, ...requests: readonly Request[]): Promise<void> => {
  for (const request of requests) {
    headgate.request(request, { senderId: SENDER });
    await headgate.drain();
    await headgate.operator.act();
  }
};
const accepted = async (headgate: Headgate, ...requests: readonly Request[]): Promise<void> => {
  await carryOut(headgate, ...requests);
  for (const request of requests) {
    const { outcome, message } = await outcomeOf(headgate, request);
    assert.equal(outcome, 'accepted', message);
  }
};
const refused = async (headgate: Headgate, request: Request): Promise<string> => {
  const before = await headgate.objects();
  await carryOut(headgate, request);
  const { outcome, message } = await outcomeOf(headgate, request);
  assert.equal(outcome, 'rejected', message);
  const written = changed(before, await headgate.objects()).filter((path) => !/^(tenantrequests|events)\//.test(path));
  assert.deepEqual(written, []);
  return message;
};
const specOf = (headgate: Headgate, ...path: readonly string[]) =>
  field(headgate, 'orders', 'managedjobs', 'spec', ...path);
const deployed = (headgate: Headgate, ...path: readonly string[]) =>
  field(headgate, 'orders', 'flinkdeployments', 'spec', ...path);

test('a submitted job is deployed hardened, runs, and is counted', async () => {
  const headgate = await withJobs();
  assert.equal(await deployed(headgate, 'serviceAccount'), 'flink');
  assert.equal(await deployed(headgate, 'flinkConfiguration', 'jobmanager.scheduler'), 'adaptive');
  assert.equal(await deployed(headgate, 'podTemplate', 'spec', 'securityContext', 'runAsNonRoot'), true);
  assert.equal(await field(headgate, 'orders', 'managedjobs', 'status', 'job', 'health'), 'Healthy');
  const tenant = (await headgate.objects()).get('tenants/payments');
  assert.equal(part(tenant, 'status', 'jobs', 'running'), 1);
  assert.equal(part(tenant, 'status', 'quota', 'used', 'cpu'), '1');
  assert.deepEqual(forbidden(headgate), []);
});

test('a request about a job wakes work for its tenant at once', async () => {
  const headgate = await withJobs();
  headgate.request(ask('scale-1', 'job.scale', { job: 'orders', bounds: { minParallelism: 3 } }), { senderId: SENDER });
  await headgate.deliver('requests');
  assert.deepEqual(
    headgate.queues.messages('work').map(({ body, group }) => [JSON.parse(body).cause, group]),
    [['request', 'payments']],
  );
});

test('an update changes what it names, keeps overrides and nonces', async () => {
  const headgate = await withJobs();
  await accepted(headgate, ask('restart-1', 'job.restart', { job: 'orders' }));
  await minutes(headgate, 2);
  const nonce = await deployed(headgate, 'restartNonce');
  await accepted(
    headgate,
    submitJob('update-1', { verb: 'update', configuration: { 'execution.checkpointing.interval': '60s' } }),
  );
  assert.equal(await deployed(headgate, 'flinkConfiguration', 'execution.checkpointing.interval'), '60s');
  assert.equal(await deployed(headgate, 'restartNonce'), nonce);
  assert.deepEqual(forbidden(headgate), []);
});

test('new bounds are followed without waiting for metrics', async () => {
  const headgate = await withJobs();
  await accepted(
    headgate,
    ask('scale-1', 'job.scale', { job: 'orders', bounds: { minParallelism: 3, maxParallelism: 8 } }),
  );
  assert.deepEqual(await specOf(headgate, 'bounds'), { minParallelism: 3, maxParallelism: 8 });
  await minutes(headgate, 2);
  assert.ok(reasonsOf(headgate, 'orders').includes('OutOfBounds'));
  assert.ok(reasonsOf(headgate, 'orders').includes('RescaleDone'));
});

test('a suspended job keeps its state, and resumes from it', async () => {
  const headgate = await withJobs();
  await accepted(headgate, ask('suspend-1', 'job.suspend', { job: 'orders' }));
  await minutes(headgate, 1);
  assert.equal(headgate.operator.jobManager('payments', 'orders'), undefined);
  assert.equal(lastDecision(headgate, 'orders')['reason'], 'Suspended');
  assert.equal(await field(headgate, 'orders', 'managedjobs', 'status', 'demand'), undefined, 'it asks for nothing');
  await accepted(headgate, ask('resume-1', 'job.resume', { job: 'orders' }));
  await minutes(headgate, 2);
  assert.match(String(jobManagerOf(headgate, 'orders').job.restoredFrom), /savepoint-/);
  assert.ok(reasonsOf(headgate, 'orders').includes('ResumeDone'));
  assert.deepEqual(forbidden(headgate), []);
});

test('a restart that is asked for happens once, with state', async () => {
  const headgate = await withJobs();
  const root = stateFolder();
  const location = checkpoint(headgate, root, 'orders');
  const { id } = jobManagerOf(headgate, 'orders').job;
  const restart = ask('restart-1', 'job.restart', { job: 'orders' });
  await accepted(headgate, restart);
  await minutes(headgate, 2);
  const { job } = jobManagerOf(headgate, 'orders');
  assert.notEqual(job.id, id);
  assert.equal(job.restoredFrom, location);
  assert.ok(reasonsOf(headgate, 'orders').includes('RestartDone'));
  await carryOut(headgate, restart);
  await minutes(headgate, 2);
  assert.equal(jobManagerOf(headgate, 'orders').job.id, job.id, 'the same request is no second restart');
  rmSync(root, { recursive: true });
});

test('a job that is deleted is first suspended with its state, then deleted, and its record stays', async () => {
  const headgate = await withJobs();
  await accepted(headgate, ask('delete-1', 'job.delete', { job: 'orders' }));
  await minutes(headgate, 3);
  const world = await headgate.objects();
  assert.ok(!world.has('flinkdeployments/payments/orders'));
  assert.ok(world.has('managedjobs/payments/orders'));
  const reasons = reasonsOf(headgate, 'orders');
  assert.ok(
    reasons.includes('SuspendDone') && reasons.indexOf('SuspendDone') < reasons.indexOf('DeleteDone'),
    reasons.join(),
  );
  assert.deepEqual(forbidden(headgate), []);
});

test('a pause and a policy are written where work reads them', async () => {
  const headgate = await withJobs();
  await accepted(
    headgate,
    ask('pause-1', 'job.pause', { job: 'orders', paused: 'recovery' }),
    ask('policy-1', 'job.policy', {
      job: 'orders',
      priority: 7,
      mode: 'recommend',
      autoscaling: { targetUtilization: 0.5 },
    }),
  );
  assert.equal(await specOf(headgate, 'paused'), 'recovery');
  assert.equal(await specOf(headgate, 'priority'), 7);
  assert.equal(await specOf(headgate, 'autoscaling', 'targetUtilization'), 0.5);
  await accepted(headgate, ask('policy-2', 'job.policy', { job: 'orders', mode: 'drive' }));
  assert.equal(await specOf(headgate, 'paused'), 'recovery', 'what was wished before stays');
  assert.equal(await specOf(headgate, 'priority'), 7);
});

test('release needs an admin', async () => {
  const headgate = await withJobs();
  const release = ask('release-1', 'job.release', { job: 'orders' });
  assert.match(await refused(headgate, release), /needs an admin/);
  headgate.request({ ...release, id: 'release-2' });
  await headgate.drain();
  assert.equal((await outcomeOf(headgate, { ...release, id: 'release-2' })).outcome, 'accepted');
});

test('a cordoned tenant starts no new job and keeps the old ones; uncordoned it may again', async () => {
  const headgate = await withJobs();
  headgate.request(ask('cordon-1', 'tenant.cordon', {}));
  await headgate.drain();
  assert.match(await refused(headgate, submitJob('submit-2', { job: 'refunds' })), /cordoned/);
  assert.equal(jobManagerOf(headgate, 'orders').job.state, 'RUNNING');
  headgate.request(ask('uncordon-1', 'tenant.uncordon', {}));
  await headgate.drain();
  await accepted(headgate, submitJob('submit-3', { job: 'refunds' }));
});

const REFUSED: Readonly<Record<string, readonly [Request, RegExp]>> = {
  'a job of a name that is taken': [submitJob('again'), /orders exists: send job\.update/],
  'an update of a job that is not there': [submitJob('gone', { job: 'refunds', verb: 'update' }), /does not exist/],
  'a wish about a job that is not there': [
    ask('gone-2', 'job.suspend', { job: 'refunds' }),
    /has no job payments\/refunds/,
  ],
  'a namespace of somebody else': [
    ask('theirs', 'job.suspend', { job: 'orders', namespace: 'kube-system' }),
    /kube-system/,
  ],
  'state outside the tenant’s prefix': [
    submitJob('prefix', {
      job: 'refunds',
      configuration: { 'state.checkpoints.dir': 'file:///state/orders/checkpoints' },
    }),
    /state\.checkpoints\.dir/,
  ],
  'a pod that is privileged': [
    submitJob('privileged', {
      job: 'refunds',
      data: {
        spec: {
          ...(submitJob('x').data['spec'] as object),
          podTemplate: {
            spec: {
              hostNetwork: true,
              containers: [{ name: 'flink-main-container', securityContext: { privileged: true } }],
            },
          },
        },
      },
    }),
    /privileged[\s\S]*hostNetwork/,
  ],
};

for (const [name, [request, problem]] of Object.entries(REFUSED)) {
  test(`refused, and nothing is written: ${name}`, async () => {
    const headgate = await withJobs();
    assert.match(await refused(headgate, request), problem);
  });
}

test('one job more than the tenant may have is refused', async () => {
  const headgate = await withJobs({ tenant: { quota: { guarantee: { cpu: '4', memory: '8Gi' }, jobs: 1 } } });
  assert.match(await refused(headgate, submitJob('second', { job: 'refunds' })), /1 jobs of 1/);
});
