import { decideScaling } from '../../../lib/autoscale/decide-scaling.ts';
import type { ScalingDecision, ScalingInput } from '../../../lib/autoscale/scaling-decision.ts';
import { resolveAutoscaling, type AutoscalingOverrides } from '../../../lib/model/autoscaling-policy.ts';
import type { JobGraph, MetricSample, VertexCounters, VertexId } from '../../../lib/model/job-graph.ts';
import { known, unknown, type Measurement } from '../../../lib/model/measurement.ts';

/** A vertex at a steady pace, in a second of the whole vertex. What is not said is 0; `null` is not reported. */
export type Pace = {
  readonly in?: number | null;
  readonly out?: number | null;
  /** Shares of the subtasks' time. */
  readonly busy?: number | null;
  readonly backpressured?: number | null;
  /** Sources: records waiting at second 0, and how many more each second. `null` (the default elsewhere) is not reported. */
  readonly lag?: number | null;
  readonly lagGrowth?: number;
};

export type Paces = Readonly<Record<VertexId, Pace>>;

const measured = (perSecond: number | null | undefined, seconds: number): Measurement =>
  perSecond === null ? unknown('NotReported') : known((perSecond ?? 0) * seconds);

const countersAt = (parallelism: number, pace: Pace, seconds: number, isSource: boolean): VertexCounters => {
  const busy = pace.busy ?? 0;
  const backpressured = pace.backpressured ?? 0;
  const subtaskMillis = parallelism * 1000;
  const lag = pace.lag === undefined && isSource ? 0 : (pace.lag ?? null);
  return {
    parallelism,
    readRecords: measured(pace.in, seconds),
    writeRecords: measured(pace.out === undefined ? pace.in : pace.out, seconds),
    busyMillis: measured(pace.busy === null ? null : busy * subtaskMillis, seconds),
    backpressuredMillis: measured(pace.backpressured === null ? null : backpressured * subtaskMillis, seconds),
    idleMillis: measured(Math.max(0, 1 - busy - backpressured) * subtaskMillis, seconds),
    pendingRecords: lag === null ? unknown('NotReported') : known(lag + (pace.lagGrowth ?? 0) * seconds),
  };
};

/** Samples of a job that keeps its pace, at the given seconds after the start of the run. */
export const samplesOf = (
  graph: JobGraph,
  paces: Paces,
  atSeconds: readonly number[],
  { run = 'run-1', startedAt = 0 }: { readonly run?: string; readonly startedAt?: number } = {},
): readonly MetricSample[] =>
  atSeconds.map((seconds) => ({
    at: (startedAt + seconds) * 1000,
    run,
    vertices: Object.fromEntries(
      graph.vertices.map((v) => [v.id, countersAt(v.parallelism, paces[v.id] ?? {}, seconds, v.inputs.length === 0)]),
    ),
  }));

type Case = Partial<Omit<ScalingInput, 'graph' | 'policy'>> & {
  readonly graph: JobGraph;
  readonly paces?: Paces;
  readonly policy?: AutoscalingOverrides;
};

/** Without its delays, so that one look decides. */
export const AT_ONCE: AutoscalingOverrides = { scaleDownDelaySeconds: 0 };

/** One look, 200 s into a run that was sampled once a minute. */
export const look = ({ graph, paces = {}, policy = AT_ONCE, ...rest }: Case): ScalingDecision =>
  decideScaling({
    graph,
    samples: samplesOf(graph, paces, [20, 80, 140, 200]),
    policy: resolveAutoscaling(policy),
    bounds: {},
    history: {},
    paused: 'none',
    runningSince: 0,
    now: 200_000,
    urgent: false,
    ...rest,
  });

/** The sizes after a decision: the present ones for a hold. */
export const sizesAfter = (graph: JobGraph, decision: ScalingDecision): Readonly<Record<VertexId, number>> =>
  decision.kind === 'rescale'
    ? decision.parallelism
    : Object.fromEntries(graph.vertices.map((v) => [v.id, v.parallelism]));
