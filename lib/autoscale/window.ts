import type { JobGraph, MetricSample } from '../model/job-graph.ts';
import { secondsBetween } from './slope.ts';
import type { ScalingInput } from './scaling-decision.ts';

/** The first seconds of a run are not measured: caches are cold, and a lag that nobody fetched yet reads as none. */
const WARM_UP_SECONDS = 10;

/** A rate needs at least this span. */
const SHORTEST_SPAN_SECONDS = 15;

/** The shortest span that a rate may rest on; shorter for policies with a very short window. */
export const shortestSpan = (windowSeconds: number): number => Math.min(SHORTEST_SPAN_SECONDS, windowSeconds / 3);

/** In order of time, one sample for each time. */
export const inOrder = (samples: readonly MetricSample[]): readonly MetricSample[] =>
  [...new Map(samples.map((sample) => [sample.at, sample])).values()].sort((a, b) => a.at - b.at);

/** Whether the sample was taken of the graph as it stands: same vertices known, at the same parallelism. */
const isOf = (graph: JobGraph, sample: MetricSample): boolean =>
  graph.vertices.every((v) => (sample.vertices[v.id]?.parallelism ?? v.parallelism) === v.parallelism);

const COUNTERS = ['readRecords', 'writeRecords', 'busyMillis'] as const;

/** Counters only rise within a run. */
const wentBack = (before: MetricSample, after: MetricSample): boolean =>
  Object.entries(after.vertices).some(([id, counters]) =>
    COUNTERS.some((name) => {
      const [a, b] = [before.vertices[id]?.[name], counters[name]];
      return a?.kind === 'known' && b.kind === 'known' && b.value < a.value;
    }),
  );

/**
 * The samples of the newest run, which alone may be compared with each other. Right after a start Flink may still answer with the former
 * run's counters (seen on 1.18): whatever was read before a counter went back is left out.
 */
export const newestRun = (graph: JobGraph, samples: readonly MetricSample[]): readonly MetricSample[] => {
  const ordered = inOrder(samples);
  const run = ordered.at(-1)?.run;
  const ofRun = ordered.filter((sample) => sample.run === run && isOf(graph, sample));
  const begins = ofRun.findLastIndex((sample, i) => i > 0 && wentBack(ofRun[i - 1]!, sample));
  return ofRun.slice(Math.max(0, begins));
};

/** The samples that a decision may rest on: of the current run, warm, and not older than the policy's window. */
export const decisionWindow = (
  input: Pick<ScalingInput, 'graph' | 'samples' | 'policy' | 'now'>,
  runningSince: number,
): readonly MetricSample[] => {
  const { stabilizationSeconds, windowSeconds } = input.policy;
  const warm = runningSince + Math.min(WARM_UP_SECONDS, stabilizationSeconds / 4) * 1000;
  const oldest = Math.max(warm, input.now - windowSeconds * 1000);
  const past = input.samples.filter((sample) => sample.at <= input.now);
  return newestRun(input.graph, past).filter((sample) => sample.at >= oldest);
};

/** From the first to the last sample. */
export const spanSeconds = (samples: readonly MetricSample[]): number =>
  samples.length === 0 ? 0 : secondsBetween(samples[0]!.at, samples.at(-1)!.at);

/**
 * How often the job started anew within the samples, without our rescale as the reason: the first new run after our
 * last rescale is its own.
 */
export const strangeRestarts = (samples: readonly MetricSample[], lastRescaleAt: number | undefined): number => {
  const ordered = inOrder(samples);
  const starts = ordered.filter((sample, i) => i > 0 && sample.run !== ordered[i - 1]!.run);
  if (lastRescaleAt === undefined) return starts.length;
  const since = starts.filter((sample) => sample.at > lastRescaleAt).length;
  return Math.max(0, since - 1);
};
