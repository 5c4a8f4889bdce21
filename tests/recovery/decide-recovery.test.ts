import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { toTimestamp } from '../../lib/model/instant.ts';
import { RecoveryPolicy } from '../../lib/model/recovery-policy.ts';
import { decideRecovery } from '../../lib/recovery/decide-recovery.ts';
import type { RecoveryInput } from '../../lib/recovery/recovery-decision.ts';
import { aCheckpoint, aFailedJob, aFailure, aJob, aManagedJob, aWorkload, NOW } from './failed-job.ts';

const decide = (fields: Partial<RecoveryInput>): string => {
  const { kind, reason } = decideRecovery(aFailedJob(fields));
  return `${kind} ${reason}`;
};

const minutesAgo = (minutes: number): string => toTimestamp(NOW - minutes * 60_000);
const policy = RecoveryPolicy.parse({});
type Table = readonly [name: string, fields: Partial<RecoveryInput>, want: string][];

const check = (cases: Table): void => {
  for (const [name, fields, want] of cases) it(name, () => assert.equal(decide(fields), want));
};

describe('decideRecovery, by what is known of the job', () => {
  check([
    ['restores a job that Flink says has failed', {}, 'restore RestoredFromProvenState'],
    [
      'restores a job that the controller says has failed, when Flink cannot be asked',
      { job: undefined, workload: aWorkload({ reportedState: 'FAILED' }) },
      'restore RestoredFromProvenState',
    ],
    [
      'restores a job whose state the controller gave up for lost',
      {
        job: undefined,
        workload: aWorkload({ reportedState: 'RECONCILING' }),
        failure: aFailure('state-missing', { source: 'controller', at: undefined }),
        recovery: { lastFailureAt: minutesAgo(10) },
      },
      'restore RestoredFromProvenState',
    ],
    [
      "believes Flink over the controller's older word",
      { job: aJob('RUNNING'), workload: aWorkload({ reportedState: 'FAILED' }) },
      'none Healthy',
    ],
    [
      'holds a job that cannot be reached for unreachable, not failed',
      { job: undefined, workload: aWorkload({ reportedState: 'RUNNING' }) },
      'hold Unreachable',
    ],
    [
      'holds a job that the controller is not sure of for unreachable, not failed',
      { job: undefined, workload: aWorkload({ reportedState: 'RECONCILING' }) },
      'hold Unreachable',
    ],
    ['leaves a job alone that Flink is restarting', { job: aJob('RESTARTING') }, 'none NotFailed'],
    [
      'leaves a job alone that runs but not with all its tasks',
      { job: aJob('RUNNING', { tasks: { total: 4, running: 3 } }) },
      'none NotFailed',
    ],
    ['leaves a finished job alone', { job: aJob('FINISHED') }, 'none Ended'],
    ['leaves a canceled job alone', { job: aJob('CANCELED') }, 'none Ended'],
    [
      'leaves a job alone that is to be suspended',
      { managed: aManagedJob({ desired: 'suspended' }) },
      'none Suspended',
    ],
    ['leaves a suspended job alone', { workload: aWorkload({ suspended: true }) }, 'none Suspended'],
    ['leaves a job alone that is being deleted', { workload: aWorkload({ deleting: true }) }, 'none Deleting'],
  ]);
});

describe('decideRecovery keeps its hands off', () => {
  const operation = {
    kind: 'Recover',
    step: 'Requested',
    epoch: 3,
    startedAt: minutesAgo(1),
    deadline: minutesAgo(-9),
    attempt: 1,
  } as const;
  check([
    ['while an operation is under way', { operation }, 'hold OperationInProgress'],
    [
      'when the controller restarts failed jobs itself',
      { workload: aWorkload({ upstream: { autoscaler: false, restartsFailed: true } }) },
      'hold UpstreamRecovers',
    ],
    [
      'but not of a job that the controller itself gave up',
      {
        job: undefined,
        workload: aWorkload({ upstream: { autoscaler: false, restartsFailed: true } }),
        failure: aFailure('state-missing', { source: 'controller', at: undefined }),
        recovery: { lastFailureAt: minutesAgo(10) },
      },
      'restore RestoredFromProvenState',
    ],
    ['while everything is stopped', { paused: true }, 'hold Paused'],
    ["while the job's recovery is paused", { managed: aManagedJob({ paused: 'recovery' }) }, 'hold Paused'],
    ['while the job is paused', { managed: aManagedJob({ paused: 'all' }) }, 'hold Paused'],
    [
      "but not while only the job's scaling is paused",
      { managed: aManagedJob({ paused: 'scaling' }) },
      'restore RestoredFromProvenState',
    ],
    ['when the tenant is only observed', { mode: 'observe' }, 'hold Observing'],
    [
      'when the job is only to get recommendations',
      { managed: aManagedJob({ mode: 'recommend' }) },
      'hold Recommended',
    ],
    [
      'even of a quarantine, when the job is only observed',
      { mode: 'observe', failure: aFailure('image') },
      'hold Observing',
    ],
  ]);

  it('says what it would do when it may only recommend', () => {
    const { message, recovery } = decideRecovery(aFailedJob({ mode: 'recommend' }));
    assert.match(message, /would restore: from checkpoint s3:\/\/flink\/team\/chk-999/);
    assert.equal(recovery.attempts, undefined);
  });
});

describe('decideRecovery, by restore points', () => {
  check([
    [
      'waits for proof when the newest cannot be looked at',
      { restorePoints: [aCheckpoint('unknown')] },
      'hold RestorePointUnproven',
    ],
    ['waits when restore points could not be listed', { restorePoints: undefined }, 'hold RestorePointUnproven'],
    ['never starts a stateful job from nothing', { restorePoints: [] }, 'quarantine NotRecoverable'],
    [
      'asks a person when the state is old',
      { restorePoints: [aCheckpoint('proven', 2000)] },
      'quarantine RestorePointTooOld',
    ],
    [
      "takes a person's release for leave to go back that far",
      {
        restorePoints: [aCheckpoint('proven', 2000)],
        managed: aManagedJob({ releaseNonce: 1 }),
        recovery: { releasedNonce: 1, releasedAt: minutesAgo(5), lastFailureAt: minutesAgo(120) },
      },
      'restore RestoredFromProvenState',
    ],
    [
      'does not take it for leave after the next failure',
      {
        restorePoints: [aCheckpoint('proven', 2000)],
        managed: aManagedJob({ releaseNonce: 1 }),
        recovery: { releasedNonce: 1, releasedAt: minutesAgo(125) },
      },
      'quarantine RestorePointTooOld',
    ],
    [
      'restarts a job without state',
      { managed: aManagedJob({ stateful: false }), workload: aWorkload({ stateful: false }), restorePoints: [] },
      'restore RestartedWithoutState',
    ],
    [
      'holds a job for stateful whose settings say so, whatever people say',
      { managed: aManagedJob({ stateful: false }), restorePoints: [] },
      'quarantine NotRecoverable',
    ],
    [
      'holds a job for stateful that has left a checkpoint, whatever all say',
      {
        managed: aManagedJob({ stateful: false }),
        workload: aWorkload({ stateful: false }),
        restorePoints: [aCheckpoint('missing')],
      },
      'quarantine NotRecoverable',
    ],
  ]);

  it('names the restore point, the attempt, and remembers both failure and attempt', () => {
    assert.deepEqual(decideRecovery(aFailedJob()), {
      kind: 'restore',
      reason: 'RestoredFromProvenState',
      message: 'from checkpoint s3://flink/team/chk-999, completed 2026-01-01T11:59:00.000Z',
      restorePoint: aCheckpoint('proven').point,
      attempt: 1,
      recovery: {
        attempts: 1,
        windowStart: toTimestamp(NOW),
        lastAttemptAt: toTimestamp(NOW),
        lastFailureAt: minutesAgo(120),
        lastFailure: 'SomeReason: what was read',
      },
    });
  });
});

describe('decideRecovery, by the kind of failure', () => {
  const once = { attempts: 1, windowStart: minutesAgo(180), lastAttemptAt: minutesAgo(180) };
  const spent = { ...once, attempts: 5 };
  check([
    [
      'tries an unknown failure as a transient one',
      { failure: aFailure('unknown') },
      'restore RestoredFromProvenState',
    ],
    [
      'tries a failure that left no trace',
      { failure: undefined, recovery: { lastFailureAt: minutesAgo(10) } },
      'restore RestoredFromProvenState',
    ],
    ['does not retry an image that cannot be used', { failure: aFailure('image') }, 'quarantine ImageUnusable'],
    ['does not retry a wrong configuration', { failure: aFailure('configuration') }, 'quarantine ConfigurationInvalid'],
    [
      'tries once what looks like poison, since that is a guess',
      { failure: aFailure('poison') },
      'restore RestoredFromProvenState',
    ],
    ['does not try poison twice', { failure: aFailure('poison'), recovery: once }, 'quarantine FailsAgain'],
    [
      'tries a lost restore point with the next proven one',
      {
        failure: aFailure('state-missing'),
        recovery: once,
        restorePoints: [aCheckpoint('missing', 1), aCheckpoint('proven', 9)],
      },
      'restore RestoredFromProvenState',
    ],
    ['quarantines when the budget is spent', { recovery: spent }, 'quarantine RecoveryBudgetSpent'],
    [
      'waits for room when the budget is spent on the lack of it',
      { failure: aFailure('capacity'), recovery: spent },
      'hold WaitingForCapacity',
    ],
    [
      'has a new budget after a window without an attempt',
      { recovery: { ...spent, lastAttemptAt: minutesAgo(360) } },
      'restore RestoredFromProvenState',
    ],
    ['never acts on a budget of none', { policy: { ...policy, maxAttempts: 0 } }, 'quarantine RecoveryBudgetSpent'],
  ]);
});

describe('decideRecovery backs off', () => {
  const waitAfter = (attempts: number, jitter: number): number | undefined => {
    const recovery = attempts === 0 ? {} : { attempts, windowStart: minutesAgo(60), lastAttemptAt: minutesAgo(0) };
    const decision = decideRecovery(
      aFailedJob({
        failure: aFailure('transient', { at: NOW }),
        recovery,
        jitter,
        policy: { ...policy, maxAttempts: 50 },
      }),
    );
    assert.equal(decision.kind, 'hold');
    assert.equal(decision.reason, 'BackingOff');
    return decision.kind === 'hold' ? decision.recheckAfterSeconds : undefined;
  };
  it('by half of the backoff at least, the other half by jitter', () => {
    assert.equal(waitAfter(0, 0), 15);
    assert.equal(waitAfter(0, 0.5), 23);
    assert.equal(waitAfter(0, 0.999), 30);
  });
  it('twice as long after each attempt, up to the cap', () => {
    assert.deepEqual(
      [1, 2, 3, 4, 5, 6, 7, 40].map((attempts) => waitAfter(attempts, 0.999)),
      [60, 120, 240, 480, 960, 1800, 1800, 1800],
    );
  });
  it('counts from when the failure was first seen, where Flink does not say when it was', () => {
    const failure = aFailure('transient', { at: undefined });
    const first = decideRecovery(aFailedJob({ failure }));
    assert.equal(first.reason, 'BackingOff');
    assert.equal(first.recovery.lastFailureAt, toTimestamp(NOW));
    const later = decideRecovery(aFailedJob({ failure, recovery: first.recovery, now: NOW + 15_000 }));
    assert.equal(later.kind, 'restore');
    assert.equal(later.recovery.lastFailureAt, toTimestamp(NOW));
  });
  it('does not hold the exception of before the last attempt for a new failure', () => {
    const recovery = {
      attempts: 1,
      windowStart: minutesAgo(5),
      lastAttemptAt: minutesAgo(5),
      lastFailureAt: minutesAgo(120),
    };
    const { recovery: after } = decideRecovery(aFailedJob({ recovery }));
    assert.equal(after.lastFailureAt, toTimestamp(NOW));
  });
});

describe('decideRecovery forgets attempts', () => {
  const recovery = {
    attempts: 3,
    windowStart: minutesAgo(200),
    lastAttemptAt: minutesAgo(61),
    lastFailureAt: minutesAgo(62),
    lastFailure: 'x',
    releasedNonce: 4,
  };
  const running = { job: aJob('RUNNING', { startedAt: NOW - 61 * 60_000 }), managed: aManagedJob({ releaseNonce: 4 }) };

  it('after an hour of healthy running, but not what was released', () => {
    assert.deepEqual(decideRecovery(aFailedJob({ ...running, recovery })).recovery, { releasedNonce: 4 });
  });
  it('not before', () => {
    const job = aJob('RUNNING', { startedAt: NOW - 59 * 60_000 });
    assert.deepEqual(decideRecovery(aFailedJob({ ...running, job, recovery })).recovery, recovery);
  });
  it('not while tasks are missing', () => {
    const job = { ...running.job, tasks: { total: 4, running: 3 } };
    assert.deepEqual(decideRecovery(aFailedJob({ ...running, job, recovery })).recovery, recovery);
  });
});

describe('a quarantine', () => {
  const quarantined = {
    attempts: 5,
    lastAttemptAt: minutesAgo(600),
    quarantinedSince: minutesAgo(500),
    lastFailureAt: minutesAgo(500),
  };

  it('begins with its time, and keeps what led to it', () => {
    const { kind, recovery } = decideRecovery(aFailedJob({ failure: aFailure('image') }));
    assert.equal(kind, 'quarantine');
    assert.deepEqual(recovery, {
      lastFailureAt: minutesAgo(120),
      lastFailure: 'SomeReason: what was read',
      quarantinedSince: toTimestamp(NOW),
    });
  });
  check([
    ['outlasts every window', { recovery: quarantined }, 'hold Quarantined'],
    ['outlasts a change of the failure', { recovery: quarantined, failure: aFailure('image') }, 'hold Quarantined'],
    [
      'outlasts healthy running: only a release ends it',
      { recovery: quarantined, job: aJob('RUNNING') },
      'hold Quarantined',
    ],
    [
      'is not ended by a release that was before it',
      { recovery: { ...quarantined, releasedNonce: 7 }, managed: aManagedJob({ releaseNonce: 7 }) },
      'hold Quarantined',
    ],
    [
      'ends with a new release',
      { recovery: { ...quarantined, releasedNonce: 7 }, managed: aManagedJob({ releaseNonce: 8 }) },
      'released Released',
    ],
    [
      'does not begin later by a release that came too early: that one is used up at once',
      { managed: aManagedJob({ releaseNonce: 1 }) },
      'released Released',
    ],
  ]);

  it('leaves a new budget behind when it ends, and the failure that the release was the answer to', () => {
    const managed = aManagedJob({ releaseNonce: 8 });
    const released = decideRecovery(aFailedJob({ managed, recovery: quarantined }));
    assert.deepEqual(released.recovery, {
      lastFailureAt: minutesAgo(500),
      releasedNonce: 8,
      releasedAt: toTimestamp(NOW),
    });
    const next = decideRecovery(aFailedJob({ managed, recovery: released.recovery }));
    assert.equal(next.kind === 'restore' ? next.attempt : next.reason, 1);
  });
});
