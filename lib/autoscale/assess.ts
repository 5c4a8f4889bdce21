import type { MetricSample } from '../model/job-graph.ts';
import type { Assessment, VertexAssessment } from './assessment.ts';
import { withinBounds } from './bounds.ts';
import { brief, evidenceOf } from './evidence.ts';
import { effectiveParallelism, fewestFor } from './key-groups.ts';
import { loadOf } from './load.ts';
import type { ScalingInput } from './scaling-decision.ts';
import { measureJob } from './vertex-rates.ts';
import { shortestSpan, spanSeconds } from './window.ts';

/** Sets a job's measured rates against its load. `decide-scaling.ts` tells the formulas. */
export const assess = (input: ScalingInput, window: readonly MetricSample[]): Assessment => {
  const { graph, policy, bounds, history } = input;
  const rates = measureJob(graph, window, shortestSpan(policy.windowSeconds));
  const load = loadOf(graph, window, rates, policy);
  const restartSeconds = Math.max(policy.restartSeconds, history.lastRescale?.tookSeconds ?? 0);
  const rewindSeconds = input.checkpointRewindSeconds ?? 0;
  const excessNow = load.excessAfter(0);
  const excessAfterRestart = load.excessAfter(restartSeconds + rewindSeconds);

  const measured = graph.vertices.map((vertex): VertexAssessment => {
    const own = rates.vertices.get(vertex.id)!;
    const { rate: target, exact } = load.targets.get(vertex.id)!;
    const perSubtask = own.ratePerSubtask.kind === 'known' ? own.ratePerSubtask.value : undefined;
    const capacityAt = (parallelism: number): number | undefined =>
      perSubtask === undefined ? undefined : perSubtask * effectiveParallelism(vertex, parallelism);
    const capacity = capacityAt(vertex.parallelism);
    const [before, after] = [excessNow.get(vertex.id)!.rate, excessAfterRestart.get(vertex.id)!.rate];
    return {
      vertex,
      rates: own,
      target,
      exact,
      excessNow: before,
      excessAfterRestart: after,
      capacityAt,
      utilization: capacity === undefined ? undefined : target / capacity,
      idle: perSubtask === undefined && exact && target === 0 && own.busy.kind === 'known',
      wanted:
        perSubtask === undefined
          ? vertex.parallelism
          : withinBounds(
              vertex,
              fewestFor(vertex, capacityFor(target, before, after, policy) / perSubtask, headroom(policy)),
              bounds,
            ),
    };
  });

  // In a slot that others use an idle vertex costs nothing: it follows the largest of its slot sharing group.
  const vertices = measured.map((v): VertexAssessment => {
    if (!v.idle) return v;
    const others = measured.filter((o) => !o.idle && o.vertex.slotSharingGroup === v.vertex.slotSharingGroup);
    const wanted = Math.min(v.vertex.parallelism, Math.max(1, ...others.map((o) => o.wanted)));
    return { ...v, wanted: withinBounds(v.vertex, wanted, bounds) };
  });

  const tightestFirst = vertices
    .filter((v) => v.utilization !== undefined)
    .sort((a, b) => b.utilization! - a.utilization! || byId(a, b));
  const inIdOrder = [...vertices].sort(byId);
  return {
    vertices,
    tightestFirst,
    saturatedBlind: load.saturatedBlind.size > 0,
    gap: firstGap(inIdOrder, whatIsNotMeasured) ?? firstGap(inIdOrder, whatDoesNotFollow),
    restartSeconds,
    rewindSeconds,
    evidence: {
      windowSeconds: brief(spanSeconds(window)),
      levelSeconds: brief(rates.levelSeconds),
      restartSeconds: brief(restartSeconds),
      rewindSeconds: brief(rewindSeconds),
      ...(tightestFirst[0] && { bottleneck: tightestFirst[0].vertex.id }),
      vertices: Object.fromEntries(vertices.map((v) => [v.vertex.id, evidenceOf(v)])),
    },
  };
};

type Policy = ScalingInput['policy'];

const byId = (a: VertexAssessment, b: VertexAssessment): number => (a.vertex.id < b.vertex.id ? -1 : 1);

/**
 * Capacity for the load at the target utilization, and for load and backlog in time at the highest one. A restart's own
 * backlog counts for no more than the load itself: an hour without a checkpoint must not ask for ten times the size.
 */
const capacityFor = (target: number, excessNow: number, excessAfterRestart: number, policy: Policy): number => {
  const excess = Math.min(excessAfterRestart, excessNow + target * policy.catchUpSeconds);
  const catchUp = policy.catchUpSeconds > 0 ? excess / policy.catchUpSeconds : 0;
  return Math.max(target / policy.targetUtilization, (target + catchUp) / policy.maxUtilization);
};

/** The share that a size may lack for the sake of whole key groups: a third of the way from target to highest utilization. */
const headroom = ({ targetUtilization, maxUtilization }: Policy): number =>
  1 - targetUtilization / (targetUtilization + (maxUtilization - targetUtilization) / 3);

const firstGap = (
  vertices: readonly VertexAssessment[],
  missing: (v: VertexAssessment) => string | undefined,
): Assessment['gap'] => {
  const first = vertices.find((v) => missing(v) !== undefined);
  return first && { vertex: first.vertex, what: missing(first)! };
};

/** What Flink does not tell of a vertex, in plain words. */
const whatIsNotMeasured = ({ rates: { source, inRate, busy } }: VertexAssessment): string | undefined => {
  if (source?.lag.kind === 'unknown') return `its lag (${source.lag.why})`;
  if (source?.arrivalRate.kind === 'unknown') return `its input (${source.arrivalRate.why})`;
  if (inRate.kind === 'unknown') return `what it reads (${inRate.why})`;
  return busy.kind === 'unknown' ? `its busy time (${busy.why})` : undefined;
};

/** What cannot be concluded of a vertex though it was measured. */
const whatDoesNotFollow = ({ exact, utilization, idle }: VertexAssessment): string | undefined => {
  if (!exact) return 'its share of the load';
  return utilization === undefined && !idle ? 'its capacity (Idle)' : undefined;
};
