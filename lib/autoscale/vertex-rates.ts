import type { JobGraph, MetricSample, Vertex, VertexCounters, VertexId } from '../model/job-graph.ts';
import { known, unknown, type Measurement, type UnknownReason } from '../model/measurement.ts';
import { effectiveParallelism } from './key-groups.ts';
import { medianSlope, newestLevel, secondsBetween, type Point } from './slope.ts';

/** Where a missing value adds nothing. Not for decisions that an unknown must stop. */
export const valueOr0 = (m: Measurement | undefined): number => (m?.kind === 'known' ? m.value : 0);

export const isSource = (vertex: Vertex): boolean => vertex.inputs.length === 0;

type Counter = Exclude<keyof VertexCounters, 'parallelism'>;

/** What a window of samples says of one vertex. Rates are records per second over all subtasks, shares are 0 to 1. */
export type VertexRates = {
  readonly busy: Measurement;
  readonly backpressured: Measurement;
  readonly inRate: Measurement;
  readonly outRate: Measurement;
  /** Records per second that one subtask can process; keyed vertices have `effectiveParallelism` of them. */
  readonly ratePerSubtask: Measurement;
  /** Whether it works as fast as it can. */
  readonly saturated: boolean;
  /** Sources only: records waiting, and the rate at which new ones arrive. */
  readonly source?: { readonly lag: Measurement; readonly arrivalRate: Measurement };
};

/** The rates of all vertices, and the span over which the load was level. */
export type JobRates = { readonly levelSeconds: number; readonly vertices: ReadonlyMap<VertexId, VertexRates> };

const counter = (sample: MetricSample, id: VertexId, name: Counter): Measurement =>
  sample.vertices[id]?.[name] ?? unknown('NotReported');

const valueOf = (sample: MetricSample, id: VertexId, name: Counter): number | undefined => {
  const measured = counter(sample, id, name);
  return measured.kind === 'known' ? measured.value : undefined;
};

/** Known counters in time: the sum of `names` at every sample where all of them are known. */
const pointsOf = (samples: readonly MetricSample[], id: VertexId, ...names: readonly Counter[]): readonly Point[] =>
  samples.flatMap((sample) => {
    const values = names.map((name) => valueOf(sample, id, name));
    return values.every((value) => value !== undefined)
      ? [{ at: sample.at, value: values.reduce((a, b) => a + b, 0) }]
      : [];
  });

/** Why a difference of counters cannot be had: what the newest sample lacks, or too few samples that have it. */
const whyNot = (samples: readonly MetricSample[], id: VertexId, names: readonly Counter[]): UnknownReason => {
  const newest = samples.at(-1);
  const missing = newest && names.map((name) => counter(newest, id, name)).find((m) => m.kind === 'unknown');
  return missing?.kind === 'unknown' ? missing.why : 'TooFewSamples';
};

type Rise<C extends Counter> =
  | { readonly known: true; readonly seconds: number; readonly by: (name: C) => number }
  | { readonly known: false; readonly why: UnknownReason };

/** How far counters rose from the first sample that knows all of them to the newest, which must know them too. */
export const riseOf = <C extends Counter>(samples: readonly MetricSample[], id: VertexId, ...names: C[]): Rise<C> => {
  const isComplete = (sample: MetricSample) => names.every((name) => valueOf(sample, id, name) !== undefined);
  const [first, last] = [samples.find(isComplete), samples.at(-1)];
  if (first === undefined || last === undefined || first === last || !isComplete(last)) {
    return { known: false, why: whyNot(samples, id, names) };
  }
  const by = (name: C): number => valueOf(last, id, name)! - valueOf(first, id, name)!;
  if (names.some((name) => by(name) < 0)) return { known: false, why: 'Restarted' };
  return { known: true, seconds: secondsBetween(first.at, last.at), by };
};

const rateOf = (samples: readonly MetricSample[], id: VertexId, name: Counter): Measurement => {
  const rise = riseOf(samples, id, name);
  return rise.known ? known(rise.by(name) / rise.seconds) : unknown(rise.why);
};

/** A share of all subtasks' time. Flink's three times add up to the time passed, whenever the sample was taken. */
const shareOf = (
  samples: readonly MetricSample[],
  { id, parallelism }: Vertex,
  name: 'busyMillis' | 'backpressuredMillis',
): Measurement => {
  const exact = riseOf(samples, id, 'busyMillis', 'backpressuredMillis', 'idleMillis');
  const total = exact.known ? exact.by('busyMillis') + exact.by('backpressuredMillis') + exact.by('idleMillis') : 0;
  if (exact.known && total > 0) return known(exact.by(name) / total);
  const alone = riseOf(samples, id, name);
  return alone.known ? known(Math.min(1, alone.by(name) / (alone.seconds * 1000 * parallelism))) : unknown(alone.why);
};

/** The records that ever reached a source: read and still waiting. A replay after a restart is in neither's change. */
const arrivals = (samples: readonly MetricSample[], id: VertexId): readonly Point[] => {
  const exact = pointsOf(samples, id, 'readRecords', 'pendingRecords');
  return exact.length >= 2 ? exact : pointsOf(samples, id, 'readRecords');
};

/** The part of the window since the last jump of any source's load. */
const newestLevelOf = (
  graph: JobGraph,
  samples: readonly MetricSample[],
  minSeconds: number,
): readonly MetricSample[] => {
  const starts = graph.vertices
    .filter(isSource)
    .map((source) => newestLevel(arrivals(samples, source.id), minSeconds)[0]?.at ?? -Infinity);
  return samples.filter((sample) => starts.every((start) => sample.at >= start));
};

/** A source is held to have work at hand when so many seconds of input wait (`observed-true-processing-rate.lag-threshold`). */
const WAITING_SECONDS = 30;

/** Below this share of time, waiting work says nothing about what a vertex can do. */
const WAITING_SHARE = 0.5;

/** A vertex that uses this share of its time works as fast as it can. */
const SATURATED = 0.95;

/** Busy time is never taken as shorter than this share, so that a rate per busy second stays finite. */
const SHORTEST_BUSY = 0.001;

/** What the samples of one run say of every vertex. `minSeconds` is the shortest span that a rate may rest on. */
export const measureJob = (graph: JobGraph, window: readonly MetricSample[], minSeconds: number): JobRates => {
  const level = newestLevelOf(graph, window, minSeconds);
  const shares = new Map(
    graph.vertices.map((vertex) => [
      vertex.id,
      { busy: shareOf(level, vertex, 'busyMillis'), backpressured: shareOf(level, vertex, 'backpressuredMillis') },
    ]),
  );
  const used = (id: VertexId): number => valueOr0(shares.get(id)?.busy) + valueOr0(shares.get(id)?.backpressured);

  /** The share of time in which work waits for a source: there is a backlog in every sample, or there is not. */
  const lagWaits = (id: VertexId): number => {
    const inRate = rateOf(level, id, 'readRecords');
    const lags = level.map((sample) => valueOf(sample, id, 'pendingRecords'));
    if (inRate.kind === 'unknown' || inRate.value === 0) return 0;
    return lags.every((lag) => lag !== undefined && lag >= WAITING_SECONDS * inRate.value) ? 1 : 0;
  };

  /** The share of time in which a vertex holds its inputs up. Of several outputs of one input, the busiest is to blame. */
  const inputsWait = (vertex: Vertex): number =>
    Math.max(
      ...vertex.inputs.map(({ from }) => {
        const outputs = graph.vertices.filter((other) => other.inputs.some((input) => input.from === from));
        const blamed = outputs.every((other) => used(other.id) <= used(vertex.id));
        return blamed ? valueOr0(shares.get(from)?.backpressured) : 0;
      }),
    );

  const measure = (vertex: Vertex): VertexRates => {
    const { id, parallelism } = vertex;
    const { busy, backpressured } = shares.get(id)!;
    const inRate = rateOf(level, id, 'readRecords');
    // Time in which it had work and was not held up itself, though it may look idle: a slow fetcher, calls in flight
    // (async I/O), one subtask with most of the keys. Upstream sees this for sources alone (OBSERVED_TPR).
    const working = (isSource(vertex) ? lagWaits(id) : inputsWait(vertex)) - valueOr0(backpressured);
    const worked = riseOf(window, id, 'readRecords', 'busyMillis');
    return {
      busy,
      backpressured,
      inRate,
      outRate: rateOf(level, id, 'writeRecords'),
      ratePerSubtask: leastOf(
        worked.known
          ? perBusySecond(worked.by('readRecords'), worked.by('busyMillis') / 1000, worked.seconds * parallelism)
          : unknown(worked.why),
        inRate.kind === 'known' && inRate.value > 0 && working >= WAITING_SHARE
          ? known(inRate.value / (working * effectiveParallelism(vertex, parallelism)))
          : unknown('Idle'),
      ),
      saturated: Math.max(valueOr0(busy), working) >= SATURATED,
      ...(isSource(vertex) && {
        source: { lag: newestLag(level, id), arrivalRate: arrivalRate(window, id, minSeconds) },
      }),
    };
  };

  return {
    levelSeconds: level.length === 0 ? 0 : secondsBetween(level[0]!.at, level.at(-1)!.at),
    vertices: new Map(graph.vertices.map((vertex) => [vertex.id, measure(vertex)])),
  };
};

/** True processing rate of one subtask: records per busy second (DS2, Kalavri et al., OSDI 2018). */
const perBusySecond = (records: number, busySeconds: number, subtaskSeconds: number): Measurement =>
  records === 0 ? unknown('Idle') : known(records / Math.max(busySeconds, SHORTEST_BUSY * subtaskSeconds));

/** The smaller of two rates, or the one that is known; the first tells why when neither is. */
const leastOf = (a: Measurement, b: Measurement): Measurement => {
  if (a.kind === 'unknown') return b.kind === 'known' ? b : a;
  return b.kind === 'known' && b.value < a.value ? b : a;
};

const newestLag = (samples: readonly MetricSample[], id: VertexId): Measurement => {
  const newest = samples.at(-1);
  return newest === undefined ? unknown('TooFewSamples') : counter(newest, id, 'pendingRecords');
};

/** Input of a source: what it read plus what its lag grew by (λ = Δconsumed + Δlag). Unknown without a known lag. */
const arrivalRate = (samples: readonly MetricSample[], id: VertexId, minSeconds: number): Measurement => {
  const points = pointsOf(samples, id, 'readRecords', 'pendingRecords');
  const slope = medianSlope(newestLevel(points, minSeconds));
  return slope === undefined
    ? unknown(whyNot(samples, id, ['readRecords', 'pendingRecords']))
    : known(Math.max(0, slope));
};
