import type { ShipStrategy, VertexId } from '../../../lib/model/job-graph.ts';

/** Where a source reads from: a log outside Flink, of which nothing is lost. */
export type SourceSpec = {
  /** A subtask beyond this number has nothing to read. */
  readonly partitions: number;
  /** Records per second that arrive at all partitions together, at a time in epoch milliseconds. */
  readonly arrival: (atMillis: number) => number;
  /** Whether the connector registers `pendingRecords`. */
  readonly reportsPending: boolean;
};

/** What one vertex does with records. */
export type VertexSpec = {
  readonly id: VertexId;
  readonly name: string;
  /** The upper bound that the job is submitted with. */
  readonly parallelism: number;
  /** Number of key groups. */
  readonly maxParallelism: number;
  /** Vertices of one group share slots. Default: one group for all. */
  readonly slotSharingGroup?: string;
  readonly inputs: readonly { readonly from: VertexId; readonly ship: ShipStrategy }[];
  /** Records per second that one subtask can process. */
  readonly ratePerSubtask: number;
  /** Records out for each record in, to each reader. Default 1. */
  readonly selectivity?: number;
  /** Records per second that something outside allows the whole vertex, however many subtasks it has. */
  readonly ceiling?: number;
  /** How records spread over the key groups of a HASH input, in any unit. Default: evenly. */
  readonly keyGroupWeights?: readonly number[];
  /** Vertices without inputs, and only they, have one. */
  readonly source?: SourceSpec;
};

/** A job as its author wrote it, vertices in topological order. */
export type JobSpec = {
  /** 32 hexadecimal digits. */
  readonly id: string;
  readonly name: string;
  readonly vertices: readonly VertexSpec[];
  /** Service rates differ by up to this share from their mean, anew every ten seconds. */
  readonly noise?: { readonly seed: number; readonly share: number };
};

/** The REST shapes and the scheduler's manners: 1.18 and 1.20 rescale at once, 2.x with the next checkpoint. */
export type FlinkVersion = '1.18' | '1.20' | '2.x';

/** What the cluster is configured with, and what its machinery costs. */
export type FlinkSettings = {
  readonly version: FlinkVersion;
  /** Length of a fluid step. */
  readonly stepMillis: number;
  /** From the stop of all tasks until all run again; grows with the state that is restored. */
  readonly restartMillis: number;
  /** `restart-strategy.*.delay`. */
  readonly failureDelayMillis: number;
  /** 1.x `jobmanager.adaptive-scheduler.scaling-interval.min`, 2.x `…executing.cooldown-after-rescaling`. */
  readonly cooldownMillis: number;
  /** 2.x `…executing.resource-stabilization-timeout`: how long a running job waits for the rest of the slots it wants. */
  readonly executingStabilizationMillis: number;
  /** 1.x `…resource-stabilization-timeout`, 2.x `…submission.resource-stabilization-timeout`: the same before a start. */
  readonly submissionStabilizationMillis: number;
  /** `…resource-wait-timeout`: how long a job waits for its lower bounds before it fails for good. */
  readonly resourceWaitMillis: number;
  /** How long a TaskManager that died without a word stays listed. */
  readonly heartbeatMillis: number;
  /** `slot.idle.timeout`: how long a slot that is given back still counts as used. */
  readonly slotIdleMillis: number;
  /** Undefined: the job takes no checkpoints. */
  readonly checkpoints: CheckpointSettings | undefined;
  readonly savepointDirectory: string | undefined;
  /** Work, in seconds, that fits into a subtask's buffers of each input. */
  readonly bufferSeconds: number;
  /** `metrics.fetcher.update-interval`, and how long a fetch takes. */
  readonly fetcherIntervalMillis: number;
  readonly fetchMillis: number;
  /** `web.refresh-interval`. */
  readonly refreshMillis: number;
  /** What `/jobmanager/config` tells besides the scheduler. */
  readonly configuration: Readonly<Record<string, string>>;
};

export type CheckpointSettings = {
  readonly intervalMillis: number;
  /** The shortest that a checkpoint takes; what waits in buffers comes on top. */
  readonly durationMillis: number;
  /** Undefined: kept in the JobManager's memory, without an address. */
  readonly directory: string | undefined;
  /** `state.checkpoints.num-retained`. */
  readonly retained: number;
  /** `RETAIN_ON_CANCELLATION`: whether the last ones outlive a job that was canceled or failed. */
  readonly keptAfterEnd: boolean;
};

/**
 * Flink's own defaults, except that checkpoints are taken, and kept when the job ends, as Headgate wants them; times of restarts and losses
 * as measured with 1.20.5 and 2.3.0 and little state.
 */
export const defaultSettings = (version: FlinkVersion): FlinkSettings => ({
  version,
  stepMillis: 1_000,
  restartMillis: 400,
  failureDelayMillis: 1_000,
  cooldownMillis: 30_000,
  executingStabilizationMillis: version === '2.x' ? 60_000 : 0,
  submissionStabilizationMillis: 10_000,
  resourceWaitMillis: 300_000,
  heartbeatMillis: 16_000,
  slotIdleMillis: 50_000,
  checkpoints: {
    intervalMillis: 10_000,
    durationMillis: 40,
    directory: 'file:/flink-data/checkpoints',
    retained: 1,
    keptAfterEnd: true,
  },
  savepointDirectory: 'file:/flink-data/savepoints',
  bufferSeconds: 2,
  fetcherIntervalMillis: 10_000,
  fetchMillis: 100,
  refreshMillis: 3_000,
  configuration: {},
});
