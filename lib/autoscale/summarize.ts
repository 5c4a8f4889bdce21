import type { EpochMillis } from '../model/instant.ts';
import type { JobGraph, MetricSample, Vertex } from '../model/job-graph.ts';
import type { Measurement } from '../model/measurement.ts';
import { brief } from './evidence.ts';
import { measureJob, type VertexRates } from './vertex-rates.ts';
import { newestRun, shortestSpan } from './window.ts';

/** A vertex as status shows it; what is unknown is left out. */
export type VertexSummary = {
  readonly id: string;
  readonly name: string;
  readonly parallelism: number;
  readonly maxParallelism: number;
  readonly busy?: number;
  readonly inRecordsPerSecond?: number;
  readonly outRecordsPerSecond?: number;
  readonly lagRecords?: number;
};

/** A job in a few numbers, for people: never the ground of a decision. */
export type JobSummary = {
  /** Of the busiest vertex. */
  readonly utilizationPercent?: number;
  /** The longest lag of any source, in seconds of its input. */
  readonly lagSeconds?: number;
  /** Over all sources. */
  readonly lagRecords?: number;
  readonly vertices: readonly VertexSummary[];
};

/** The span that people mean by "now". */
const RECENT_SECONDS = 180;

/** Sums up the newest run of a job. */
export const summarize = (graph: JobGraph, samples: readonly MetricSample[], now: EpochMillis): JobSummary => {
  const recent = samples.filter((sample) => sample.at <= now && sample.at >= now - RECENT_SECONDS * 1000);
  const rates = measureJob(graph, newestRun(graph, recent), shortestSpan(RECENT_SECONDS));
  const vertices = graph.vertices.map((vertex) => summarizeVertex(vertex, rates.vertices.get(vertex.id)!));

  const busy = vertices.flatMap((v) => (v.busy === undefined ? [] : [v.busy]));
  const sources = [...rates.vertices.values()].flatMap(({ source }) => (source ? [source] : []));
  const lags = complete(sources.map(({ lag }) => valueOf(lag)));
  const seconds = complete(sources.map(({ lag, arrivalRate }) => lagSecondsOf(valueOf(lag), valueOf(arrivalRate))));
  return {
    ...(busy.length > 0 && { utilizationPercent: Math.round(Math.max(...busy) * 100) }),
    ...(seconds && { lagSeconds: Math.round(Math.max(...seconds)) }),
    ...(lags && { lagRecords: Math.round(lags.reduce((sum, lag) => sum + lag, 0)) }),
    vertices,
  };
};

const valueOf = (m: Measurement): number | undefined => (m.kind === 'known' ? m.value : undefined);

/** All of them when all are known, and there is at least one. */
const complete = (values: readonly (number | undefined)[]): readonly number[] | undefined => {
  const present = values.filter((value) => value !== undefined);
  return present.length > 0 && present.length === values.length ? present : undefined;
};

/** No lag is no lag, whatever the rate; a lag behind a source that gets nothing has no length in time. */
const lagSecondsOf = (lag: number | undefined, arrivalRate: number | undefined): number | undefined => {
  if (lag === 0) return 0;
  return lag === undefined || arrivalRate === undefined || arrivalRate === 0 ? undefined : lag / arrivalRate;
};

const summarizeVertex = (vertex: Vertex, { busy, inRate, outRate, source }: VertexRates): VertexSummary => {
  const { id, name, parallelism, maxParallelism } = vertex;
  return {
    id,
    name,
    parallelism,
    maxParallelism,
    ...(busy.kind === 'known' && { busy: brief(busy.value) }),
    ...(inRate.kind === 'known' && { inRecordsPerSecond: brief(inRate.value) }),
    ...(outRate.kind === 'known' && { outRecordsPerSecond: brief(outRate.value) }),
    ...(source?.lag.kind === 'known' && { lagRecords: source.lag.value }),
  };
};
