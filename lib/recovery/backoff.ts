import type { RecoveryPolicy } from '../model/recovery-policy.ts';
import type { RecoveryStatus } from './recovery-decision.ts';

/**
 * How long to wait before the next attempt, in milliseconds: doubles with each attempt made, up to the cap; half of it is fixed, half
 * spread by the jitter ("equal jitter", AWS Architecture Blog, Exponential Backoff And Jitter, 2015).
 */
export const backoffMillis = (
  policy: Pick<RecoveryPolicy, 'backoffSeconds' | 'maxBackoffSeconds'>,
  attemptsMade: number,
  jitter: number,
): number => {
  const seconds = Math.min(policy.maxBackoffSeconds, policy.backoffSeconds * 2 ** attemptsMade);
  return Math.round(1000 * seconds * (0.5 + 0.5 * jitter));
};

/** A number in [0, 1) that is the same in every evaluation of one attempt, and another for each job and attempt. */
export const jitterOf = (jobKey: string, recovery: RecoveryStatus | undefined): number => {
  const text = `${jobKey}/${recovery?.attempts ?? 0}/${recovery?.lastAttemptAt ?? ''}`;
  // FNV-1a, then the last mixing step of MurmurHash3, because FNV's high bits hardly feel the last characters.
  let hash = 0x811c9dc5;
  for (const character of text) hash = Math.imul(hash ^ character.codePointAt(0)!, 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return ((hash ^ (hash >>> 16)) >>> 0) / 2 ** 32;
};
