import type { FlinkJob } from '../model/flink-job.ts';
import type { EpochMillis } from '../model/instant.ts';
import type { ManagedJobSpec, ManagedJobStatus, Operation, RestorePoint } from '../model/managed-job.ts';
import type { Mode } from '../model/mode.ts';
import type { RecoveryPolicy } from '../model/recovery-policy.ts';
import type { Workload } from '../model/workload.ts';
import type { Failure } from './failure.ts';

/** A place a job might be restored from, and whether its `_metadata` was seen: `unknown` when nobody could look. */
export type RestorePointCandidate = { readonly point: RestorePoint; readonly proof: 'proven' | 'missing' | 'unknown' };

/** What is remembered of a job's recoveries (ManagedJob status). */
export type RecoveryStatus = NonNullable<ManagedJobStatus['recovery']>;

export type RecoveryInput = {
  readonly workload: Workload;
  /** Live from the JobManager; undefined when it could not be read. */
  readonly job: FlinkJob | undefined;
  readonly failure: Failure | undefined;
  readonly managed: ManagedJobSpec;
  readonly recovery: RecoveryStatus | undefined;
  readonly operation: Operation | undefined;
  /** Undefined when they could not be listed: that is not the same as none. */
  readonly restorePoints: readonly RestorePointCandidate[] | undefined;
  readonly policy: RecoveryPolicy;
  /** The stop, a cordon or an excluded period; the job's own pause is read from `managed`. */
  readonly paused: boolean;
  /** The most careful mode of pool and tenant; the job's own is read from `managed`. */
  readonly mode: Mode;
  /** In [0, 1), the same in every evaluation of one attempt (see `jitterOf`): spreads jobs that failed together. */
  readonly jitter: number;
  readonly now: EpochMillis;
};

type Decided = {
  /** PascalCase. */
  readonly reason: string;
  readonly message: string;
  /** The memory to be written with the decision; the same as read when nothing changed. */
  readonly recovery: RecoveryStatus;
};

/** What to do about a job, as a value. Only `restore` starts anything; every other kind leaves the workload alone. */
export type RecoveryDecision =
  | (Decided & { readonly kind: 'none' })
  /** `recheckAfterSeconds` undefined: the next tick is soon enough. */
  | (Decided & { readonly kind: 'hold'; readonly recheckAfterSeconds: number | undefined })
  | (Decided & {
      readonly kind: 'restore';
      /** Proven; undefined only for a job without state. */
      readonly restorePoint: RestorePoint | undefined;
      /** 1 for the first of the window. */
      readonly attempt: number;
    })
  | (Decided & { readonly kind: 'quarantine' })
  | (Decided & { readonly kind: 'released' });
