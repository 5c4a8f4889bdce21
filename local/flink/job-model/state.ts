import type { FlinkJobState } from '../../../lib/model/flink-job.ts';
import type { EpochMillis } from '../../../lib/model/instant.ts';
import type { FlinkSettings, JobSpec } from './spec.ts';

/** Counters by subtask since the run began, and what waits in the buffers. Fluid: fractions of records are fine. */
export type VertexFlow = {
  readonly read: number[];
  readonly write: number[];
  readonly busyMillis: number[];
  readonly backpressuredMillis: number[];
  readonly idleMillis: number[];
  /** By input, in the order of `VertexSpec.inputs`, then by subtask. */
  readonly buffered: number[][];
};

/** Counters by vertex and subtask at one moment. */
export type GaugeReading = {
  readonly at: EpochMillis;
  readonly vertices: readonly Readonly<Record<Exclude<keyof VertexFlow, 'buffered'>, readonly number[]>>[];
};

/** A source's log, by partition: records that came and records that were read, since the job first started. */
export type PartitionLog = { readonly arrived: number[]; readonly read: number[] };

/** What the job is doing. */
export type Phase =
  /** Shown as CREATED: waits for slots; with them it runs at `readyAt`. */
  | { readonly kind: 'Waiting'; readonly since: EpochMillis; readonly readyAt: EpochMillis | undefined }
  | { readonly kind: 'Running' }
  /** `rescale`: goes on with the slots there are, without waiting for more. */
  | { readonly kind: 'Restarting'; readonly until: EpochMillis; readonly rescale: boolean }
  | { readonly kind: 'Ending'; readonly until: EpochMillis; readonly as: 'FAILED' | 'CANCELED' }
  | { readonly kind: 'Ended'; readonly as: 'FAILED' | 'CANCELED' | 'FINISHED' };

export type TaskManager = {
  readonly id: string;
  readonly slots: number;
  readonly since: EpochMillis;
  /** Died without a word: listed until its heartbeat times out. */
  readonly lostAt?: EpochMillis;
};

/** Bounds of one vertex, as `PUT …/resource-requirements` set them. */
export type Bounds = { readonly lower: number; readonly upper: number };

export type Failure = {
  readonly at: EpochMillis;
  /** Java class of the exception. */
  readonly exceptionName: string;
  readonly message: string;
  /** The vertex and TaskManager that it came from, where there is one. */
  readonly vertex?: number;
  readonly final: boolean;
};

/** A savepoint that was asked for. */
export type Savepoint = {
  readonly triggerId: string;
  readonly directory: string;
  readonly stops: boolean;
  readonly outcome:
    | { readonly kind: 'in-progress'; readonly checkpoint: number }
    | { readonly kind: 'completed'; readonly location: string }
    | { readonly kind: 'failed'; readonly exceptionName: string; readonly message: string };
};

/** A checkpoint or savepoint. */
export type Checkpoint = {
  readonly id: number;
  readonly triggeredAt: EpochMillis;
  readonly isSavepoint: boolean;
  readonly subtasks: number;
  /** The logs as they were: what a restore goes back to. */
  readonly logs: readonly (PartitionLog | undefined)[];
  readonly outcome:
    /** `marks`: records that each vertex must have read before the barrier has passed it. */
    | { readonly kind: 'in-progress'; readonly marks: readonly number[] }
    | { readonly kind: 'completed'; readonly at: EpochMillis; readonly location: string; readonly discarded: boolean }
    | { readonly kind: 'failed'; readonly at: EpochMillis; readonly message: string };
};

/** A completed checkpoint or savepoint that a job was started from. */
export type Restored = {
  readonly id: number;
  readonly at: EpochMillis;
  readonly isSavepoint: boolean;
  readonly location: string;
};

export type CheckpointLog = {
  readonly nextAt: EpochMillis;
  readonly lastId: number;
  readonly completed: number;
  readonly failed: number;
  readonly restored: number;
  readonly latestRestored: Restored | undefined;
  /** Newest first. */
  readonly history: readonly Checkpoint[];
};

/**
 * A job and its cluster at one moment. A state is never changed once it was handed out: `advance` and the commands
 * answer with another, so whoever keeps one (a cache, a test) keeps that moment.
 */
export type JobState = {
  readonly spec: JobSpec;
  readonly settings: FlinkSettings;
  readonly now: EpochMillis;
  /** Records have flowed until here: the last whole step before `now`. */
  readonly flowedUntil: EpochMillis;
  readonly startedAt: EpochMillis;
  readonly phase: Phase;
  /** When each status was last entered. */
  readonly timestamps: Readonly<Partial<Record<FlinkJobState, EpochMillis>>>;
  /** Counts the runs of the tasks; 0 before the first. */
  readonly run: number;
  readonly parallelism: readonly number[];
  readonly vertices: readonly VertexFlow[];
  /** By vertex; undefined where it is no source. */
  readonly logs: readonly (PartitionLog | undefined)[];
  /** Where its sources begin without a checkpoint, by vertex and partition. */
  readonly origin: readonly (readonly number[] | undefined)[];
  readonly gauges: readonly GaugeReading[];
  readonly requirements: readonly Bounds[];
  /** Since when the slots and bounds ask for another size than the running one. */
  readonly rescaleWishedAt: EpochMillis | undefined;
  readonly taskManagers: readonly TaskManager[];
  /** Slots that a smaller size gave back, and until when they count as used. */
  readonly heldSlots: { readonly slots: number; readonly until: EpochMillis };
  readonly checkpoints: CheckpointLog;
  readonly savepoints: readonly Savepoint[];
  readonly failures: readonly Failure[];
  readonly restarts: number;
  readonly rescales: number;
};

/** A state that is still being made. Lists are replaced, never changed, except the flows and logs, which are copies. */
export type Draft = { -readonly [K in keyof JobState]: JobState[K] };

/** A copy to work on. */
export const draftOf = (state: JobState): Draft => ({
  ...state,
  vertices: state.vertices.map((v) => ({
    read: [...v.read],
    write: [...v.write],
    busyMillis: [...v.busyMillis],
    backpressuredMillis: [...v.backpressuredMillis],
    idleMillis: [...v.idleMillis],
    buffered: v.buffered.map((queue) => [...queue]),
  })),
  logs: state.logs.map((log) => log && copyLog(log)),
});

export const copyLog = (log: PartitionLog): PartitionLog => ({ arrived: [...log.arrived], read: [...log.read] });

/** Flows of a run that begins: nothing counted, nothing in the buffers. */
export const emptyFlows = (spec: JobSpec, parallelism: readonly number[]): readonly VertexFlow[] =>
  spec.vertices.map((vertex, v) => {
    const zeros = (): number[] => Array.from({ length: parallelism[v]! }, () => 0);
    return {
      read: zeros(),
      write: zeros(),
      busyMillis: zeros(),
      backpressuredMillis: zeros(),
      idleMillis: zeros(),
      buffered: vertex.inputs.map(zeros),
    };
  });

/** The status that Flink shows. */
export const statusOf = ({ phase }: Pick<JobState, 'phase'>): FlinkJobState => {
  if (phase.kind === 'Waiting') return 'CREATED';
  if (phase.kind === 'Running') return 'RUNNING';
  if (phase.kind === 'Restarting') return 'RESTARTING';
  if (phase.kind === 'Ending') return phase.as === 'FAILED' ? 'FAILING' : 'CANCELLING';
  return phase.as;
};

/** Enters a phase and notes when. */
export const enter = (draft: Draft, phase: Phase, at: EpochMillis): void => {
  draft.phase = phase;
  draft.timestamps = { ...draft.timestamps, [statusOf(draft)]: at };
};

/** Records waiting outside Flink for one source. */
export const pendingOf = (log: PartitionLog): number =>
  log.arrived.reduce((sum, arrived, k) => sum + Math.max(0, arrived - log.read[k]!), 0);

export const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);
