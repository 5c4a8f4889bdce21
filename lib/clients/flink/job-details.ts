import type { FlinkJob } from '../../model/flink-job.ts';
import type { JobGraph, Vertex, VertexCounters, VertexId } from '../../model/job-graph.ts';
import { known, unknown, type Measurement } from '../../model/measurement.ts';
import type { JobDetails } from './answers.ts';

type DetailsVertex = JobDetails['vertices'][number];

export const parseJob = (details: JobDetails): FlinkJob => ({
  id: details.jid,
  name: details.name,
  state: details.state,
  startedAt: details['start-time'],
  tasks: {
    total: details.vertices.reduce((sum, v) => sum + v.parallelism, 0),
    running: details.vertices.reduce((sum, v) => sum + (v.tasks['RUNNING'] ?? 0) + (v.tasks['FINISHED'] ?? 0), 0),
  },
});

/**
 * Marks one run of the job's tasks. A rescale keeps the job's id and start time but builds a new execution graph, and a
 * restart (of one region too) passes through RESTARTING: either moves the time at which the job became RUNNING.
 */
export const parseRun = (details: JobDetails): string => `${details.jid}/${details.timestamps['RUNNING'] ?? 0}`;

/** The graph in topological order. Undefined for a job that never ran: only its plan knows the edges, and that is empty until then. */
export const parseGraph = (details: JobDetails): JobGraph | undefined => {
  if (details.plan.nodes.length === 0) return undefined;
  const inputsOf = new Map(details.plan.nodes.map((node) => [node.id, node.inputs ?? []]));
  const ids = new Set(details.vertices.map((v) => v.id));
  const vertices = details.vertices.map((v): Vertex => ({
    id: v.id,
    name: v.name,
    parallelism: v.parallelism,
    maxParallelism: v.maxParallelism > 0 ? v.maxParallelism : defaultMaxParallelism(v.parallelism),
    // Flink before 1.19 does not tell; one group for all is what a job has unless its author chose otherwise.
    slotSharingGroup: v.slotSharingGroupId ?? 'default',
    inputs: (inputsOf.get(v.id) ?? [])
      .filter((input) => ids.has(input.id))
      .map((input) => ({ from: input.id, ship: input.ship_strategy })),
  }));
  return { vertices: topologicalOrder(vertices) };
};

/** Flink's `KeyGroupRangeAssignment.computeDefaultMaxParallelism`. */
const defaultMaxParallelism = (parallelism: number): number =>
  Math.min(Math.max(2 ** Math.ceil(Math.log2(parallelism * 1.5)), 128), 32_768);

const topologicalOrder = (vertices: readonly Vertex[]): Vertex[] => {
  const ordered: Vertex[] = [];
  const placed = new Set<VertexId>();
  let waiting = vertices;
  while (waiting.length > 0) {
    const ready = waiting.filter((v) => v.inputs.every((input) => placed.has(input.from)));
    // A cycle (Flink's old iterations): what is left goes as it came.
    const next = ready.length > 0 ? ready : waiting;
    ordered.push(...next);
    for (const v of next) placed.add(v.id);
    waiting = waiting.filter((v) => !placed.has(v.id));
  }
  return ordered;
};

/** Counters of a vertex from the job's details alone; a source's input is filled in by `source-metrics.ts`. */
export const parseCounters = ({ parallelism, metrics }: DetailsVertex): VertexCounters => {
  // The accumulated times carry no flag of their own; Flink adds them up from the same subtasks as the records.
  const complete = metrics['read-records-complete'] && metrics['write-records-complete'];
  const millis = (value: number | undefined): Measurement => {
    if (value === undefined) return unknown('NotReported');
    if (!complete) return unknown('Incomplete');
    return Number.isFinite(value) ? known(value) : unknown('NotReported');
  };
  return {
    parallelism,
    readRecords: metrics['read-records-complete'] ? known(metrics['read-records']) : unknown('Incomplete'),
    writeRecords: metrics['write-records-complete'] ? known(metrics['write-records']) : unknown('Incomplete'),
    busyMillis: millis(metrics['accumulated-busy-time']),
    backpressuredMillis: millis(metrics['accumulated-backpressured-time']),
    idleMillis: millis(metrics['accumulated-idle-time']),
    pendingRecords: unknown('NotReported'),
  };
};
