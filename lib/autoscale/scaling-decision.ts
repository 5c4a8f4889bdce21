import type { AutoscalingPolicy, ScalingBounds } from '../model/autoscaling-policy.ts';
import type { EpochMillis } from '../model/instant.ts';
import type { JobGraph, MetricSample, VertexId } from '../model/job-graph.ts';
import type { UnknownReason } from '../model/measurement.ts';
import type { Pause } from '../model/mode.ts';
import type { ScalingHistory } from './scaling-history.ts';

/** A size for every vertex of a job. */
export type Parallelism = Readonly<Record<VertexId, number>>;

/** Everything a scaling decision may look at. */
export type ScalingInput = {
  readonly graph: JobGraph;
  /** Oldest first. May hold several runs; only the newest run since `runningSince` is measured. */
  readonly samples: readonly MetricSample[];
  readonly policy: AutoscalingPolicy;
  readonly bounds: ScalingBounds;
  readonly history: ScalingHistory;
  readonly paused: Pause;
  /** Since when all tasks of the current run are running; undefined when they are not. */
  readonly runningSince: EpochMillis | undefined;
  /** Input that a restart replays, in seconds of it: the age of the checkpoint it would start from. */
  readonly checkpointRewindSeconds?: number;
  readonly now: EpochMillis;
  /** An alert or a person asked: no second look, and no stabilization after a start that was not our own rescale. */
  readonly urgent: boolean;
};

/** Why a job is rescaled. */
export type RescaleReason =
  | 'LoadAboveTarget' // a vertex would be busier than `maxUtilization`
  | 'BacklogTooSlow' // a backlog beyond the lag limit would not be worked off in time
  | 'SaturatedWithoutLag' // a vertex is saturated and its source does not tell how much waits
  | 'LoadBelowTarget' // the load leaves whole slots unused
  | 'OutOfBounds'; // the bounds changed and the job stands outside them

/** Why a job keeps its size. */
export type HoldReason =
  | 'NotRunning' // not all tasks are running
  | 'Restarting' // our own rescale has not taken effect yet
  | 'Stabilizing' // too soon after a start or a rescale
  | 'TooFewSamples' // the current run has not been watched long enough
  | 'MetricsUnknown' // something that the decision needs is not known
  | 'Paused'
  | 'Confirming' // the load has just jumped: one more look before a restart is paid for it
  | 'CatchingUp' // there is a backlog, but waiting ends it sooner than another restart
  | 'Ineffective' // our last growth did not relieve the vertex that it was meant for
  | 'AtBounds' // it should grow but may not
  | 'BacklogRemains' // it could shrink but for a backlog
  | 'Flapping' // it could shrink but the job restarts by itself
  | 'ScaleDownDelayed'
  | 'CheckpointTooOld' // it should shrink, but a restart would replay more than the lag limit: after the next checkpoint
  | 'Stable';

/** What was measured and concluded of one vertex. Rates are records per second; a missing number is unknown. */
export type VertexEvidence = {
  readonly parallelism: number;
  /** Share of time, 0 to 1. */
  readonly busy?: number;
  readonly backpressured?: number;
  /** What it processes now. */
  readonly inRate?: number;
  /** What it could process at its present parallelism if it were never idle nor held up. */
  readonly trueRate?: number;
  /** What it must process for the whole load to pass; `targetAtLeast` where a part of the load is unknown or guessed. */
  readonly targetRate?: number;
  readonly targetAtLeast?: number;
  /** Records of backlog beyond the lag limit, as they will reach it. */
  readonly excess?: number;
  /** Sources only: records waiting outside Flink. */
  readonly lag?: number;
  /** The parallelism its load asks for, within bounds. */
  readonly wanted?: number;
  /** The first thing that is not known of it. */
  readonly unknown?: UnknownReason;
};

/** The numbers behind a decision: plain and compact JSON, so that it can be stored, shown and replayed. */
export type ScalingEvidence = {
  /** Span of the samples that were used, and of the newest part in which the load was level. */
  readonly windowSeconds: number;
  readonly levelSeconds: number;
  /** What a restart was taken to cost: time down, plus the input it replays. */
  readonly restartSeconds: number;
  readonly rewindSeconds: number;
  /** The vertex with the least room. */
  readonly bottleneck?: VertexId;
  readonly vertices: Readonly<Record<VertexId, VertexEvidence>>;
};

type Decided = {
  /** Plain words with numbers. */
  readonly message: string;
  readonly evidence: ScalingEvidence;
  /** What to remember: store it for a hold, and for a rescale that was applied in full. */
  readonly history: ScalingHistory;
};

/** The one answer of the scaler: a whole new size for the job, or none and why. */
export type ScalingDecision =
  | (Decided & {
      readonly kind: 'rescale';
      readonly reason: RescaleReason;
      /** The new size, one step towards `wanted`. Names every vertex. */
      readonly parallelism: Parallelism;
      readonly wanted: Parallelism;
    })
  | (Decided & {
      readonly kind: 'hold';
      readonly reason: HoldReason;
      /** When an earlier look than the next tick would help. */
      readonly recheckAfterSeconds?: number;
      /** The size it would have if nothing held it back: its demand. Absent when unknown. */
      readonly wanted?: Parallelism;
    });
