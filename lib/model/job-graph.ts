import type { EpochMillis } from './instant.ts';
import type { Measurement } from './measurement.ts';

/** Flink's hexadecimal JobVertexID. */
export type VertexId = string;

/** How records reach a vertex (`ship_strategy` of the plan). HASH means keyed: key groups bound its parallelism. */
export type ShipStrategy = 'HASH' | 'FORWARD' | 'REBALANCE' | 'RESCALE' | 'BROADCAST' | 'GLOBAL' | 'OTHER';

export type Vertex = {
  readonly id: VertexId;
  readonly name: string;
  readonly parallelism: number;
  /** Number of key groups; the parallelism can never exceed it. */
  readonly maxParallelism: number;
  readonly slotSharingGroup: string;
  readonly inputs: readonly { readonly from: VertexId; readonly ship: ShipStrategy }[];
};

/** A job's vertices in topological order: every input stands before the vertex that reads it. */
export type JobGraph = { readonly vertices: readonly Vertex[] };

/** Exact counters of one vertex, summed over its subtasks. They restart at zero with every start of the job. */
export type VertexCounters = {
  readonly parallelism: number;
  /** For a source: records it emitted, since Flink counts no input there. */
  readonly readRecords: Measurement;
  readonly writeRecords: Measurement;
  /** Milliseconds, summed over subtasks (`accumulated-busy-time` and its siblings). */
  readonly busyMillis: Measurement;
  readonly backpressuredMillis: Measurement;
  readonly idleMillis: Measurement;
  /** Sources only: records waiting outside Flink (`pendingRecords`), summed. */
  readonly pendingRecords: Measurement;
};

/** One look at a job's counters. */
export type MetricSample = {
  readonly at: EpochMillis;
  /** Marks one run of the job's tasks: samples of different runs are never compared. */
  readonly run: string;
  readonly vertices: Readonly<Record<VertexId, VertexCounters>>;
};
