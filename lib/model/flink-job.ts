import type { EpochMillis } from './instant.ts';
import type { JobGraph, MetricSample } from './job-graph.ts';
import type { RestorePoint } from './managed-job.ts';

/** Flink's `JobStatus`. */
export type FlinkJobState =
  | 'INITIALIZING'
  | 'CREATED'
  | 'RUNNING'
  | 'FAILING'
  | 'FAILED'
  | 'CANCELLING'
  | 'CANCELED'
  | 'FINISHED'
  | 'RESTARTING'
  | 'SUSPENDED'
  | 'RECONCILING';

/** A job as its JobManager reports it, live. */
export type FlinkJob = {
  readonly id: string;
  readonly name: string;
  readonly state: FlinkJobState;
  readonly startedAt: EpochMillis;
  /** Subtasks in all, and those that run or have finished: only equal numbers mean that the job really runs. */
  readonly tasks: { readonly total: number; readonly running: number };
};

/** Everything `work` reads of one job in one look. Parts that could not be read are undefined, with the reason in `missing`. */
export type FlinkObservation = {
  readonly at: EpochMillis;
  readonly job: FlinkJob | undefined;
  readonly graph: JobGraph | undefined;
  readonly sample: MetricSample | undefined;
  /** Newest completed checkpoint or savepoint that the JobManager knows; not yet proven to exist. */
  readonly latestCheckpoint: RestorePoint | undefined;
  readonly restarts: number | undefined;
  /** Newest root exception (class and message, first line), if any. */
  readonly failure: { readonly at: EpochMillis; readonly text: string } | undefined;
  readonly missing: readonly string[];
};
