import type { EpochMillis } from '../../model/instant.ts';
import type { RestorePoint } from '../../model/managed-job.ts';

/** What a look at the store says about a restore point. `unknown`: the store could not be asked, or it may not be asked there. */
export type CheckpointProof =
  | { readonly kind: 'exists'; readonly completedAt: EpochMillis | undefined }
  | { readonly kind: 'absent'; readonly why: string }
  | { readonly kind: 'unknown'; readonly why: string };

export type StateStoreOptions = {
  /** The tenant's `isolation.statePrefix`; nothing outside it is ever read. */
  readonly statePrefix: string;
  readonly s3?: { readonly region: string; readonly endpoint?: string; readonly forcePathStyle?: boolean };
  /** The folder under which `file:///x` is looked up; without it such locations are `unknown`. */
  readonly filesRoot?: string;
};

/** A read-only look at where checkpoints and savepoints lie. */
export type StateStore = {
  /** Whether `<location>/_metadata` is there: what Flink needs to restore. */
  readonly proveCheckpoint: (location: string) => Promise<CheckpointProof>;
  /** Checkpoints (`chk-N`) and savepoints below `prefix` that have a `_metadata`, newest first. Rejects with a HeadgateError. */
  readonly listRestorePoints: (prefix: string) => Promise<readonly RestorePoint[]>;
};
