import { fromTimestamp, toTimestamp } from '../model/instant.ts';
import { mostCareful } from '../model/mode.ts';
import type { Workload } from '../model/workload.ts';
import { backoffMillis } from './backoff.ts';
import type { RecoveryDecision, RecoveryInput, RecoveryStatus } from './recovery-decision.ts';
import {
  attemptsInWindow,
  failedAt,
  forgetAttempts,
  noteAttempt,
  noteFailure,
  noteRelease,
} from './recovery-memory.ts';
import { chooseRestorePoint } from './restore-point.ts';

/** How soon to look again for a proof that could not be had. */
const PROOF_RECHECK_SECONDS = 60;

/**
 * Whether and how to bring a job back. It never starts a job that has state without a restore point that is proven to exist, and never
 * makes more than `maxAttempts` attempts in any window; what needs a person is quarantined, and only a release ends that.
 *
 * A job is down when Flink says FAILED live, or, when Flink cannot be asked, when the controller reports FAILED or gives its state up
 * for lost. RECONCILING and unreachable are not failures.
 */
export const decideRecovery = (input: RecoveryInput): RecoveryDecision => {
  const { workload, managed } = input;
  const recovery = input.recovery ?? {};
  const none = (reason: string, message: string) => ({ kind: 'none', reason, message, recovery }) as const;
  if (workload.deleting) return none('Deleting', 'the workload is being deleted');
  if (managed.releaseNonce !== undefined && managed.releaseNonce !== recovery.releasedNonce) {
    return release(recovery, managed.releaseNonce, input.now);
  }
  if (workload.suspended || managed.desired === 'suspended') return none('Suspended', 'the job is not meant to run');
  return isDown(input) ? decideDown(input, noteFailure(recovery, input.failure, input.now)) : decideUp(input, recovery);
};

const release = (recovery: RecoveryStatus, nonce: number, now: number): RecoveryDecision => {
  const message =
    recovery.quarantinedSince === undefined
      ? 'nothing was in quarantine; attempts so far are forgotten'
      : 'the quarantine is over, with a new budget';
  return { kind: 'released', reason: 'Released', message, recovery: noteRelease(recovery, nonce, now) };
};

/** What a job's being down is told from. */
type DownInput = Pick<RecoveryInput, 'job' | 'failure'> & { readonly workload: Pick<Workload, 'reportedState'> };

/** Whether a job is down: only then are its restore points looked for. */
export const isDown = (input: DownInput): boolean =>
  (input.job?.state ?? input.workload.reportedState) === 'FAILED' || isGivenUp(input);

/** The controller found neither a JobManager nor the state to start one with ("Manual restore required"). */
const isGivenUp = ({ job, failure }: DownInput): boolean =>
  job === undefined && failure?.class === 'state-missing' && failure.source === 'controller';

const decideUp = (input: RecoveryInput, recovery: RecoveryStatus): RecoveryDecision => {
  const { job, workload, policy, now } = input;
  if (recovery.quarantinedSince !== undefined) return holdQuarantined(recovery);
  const state = job?.state ?? workload.reportedState;
  if (state === 'FINISHED' || state === 'CANCELED') {
    return {
      kind: 'none',
      reason: 'Ended',
      message: `the job is ${state}: it ended by itself or by a person`,
      recovery,
    };
  }
  if (job === undefined) {
    const message = `the JobManager does not answer, and the controller says ${state ?? 'nothing'}: that is no failure`;
    return { kind: 'hold', reason: 'Unreachable', message, recheckAfterSeconds: undefined, recovery };
  }
  const isHealthy = job.state === 'RUNNING' && job.tasks.total > 0 && job.tasks.running === job.tasks.total;
  const since = Math.max(job.startedAt, fromTimestamp(recovery.lastAttemptAt) ?? 0);
  const isForgiven = isHealthy && now - since >= policy.healthySeconds * 1000;
  return {
    kind: 'none',
    reason: isHealthy ? 'Healthy' : 'NotFailed',
    message: isHealthy ? 'the job runs' : `the job is ${job.state}: Flink is at it`,
    recovery: isForgiven ? forgetAttempts(recovery) : recovery,
  };
};

/** What to do about a job that is down: first what keeps hands off, then the attempt. */
const decideDown = (input: RecoveryInput, recovery: RecoveryStatus): RecoveryDecision => {
  const { operation, workload, managed } = input;
  if (recovery.quarantinedSince !== undefined) return holdQuarantined(recovery);
  if (operation !== undefined) {
    return hold(recovery, 'OperationInProgress', `${operation.kind} is under way (${operation.step})`);
  }
  if (workload.upstream.restartsFailed && !isGivenUp(input)) {
    return hold(recovery, 'UpstreamRecovers', "the controller's own restart of failed jobs is on");
  }
  if (input.paused || managed.paused === 'recovery' || managed.paused === 'all') {
    return hold(recovery, 'Paused', 'recovery is paused');
  }
  const decision = attempt(input, recovery);
  const mode = mostCareful(input.mode, managed.mode);
  if (mode === 'drive' || decision.kind === 'hold') return decision;
  const reason = mode === 'observe' ? 'Observing' : 'Recommended';
  return hold(recovery, reason, `mode is ${mode}; would ${decision.kind}: ${decision.message}`);
};

/** The next attempt at a job that is down and ours to recover, or why not (yet). */
const attempt = (input: RecoveryInput, recovery: RecoveryStatus): RecoveryDecision => {
  const { failure, policy, now } = input;
  const attempts = attemptsInWindow(recovery, policy, now);
  const hopeless = whyHopeless(input, attempts);
  if (hopeless !== undefined) return quarantine(input, recovery, ...hopeless);
  if (attempts >= policy.maxAttempts) {
    const spent = `${attempts} attempts within ${policy.windowSeconds} s`;
    // Room comes back without anybody touching the job, so it waits for the window to pass instead of for a person.
    if (failure?.class === 'capacity' && policy.maxAttempts > 0) return hold(recovery, 'WaitingForCapacity', spent);
    return quarantine(input, recovery, 'RecoveryBudgetSpent', spent);
  }
  const since = Math.max(failedAt(recovery, failure, now), fromTimestamp(recovery.lastAttemptAt) ?? 0);
  const waitMillis = since + backoffMillis(policy, attempts, input.jitter) - now;
  if (waitMillis > 0) {
    const seconds = Math.ceil(waitMillis / 1000);
    return hold(recovery, 'BackingOff', `attempt ${attempts + 1} of ${policy.maxAttempts} comes after a wait`, seconds);
  }
  return restore(input, recovery, attempts + 1);
};

/**
 * Failures that another attempt cannot help. An image or a configuration has to be changed by a person: quarantined at once. Whether a
 * program fails on its input for good is only guessed from the exception, so that gets one attempt.
 */
const whyHopeless = ({ failure }: RecoveryInput, attempts: number): [reason: string, message: string] | undefined => {
  if (failure === undefined) return undefined;
  const why = `${failure.reason}: ${failure.evidence}`;
  if (failure.class === 'image') return ['ImageUnusable', why];
  if (failure.class === 'configuration') return ['ConfigurationInvalid', why];
  return failure.class === 'poison' && attempts > 0 ? ['FailsAgain', why] : undefined;
};

const restore = (input: RecoveryInput, recovery: RecoveryStatus, attempt: number): RecoveryDecision => {
  const { policy, now, restorePoints } = input;
  const begun = { kind: 'restore', attempt, recovery: noteAttempt(recovery, attempt, now) } as const;
  if (!isStateful(input)) {
    return { ...begun, reason: 'RestartedWithoutState', message: 'the job has no state', restorePoint: undefined };
  }
  const releasedAt = fromTimestamp(recovery.releasedAt);
  const ageWaived = releasedAt !== undefined && releasedAt >= (fromTimestamp(recovery.lastFailureAt) ?? now);
  const choice = chooseRestorePoint(restorePoints, policy, now, ageWaived);
  if (choice.kind === 'chosen') {
    const { point } = choice;
    const message = `from ${point.kind} ${point.location}, completed ${point.completedAt}`;
    return { ...begun, reason: 'RestoredFromProvenState', message, restorePoint: point };
  }
  return choice.reason === 'RestorePointUnproven'
    ? hold(recovery, choice.reason, choice.message, PROOF_RECHECK_SECONDS)
    : quarantine(input, recovery, choice.reason, choice.message);
};

/** State that anybody knows of counts: by word, by the workload's settings, or because there is some. */
const isStateful = ({ managed, workload, restorePoints }: RecoveryInput): boolean =>
  managed.stateful || workload.stateful || (restorePoints ?? []).length > 0;

const quarantine = (
  input: RecoveryInput,
  recovery: RecoveryStatus,
  reason: string,
  message: string,
): RecoveryDecision => ({
  kind: 'quarantine',
  reason,
  message,
  recovery: { ...recovery, quarantinedSince: toTimestamp(input.now) },
});

const holdQuarantined = (recovery: RecoveryStatus): RecoveryDecision =>
  hold(recovery, 'Quarantined', `in quarantine since ${recovery.quarantinedSince}, until it is released`);

/** @param recheckAfterSeconds undefined: the next tick is soon enough */
const hold = (
  recovery: RecoveryStatus,
  reason: string,
  message: string,
  recheckAfterSeconds?: number,
): RecoveryDecision => ({ kind: 'hold', reason, message, recheckAfterSeconds, recovery });
