import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import * as fc from 'fast-check';
import type { FlinkJobState } from '../../lib/model/flink-job.ts';
import { RecoveryPolicy } from '../../lib/model/recovery-policy.ts';
import { jitterOf } from '../../lib/recovery/backoff.ts';
import { classifyFailure } from '../../lib/recovery/classify-failure.ts';
import { decideRecovery } from '../../lib/recovery/decide-recovery.ts';
import type { FailureClass } from '../../lib/recovery/failure.ts';
import type { RecoveryDecision, RecoveryInput, RecoveryStatus } from '../../lib/recovery/recovery-decision.ts';
import { aCheckpoint, aFailedJob, aFailure, aJob, aManagedJob, aWorkload, NOW } from '../recovery/failed-job.ts';

const classes: readonly FailureClass[] = [
  'transient',
  'transient',
  'transient',
  'unknown',
  'capacity',
  'state-missing',
  'poison',
  'configuration',
  'image',
];
const states: readonly (FlinkJobState | undefined)[] = [
  'FAILED',
  'FAILED',
  'FAILED',
  'RUNNING',
  'RESTARTING',
  'FINISHED',
  undefined,
];

/** One look at a job some time after the one before. */
const look = fc.record({
  afterSeconds: fc.oneof(fc.integer({ min: 0, max: 90 }), fc.integer({ min: 0, max: 30_000 })),
  state: fc.constantFrom(...states),
  failure: fc.option(fc.constantFrom(...classes), { nil: undefined }),
  failedSecondsAgo: fc.option(fc.nat({ max: 600 }), { nil: undefined }),
  proofs: fc.option(
    fc.array(
      fc.record({
        proof: fc.constantFrom('proven' as const, 'missing' as const, 'unknown' as const),
        minutesAgo: fc.nat({ max: 3000 }),
      }),
      { maxLength: 3 },
    ),
    { nil: undefined, freq: 10 },
  ),
  released: fc
    .boolean()
    .chain((likely) => (likely ? fc.constant(false) : fc.integer({ min: 0, max: 9 }).map((n) => n === 0))),
  paused: fc.integer({ min: 0, max: 9 }).map((n) => n === 0),
  stateful: fc.boolean(),
  upstream: fc.integer({ min: 0, max: 9 }).map((n) => n === 0),
});
type Look = typeof look extends fc.Arbitrary<infer T> ? T : never;

const policies = fc
  .record({
    maxAttempts: fc.nat({ max: 6 }),
    windowSeconds: fc.integer({ min: 60, max: 20_000 }),
    backoffSeconds: fc.integer({ min: 1, max: 120 }),
    maxBackoffSeconds: fc.integer({ min: 1, max: 2000 }),
    healthySeconds: fc.nat({ max: 10_000 }),
  })
  .map((fields) => RecoveryPolicy.parse(fields));

type Step = { readonly input: RecoveryInput; readonly decision: RecoveryDecision; readonly before: RecoveryStatus };

/** A job's life: what each look leads to is remembered for the next, as the status does. */
const live = (policy: RecoveryPolicy, looks: readonly Look[]): readonly Step[] => {
  const steps: Step[] = [];
  let now = NOW;
  let releaseNonce = 0;
  let recovery: RecoveryStatus = { releasedNonce: 0 };
  for (const {
    afterSeconds,
    state,
    failure,
    failedSecondsAgo,
    proofs,
    released,
    paused,
    stateful,
    upstream,
  } of looks) {
    now += afterSeconds * 1000;
    if (released) releaseNonce++;
    const input = aFailedJob({
      now,
      policy,
      recovery,
      paused,
      jitter: jitterOf('team/orders', recovery),
      job: state === undefined ? undefined : aJob(state),
      failure:
        failure &&
        aFailure(failure, { at: failedSecondsAgo === undefined ? undefined : now - 1000 * failedSecondsAgo }),
      managed: aManagedJob({ stateful, releaseNonce }),
      workload: aWorkload({
        stateful,
        reportedState: 'RECONCILING',
        upstream: { autoscaler: false, restartsFailed: upstream },
      }),
      restorePoints: proofs?.map(({ proof, minutesAgo }) => aCheckpoint(proof, minutesAgo)),
    });
    const decision = decideRecovery(input);
    steps.push({ input, decision, before: recovery });
    recovery = decision.recovery;
  }
  return steps;
};

const lives = fc.array(look, { maxLength: 80, size: 'max' });
const runs = { numRuns: 1000 };

describe('decideRecovery, over a life', () => {
  it('starts a job with state only from a restore point that is proven, newest, and young enough or agreed to', () => {
    fc.assert(
      fc.property(policies, lives, (policy, looks) => {
        for (const { input, decision } of live(policy, looks)) {
          if (decision.kind !== 'restore') continue;
          const candidates = input.restorePoints ?? [];
          if (decision.restorePoint === undefined) {
            assert.ok(!input.managed.stateful && !input.workload.stateful && candidates.length === 0);
            continue;
          }
          const { completedAt } = decision.restorePoint;
          assert.ok(candidates.some(({ point, proof }) => point === decision.restorePoint && proof === 'proven'));
          assert.ok(candidates.every(({ point, proof }) => proof === 'missing' || point.completedAt <= completedAt));
          const isYoung = input.now - Date.parse(completedAt) <= policy.maxRestorePointAgeSeconds * 1000;
          assert.ok(isYoung || input.recovery?.releasedAt !== undefined);
        }
      }),
      runs,
    );
  });

  it('acts only on a job that is read as FAILED, and that nobody keeps it from', () => {
    fc.assert(
      fc.property(policies, lives, (policy, looks) => {
        for (const { input, decision } of live(policy, looks)) {
          if (decision.kind !== 'restore' && decision.kind !== 'quarantine') continue;
          assert.equal(input.job?.state, 'FAILED');
          assert.ok(!input.paused && !input.workload.upstream.restartsFailed);
        }
      }),
      runs,
    );
  });

  /** For want of room, which no budget quarantines: the hardest case for the budget. */
  const hungryLives = lives.map((looks) =>
    looks.map((one): Look => ({
      ...one,
      state: 'FAILED',
      failure: 'capacity',
      proofs: [{ proof: 'proven', minutesAgo: 0 }],
    })),
  );

  it('makes at most maxAttempts attempts in any window, wherever it begins', () => {
    fc.assert(
      fc.property(policies, fc.oneof(lives, hungryLives), (policy, looks) => {
        let attempts: number[] = [];
        for (const { input, decision } of live(policy, looks)) {
          // Healthy running and a release give a new budget.
          const isHealthy = input.job?.state === 'RUNNING' && decision.recovery.attempts === undefined;
          if (decision.kind === 'released' || isHealthy) attempts = [];
          if (decision.kind !== 'restore') continue;
          attempts = [...attempts.filter((at) => input.now - at < policy.windowSeconds * 1000), input.now];
          assert.ok(attempts.length <= policy.maxAttempts);
        }
      }),
      runs,
    );
  });

  it('waits at least half the backoff between two attempts', () => {
    fc.assert(
      fc.property(policies, lives, (policy, looks) => {
        for (const { input, decision, before } of live(policy, looks)) {
          if (decision.kind !== 'restore' || before.lastAttemptAt === undefined) continue;
          const least = Math.min(policy.maxBackoffSeconds, policy.backoffSeconds * 2 ** (decision.attempt - 1)) * 500;
          // Times in the status have whole seconds.
          assert.ok(input.now - Date.parse(before.lastAttemptAt) >= least);
        }
      }),
      runs,
    );
  });

  it('leaves a quarantine only by a release', () => {
    fc.assert(
      fc.property(policies, lives, (policy, looks) => {
        for (const { decision, before } of live(policy, looks)) {
          if (before.quarantinedSince === undefined) continue;
          if (decision.kind === 'released') assert.equal(decision.recovery.quarantinedSince, undefined);
          else assert.deepEqual([decision.kind, decision.recovery.quarantinedSince], ['hold', before.quarantinedSince]);
        }
      }),
      runs,
    );
  });

  it('decides the same of the same, and does not act twice when it is asked again with what it remembers', () => {
    fc.assert(
      fc.property(policies, lives, (policy, looks) => {
        for (const { input, decision } of live(policy, looks)) {
          assert.deepEqual(decideRecovery(input), decision);
          const again = decideRecovery({ ...input, recovery: decision.recovery });
          if (decision.kind === 'none' || decision.kind === 'hold') assert.deepEqual(again.recovery, decision.recovery);
          if (decision.kind === 'restore' || decision.kind === 'quarantine')
            assert.ok(again.kind === 'hold' || again.kind === 'quarantine');
          if (decision.kind === 'quarantine') assert.equal(again.reason, 'Quarantined');
        }
      }),
      runs,
    );
  });
});

describe('jitterOf', () => {
  it('lies in [0, 1), spreads jobs evenly, and differs from attempt to attempt', () => {
    const jitters = Array.from({ length: 2000 }, (_, i) => jitterOf(`team/job-${i}`, undefined));
    assert.ok(jitters.every((jitter) => jitter >= 0 && jitter < 1));
    for (let tenth = 0; tenth < 10; tenth++) {
      const count = jitters.filter((jitter) => Math.floor(jitter * 10) === tenth).length;
      assert.ok(count > 140 && count < 260, `${count} of 2000 in tenth ${tenth}`);
    }
    assert.notEqual(jitterOf('a', { attempts: 1 }), jitterOf('a', { attempts: 2 }));
  });
});

describe('classifyFailure', () => {
  it('takes any text, fast, and keeps a short line of it', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 400 }), fc.string(), (text, workloadError) => {
        const failure = classifyFailure({ state: 'FAILED', failure: { at: 0, text }, workloadError, podProblems: [] });
        assert.ok(failure !== undefined && failure.evidence.length <= 300 && !failure.evidence.includes('\n'));
      }),
    );
    const hostile = 'FileNotFoundException/ serializer TaskManager Heartbeat of TaskManager '.repeat(10_000);
    assert.ok(classifyFailure({ state: 'FAILED', failure: { at: 0, text: hostile } }));
  });
});
