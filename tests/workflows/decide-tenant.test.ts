import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decideTenant } from '../../lib/workflows/work/decide-tenant.ts';
import type { JobDecision } from '../../lib/workflows/work/job-decision.ts';
import { aJob, aTenant, NOW } from './snapshots.ts';

const overloaded = { busy: 1, lagPerSecond: 300 };
const decide = (...args: Parameters<typeof aTenant>): readonly JobDecision[] => decideTenant(aTenant(...args));
const overridesOf = (decision: JobDecision | undefined) =>
  decision?.effects.map((effect) => (effect.kind === 'apply' ? [effect.manager, effect.object.spec] : effect.kind));
const targetOf = (decision: JobDecision | undefined) => decision?.operation?.target?.parallelism?.['bb'] ?? 0;

test('a job under load grows: an operation with an epoch, and its override under its own field manager', () => {
  const [decision] = decide([aJob(overloaded)]);
  assert.equal(decision?.kind, 'rescale');
  assert.equal(decision?.operation?.epoch, 1);
  assert.ok(targetOf(decision) >= 5, `wants ${targetOf(decision)}`);
  const p = decision?.operation?.target?.parallelism ?? {};
  assert.deepEqual(overridesOf(decision), [
    [
      'headgate-scale',
      { flinkConfiguration: { 'pipeline.jobvertex-parallelism-overrides': `aa:${p['aa']},bb:${p['bb']}` } },
    ],
  ]);
});

test('with room for one more TaskManager it grows by one, and says what it wanted', () => {
  const [decision] = decide([aJob(overloaded)], { room: 1 });
  assert.equal(decision?.reason, 'PartiallyGranted');
  assert.equal(targetOf(decision), 4);
  assert.match(decision?.message ?? '', /TaskManager/);
});

test('without room it stays, and says that the quota is exhausted', () => {
  const [decision] = decide([aJob(overloaded)], { room: 0 });
  assert.equal(decision?.reason, 'QuotaExhausted');
  assert.deepEqual(decision?.effects, []);
  assert.ok((decision?.wanted?.['bb'] ?? 0) > 4, 'the demand is known all the same');
});

test('a scarce room goes to the job of higher priority', () => {
  const jobs = [
    aJob({ ...overloaded, name: 'low', spec: { priority: 1 } }),
    aJob({ ...overloaded, name: 'high', spec: { priority: 2 } }),
  ];
  assert.deepEqual(
    decide(jobs, { room: 2 }).map((d) => [d.key, targetOf(d)]),
    [
      ['payments/low', 0],
      ['payments/high', 6],
    ],
  );
});

test('TaskManagers that a rescale under way was granted are not granted again', () => {
  const operation = {
    kind: 'Rescale',
    step: 'Requested',
    epoch: 3,
    startedAt: '2026-01-01T11:59:55Z',
    deadline: '2026-01-01T12:04:55Z',
    attempt: 1,
    target: { parallelism: { aa: 6, bb: 6 } },
  } as const;
  const jobs = [
    aJob({ name: 'growing', status: { operation, operationEpoch: 3 } }),
    aJob({ ...overloaded, name: 'next' }),
  ];
  assert.equal(decide(jobs, { room: 2 })[1]?.reason, 'QuotaExhausted');
});

test('a tenant above its share gives back, lowest priority first, and not below what a job needs to run', () => {
  const jobs = [
    aJob({ name: 'high', parallelism: 8, spec: { priority: 9 } }),
    aJob({ name: 'low', parallelism: 4, spec: { priority: 1 } }),
  ];
  const [high, low] = decide(jobs, { excess: 2 });
  assert.deepEqual([low?.reason, targetOf(low)], ['Reclaimed', 2]);
  assert.deepEqual([high?.reason, targetOf(high)], ['Reclaimed', 6]);
});

test('a job that must not be preempted gives nothing back', () => {
  const [decision] = decide([aJob({ parallelism: 8, spec: { preemptible: false } })], { excess: 2 });
  assert.notEqual(decision?.reason, 'Reclaimed');
});

for (const [name, options, reason] of [
  ['while the stop is set', { stopped: 'maintenance' }, 'Stopped'],
  ['in mode recommend', { mode: 'recommend' }, 'Recommended'],
  ['in mode observe', { mode: 'observe' }, 'Observing'],
] as const) {
  test(`${name} nothing is begun, and what would be is told`, () => {
    const [decision] = decide([aJob(overloaded)], options);
    assert.deepEqual(
      [decision?.kind, decision?.reason, decision?.effects, decision?.operation],
      ['hold', reason, [], undefined],
    );
    assert.match(decision?.message ?? '', /would rescale/);
  });
}

test('a cordoned tenant does not grow', () => {
  assert.equal(decide([aJob(overloaded)], { cordoned: true })[0]?.kind, 'hold');
});

test('an operation that is not done by its deadline is given up, and starts nothing by itself', () => {
  const operation = {
    kind: 'Rescale',
    step: 'Requested',
    epoch: 3,
    startedAt: '2026-01-01T11:00:00Z',
    deadline: '2026-01-01T11:05:00Z',
    attempt: 1,
    target: { parallelism: { aa: 6, bb: 6 } },
  } as const;
  const [decision] = decide([aJob({ status: { operation, operationEpoch: 3 } })]);
  assert.deepEqual([decision?.reason, decision?.operation, decision?.effects], ['RescaleTimedOut', undefined, []]);
});

test('between deletion and creation a recovery is never given up, however late it is', () => {
  const operation = {
    kind: 'Recover',
    step: 'Requested',
    epoch: 4,
    startedAt: '2026-01-01T10:00:00Z',
    deadline: '2026-01-01T10:10:00Z',
    attempt: 1,
    recreation: {
      uid: 'gone',
      create: {
        apiVersion: 'flink.apache.org/v1beta1',
        kind: 'FlinkDeployment',
        metadata: { name: 'orders', namespace: 'payments' },
        spec: {},
      },
      owned: [],
    },
  } as const;
  const [decision] = decide([
    aJob({
      workload: 'missing',
      status: { operation: { ...operation, recreation: { ...operation.recreation, owned: [] } }, operationEpoch: 4 },
    }),
  ]);
  assert.equal(decision?.reason, 'RecoverInProgress');
  assert.equal(decision?.effects.length, 1);
  assert.ok(NOW > Date.parse(operation.deadline));
});

test('a failed job without a proven restore point is not started', () => {
  const [decision] = decide([aJob({ state: 'FAILED', spec: { recovery: { backoffSeconds: 0 } } })]);
  assert.deepEqual([decision?.kind, decision?.effects], ['quarantine', []]);
});

test('whose folders could not be listed waits, since a newer restore point may lie there', () => {
  const [decision] = decide([
    { ...aJob({ state: 'FAILED', spec: { recovery: { backoffSeconds: 0 } } }), restorePoints: undefined },
  ]);
  assert.deepEqual([decision?.kind, decision?.reason, decision?.effects], ['hold', 'RestorePointUnproven', []]);
});

test('a job to be deleted is suspended with its state first', () => {
  const [decision] = decide([aJob({ spec: { desired: 'deleted' } })]);
  assert.deepEqual([decision?.kind, decision?.reason], ['suspend', 'DeleteWished']);
  assert.deepEqual(overridesOf(decision), [['headgate-recovery', { job: { state: 'suspended' } }]]);
});

test('one that has ended is deleted at once, as itself', () => {
  const [decision] = decide([aJob({ state: 'FAILED', spec: { desired: 'deleted' } })]);
  assert.equal(decision?.kind, 'delete');
  assert.deepEqual(
    decision?.effects.map((e) => e.kind === 'remove' && e.object.metadata.uid),
    ['uid-orders'],
  );
});

test('a deletion is done when the workload is gone, and leaves the job on record', () => {
  const operation = {
    kind: 'Delete',
    step: 'Requested',
    epoch: 5,
    startedAt: '2026-01-01T11:59:00Z',
    deadline: '2026-01-01T12:04:00Z',
    attempt: 1,
  } as const;
  const job = (rest: object) => aJob({ workload: 'missing', spec: { desired: 'deleted' }, ...rest });
  const [done] = decide([job({ status: { operation, operationEpoch: 5 } })]);
  assert.deepEqual([done?.reason, done?.operation], ['DeleteDone', undefined]);
  assert.equal(decide([job({})])[0]?.reason, 'Deleted');
});

test('a restart that cannot be had is turned down once, and then load and recovery have their turn again', () => {
  const restartNonce = 7;
  const failed = { state: 'FAILED', spec: { restartNonce, recovery: { backoffSeconds: 0 } } };
  const [refused] = decide([aJob(failed)]);
  assert.deepEqual([refused?.kind, refused?.answeredRestartNonce, refused?.effects], ['hold', restartNonce, []]);
  const job = aJob({ ...failed, status: { answeredRestartNonce: restartNonce } });
  const [next] = decide([{ ...job, restorePoints: undefined }]);
  assert.equal(next?.reason, 'RestorePointUnproven');
});

test('a restart that was carried out is not carried out again on a job that was submitted anew', () => {
  const [decision] = decide([aJob({ spec: { restartNonce: 7 }, status: { answeredRestartNonce: 7 } })]);
  assert.notEqual(decision?.kind, 'restart');
});

test('TaskManagers that Flink lets go of anyway are not asked for a second time', () => {
  const job = { ...aJob({ parallelism: 8 }), taskManagerPods: 6 };
  assert.notEqual(decide([job], { excess: 2 })[0]?.reason, 'Reclaimed');
  assert.equal(decide([job], { excess: 3 })[0]?.reason, 'Reclaimed');
});
