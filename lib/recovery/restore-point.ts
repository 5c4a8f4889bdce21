import { fromTimestamp, type EpochMillis } from '../model/instant.ts';
import type { RestorePoint } from '../model/managed-job.ts';
import type { RecoveryPolicy } from '../model/recovery-policy.ts';
import type { RestorePointCandidate } from './recovery-decision.ts';

/** The restore point to use, or why there is none. `Unproven` may change by looking again; the others need a person. */
export type RestorePointChoice =
  | { readonly kind: 'chosen'; readonly point: RestorePoint }
  | {
      readonly kind: 'refused';
      readonly reason: 'RestorePointUnproven' | 'RestorePointTooOld' | 'NotRecoverable';
      readonly message: string;
    };

/**
 * The newest restore point that is proven to exist. One that is known to be missing is passed over; one that could not be looked at is
 * not: going back further than needed loses work, so that waits until somebody can look.
 *
 * @param candidates undefined when nobody could even list them
 * @param ageWaived a person has said that an old one will do
 */
export const chooseRestorePoint = (
  candidates: readonly RestorePointCandidate[] | undefined,
  policy: Pick<RecoveryPolicy, 'maxRestorePointAgeSeconds'>,
  now: EpochMillis,
  ageWaived = false,
): RestorePointChoice => {
  if (candidates === undefined) return refuse('RestorePointUnproven', 'restore points could not be listed');
  const newest = candidates.toSorted(newestFirst).find(({ proof }) => proof !== 'missing');
  if (newest === undefined) {
    return refuse(
      'NotRecoverable',
      candidates.length === 0
        ? 'no restore point is known'
        : `none of ${candidates.length} restore points exists any more`,
    );
  }
  const { point, proof } = newest;
  if (proof === 'unknown') return refuse('RestorePointUnproven', `whether ${point.location} exists could not be told`);
  const ageSeconds = Math.floor((now - completedAt(point)) / 1000);
  if (!ageWaived && ageSeconds > policy.maxRestorePointAgeSeconds) {
    const message = `the newest, ${point.location}, was completed ${point.completedAt}: older than ${policy.maxRestorePointAgeSeconds} s`;
    return refuse('RestorePointTooOld', message);
  }
  return { kind: 'chosen', point };
};

const refuse = (
  reason: Extract<RestorePointChoice, { kind: 'refused' }>['reason'],
  message: string,
): RestorePointChoice => ({ kind: 'refused', reason, message });

/** A time that cannot be read counts as the oldest. */
const completedAt = (point: RestorePoint): EpochMillis => fromTimestamp(point.completedAt) ?? Number.NEGATIVE_INFINITY;

const newestFirst = ({ point: a }: RestorePointCandidate, { point: b }: RestorePointCandidate): number => {
  if (completedAt(a) !== completedAt(b)) return completedAt(b) > completedAt(a) ? 1 : -1;
  if ((a.id ?? -1) !== (b.id ?? -1)) return (b.id ?? -1) - (a.id ?? -1);
  return a.location < b.location ? -1 : a.location > b.location ? 1 : 0;
};
