import type { VertexCounters, VertexId } from '../../model/job-graph.ts';
import { known, unknown, type Measurement } from '../../model/measurement.ts';
import { Metrics, SummedMetrics } from './answers.ts';
import type { JobMemory } from './job-memory.ts';
import { readFlink, type SendToFlink } from './rest.ts';

/** Metric names of one source vertex, and when they were listed. */
export type SourceNames = JobMemory['sources'][VertexId];

/** Some connectors register `pendingRecords` with their first fetch only: where it is missing, names are listed again after this. */
const LIST_AGAIN_MILLIS = 600_000;

/** Upstream's `FlinkMetric.PENDING_RECORDS` and `SOURCE_TASK_NUM_RECORDS_OUT`: the same names on every connector. */
const isPendingRecords = (name: string): boolean => name.endsWith('.pendingRecords');
const isEmittedRecords = (name: string): boolean => name.startsWith('Source__') && name.endsWith('.numRecordsOut');

const path = (jobId: string, vertexId: VertexId): string => `/jobs/${jobId}/vertices/${vertexId}/subtasks/metrics`;

/** Whether remembered names still do. */
export const namesStillDo = (names: SourceNames | undefined, at: number): names is SourceNames =>
  names !== undefined && (names.names.some(isPendingRecords) || at - names.listedAt < LIST_AGAIN_MILLIS);

/**
 * The names that a source has to offer. They must be asked for first, since one unknown name blanks an aggregated answer.
 * Undefined as long as the JobManager has fetched no metrics of this vertex.
 */
export const listSourceMetrics = async (
  send: SendToFlink,
  jobId: string,
  vertexId: VertexId,
  at: number,
): Promise<SourceNames | undefined> => {
  const metrics = await readFlink(send, { method: 'GET', path: path(jobId, vertexId) }, Metrics);
  if (metrics.length === 0) return undefined;
  const names = metrics.map((m) => m.id).filter((name) => isPendingRecords(name) || isEmittedRecords(name));
  return { names, listedAt: at };
};

/** Values summed over subtasks, by name. Empty when one name is not known any more. */
export const readSourceMetrics = async (
  send: SendToFlink,
  jobId: string,
  vertexId: VertexId,
  { names }: SourceNames,
): Promise<ReadonlyMap<string, number>> => {
  if (names.length === 0) return new Map();
  const query = { get: names.join(','), agg: 'sum' };
  const metrics = await readFlink(send, { method: 'GET', path: path(jobId, vertexId), query }, SummedMetrics);
  return new Map(metrics.filter((m) => Number.isFinite(m.sum)).map((m) => [m.id, m.sum]));
};

/**
 * A source's counters. Flink counts no input of a source, so its input is what its source operator emitted, before any
 * operator chained to it filtered or multiplied (the unit of `pendingRecords`); a source without that metric (not named
 * `Source: …`) counts by what left the vertex. Which of the two depends on the names alone, so that samples stay comparable.
 */
export const withSourceMetrics = (
  counters: VertexCounters,
  names: SourceNames | undefined,
  values: ReadonlyMap<string, number>,
): VertexCounters => {
  // Right after a start the aggregated metrics are still those of the run before; only the counters tell.
  if (counters.writeRecords.kind === 'unknown') {
    return { ...counters, readRecords: unknown('Incomplete'), pendingRecords: unknown('Incomplete') };
  }
  if (names === undefined) return { ...counters, readRecords: unknown('NotReported') };
  return {
    ...counters,
    readRecords: names.names.some(isEmittedRecords)
      ? sumOf(names.names.filter(isEmittedRecords), values)
      : counters.writeRecords,
    pendingRecords: sumOf(names.names.filter(isPendingRecords), values),
  };
};

const sumOf = (names: readonly string[], values: ReadonlyMap<string, number>): Measurement => {
  if (names.length === 0) return unknown('NotReported');
  const found = names.map((name) => values.get(name)).filter((value) => value !== undefined);
  return found.length === names.length ? known(found.reduce((a, b) => a + b, 0)) : unknown('NotReported');
};
