import { fromTimestamp, toTimestamp, type EpochMillis } from '../model/instant.ts';
import type { RecoveryPolicy } from '../model/recovery-policy.ts';
import type { Failure } from './failure.ts';
import type { RecoveryStatus } from './recovery-decision.ts';

/**
 * Attempts that still count against the budget. All are forgotten together, once a whole window has passed since the last one: with a
 * counter alone, no other rule keeps every window of that length, wherever it begins, within the budget.
 */
export const attemptsInWindow = (
  memory: RecoveryStatus,
  { windowSeconds }: Pick<RecoveryPolicy, 'windowSeconds'>,
  now: EpochMillis,
): number => {
  const lastAttemptAt = fromTimestamp(memory.lastAttemptAt);
  const isOver = lastAttemptAt !== undefined && now - lastAttemptAt >= windowSeconds * 1000;
  return isOver ? 0 : (memory.attempts ?? 0);
};

/** When the present failure happened: as Flink says, if that is after the last attempt; else when it was first seen. */
export const failedAt = (memory: RecoveryStatus, failure: Failure | undefined, now: EpochMillis): EpochMillis => {
  const since = fromTimestamp(memory.lastAttemptAt) ?? Number.NEGATIVE_INFINITY;
  const known = [failure?.at, fromTimestamp(memory.lastFailureAt)].find((at) => at !== undefined && at >= since);
  return Math.min(known ?? now, now);
};

export const noteFailure = (
  memory: RecoveryStatus,
  failure: Failure | undefined,
  now: EpochMillis,
): RecoveryStatus => ({
  ...memory,
  lastFailureAt: toTimestamp(failedAt(memory, failure, now)),
  lastFailure: failure === undefined ? 'the job is FAILED' : `${failure.reason}: ${failure.evidence}`,
});

export const noteAttempt = (memory: RecoveryStatus, attempt: number, now: EpochMillis): RecoveryStatus => ({
  ...memory,
  attempts: attempt,
  windowStart: attempt === 1 || memory.windowStart === undefined ? toTimestamp(now) : memory.windowStart,
  lastAttemptAt: toTimestamp(now),
});

/** Forgets attempts and failure; what was released stays known. */
export const forgetAttempts = (memory: RecoveryStatus): RecoveryStatus =>
  without(memory, 'attempts', 'windowStart', 'lastAttemptAt', 'lastFailureAt', 'lastFailure');

/** Ends a quarantine and gives a new budget. The failure stays known: the release is a person's word on it. */
export const noteRelease = (memory: RecoveryStatus, nonce: number, now: EpochMillis): RecoveryStatus => ({
  ...without(memory, 'attempts', 'windowStart', 'lastAttemptAt', 'quarantinedSince'),
  releasedNonce: nonce,
  releasedAt: toTimestamp(now),
});

const without = (memory: RecoveryStatus, ...forgotten: readonly (keyof RecoveryStatus)[]): RecoveryStatus =>
  Object.fromEntries(Object.entries(memory).filter(([name]) => !forgotten.some((field) => field === name)));
