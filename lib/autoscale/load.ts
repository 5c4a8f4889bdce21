import type { AutoscalingPolicy } from '../model/autoscaling-policy.ts';
import type { JobGraph, MetricSample, Vertex, VertexId } from '../model/job-graph.ts';
import { carryDown, outputRatios, type TargetRate } from './target-rates.ts';
import { isSource, valueOr0, type JobRates } from './vertex-rates.ts';

/** What a job's input asks of every vertex. */
export type Load = {
  /** Records per second that each vertex must process for the whole input to pass. */
  readonly targets: ReadonlyMap<VertexId, TargetRate>;
  /** Sources without a known lag that feed, or are, something saturated: their load is a guess. */
  readonly saturatedBlind: ReadonlySet<VertexId>;
  /** Records of backlog beyond the lag limit, as they will reach each vertex once `seconds` more of input wait. */
  readonly excessAfter: (seconds: number) => ReadonlyMap<VertexId, TargetRate>;
};

/**
 * The load behind a saturated source that does not tell its lag may be anything above what it reads. The guess is as high
 * as it can be and, if wrong, still leave the job inside the band after one growth.
 */
const blindFactor = ({ targetUtilization, minUtilization }: AutoscalingPolicy): number =>
  targetUtilization / Math.min(targetUtilization, Math.max(targetUtilization / 2, minUtilization * 1.1));

/** A vertex and everything that its output can reach. */
const downstreamOf = (graph: JobGraph, id: VertexId): readonly VertexId[] => {
  const reached = new Set([id]);
  for (let before = 0; before < reached.size;) {
    before = reached.size;
    for (const v of graph.vertices) if (v.inputs.some((input) => reached.has(input.from))) reached.add(v.id);
  }
  return [...reached];
};

/** A source that is never idle takes in all that it can. */
const NEVER_IDLE = 0.95;

/** The load of a job, from its sources down. */
export const loadOf = (
  graph: JobGraph,
  window: readonly MetricSample[],
  rates: JobRates,
  policy: AutoscalingPolicy,
): Load => {
  const of = (id: VertexId) => rates.vertices.get(id)!;
  const sources = graph.vertices.filter(isSource);
  const isSaturated = ({ id }: Vertex): boolean =>
    valueOr0(of(id).busy) + valueOr0(of(id).backpressured) >= NEVER_IDLE ||
    downstreamOf(graph, id).some((below) => of(below).saturated);
  const blind = sources.filter(({ id }) => of(id).source?.arrivalRate.kind !== 'known');
  const saturatedBlind = new Set(blind.filter(isSaturated).map((source) => source.id));

  const inputOf = ({ id }: Vertex): TargetRate => {
    const { source, inRate } = of(id);
    if (source?.arrivalRate.kind === 'known') {
      return { rate: source.arrivalRate.value, exact: source.lag.kind === 'known' };
    }
    return { rate: valueOr0(inRate) * (saturatedBlind.has(id) ? blindFactor(policy) : 1), exact: false };
  };
  const excessOf = (source: Vertex, seconds: number): TargetRate => {
    const { rate, exact } = inputOf(source);
    const waiting = valueOr0(of(source.id).source?.lag) + rate * seconds;
    return { rate: Math.max(0, waiting - rate * policy.lagLimitSeconds), exact };
  };

  const ratios = outputRatios(graph, window);
  const down = (input: (source: Vertex) => TargetRate, least: (id: VertexId) => number) =>
    carryDown(graph, ratios, new Map(sources.map((source) => [source.id, input(source)])), least);
  return {
    targets: down(inputOf, (id) => valueOr0(of(id).inRate)),
    saturatedBlind,
    excessAfter: (seconds) =>
      down(
        (source) => excessOf(source, seconds),
        () => 0,
      ),
  };
};
