import type { VertexAssessment } from './assessment.ts';
import { withinBounds } from './bounds.ts';
import { describeChange, describeVertex, nameOf, seconds } from './describe.ts';
import { brief } from './evidence.ts';
import { nextUseful } from './key-groups.ts';
import type { HoldReason, Parallelism } from './scaling-decision.ts';
import { presentSize, sizes, withoutWishes, type Choice, type Situation } from './situation.ts';
import { shortestSpan } from './window.ts';

/** Answers when a vertex is too small for its load, or for its backlog. */
export const growing = (situation: Situation): Choice | undefined => {
  const { policy, history, graph, bounds, assessment, urgent } = situation;
  const { vertices, tightestFirst } = assessment;
  const tight = tightestFirst.filter((v) => v.utilization! > policy.maxUtilization);
  const pressed = tightestFirst.filter((v) => tight.includes(v) || drainsTooSlowly(v, policy.catchUpSeconds));
  const [worst] = pressed;
  if (worst === undefined) return undefined;

  const vain = lastGrowthInVain(situation, worst);
  const wanted = sizes(vertices, (v) => {
    // Where growth did not help the last time, only the vertex itself is tried again.
    const grows = vain === undefined || v === worst;
    return grows ? Math.max(v.vertex.parallelism, v.wanted) : v.vertex.parallelism;
  });
  const parallelism = sizes(vertices, ({ vertex }) => {
    const next = nextUseful(vertex, vertex.parallelism);
    const step = Math.max(Math.floor(vertex.parallelism * policy.maxScaleUpFactor), next);
    return Math.max(vertex.parallelism, Math.min(wanted[vertex.id]!, withinBounds(vertex, step, bounds)));
  });
  const hold = (reason: HoldReason, message: string, size = presentSize(graph.vertices)): Choice => ({
    kind: 'hold',
    reason,
    message,
    wanted: size,
    history: withoutWishes(history),
  });

  if (pressed.every(({ vertex }) => parallelism[vertex.id] === vertex.parallelism)) {
    return hold('AtBounds', `${describeVertex(worst)}, and may not grow further`);
  }
  if (vain !== undefined && situation.now < vain.until) return hold('Ineffective', vain.message);
  if (assessment.saturatedBlind && mayBeCatchingUp(situation)) {
    const message = `${describeVertex(worst)}, but may be working off what waited before it grew: its source tells no lag`;
    return hold('CatchingUp', message);
  }
  if (tight.length === 0) {
    const waiting = secondsToLagLimit(vertices, (v) => v.excessNow, presentSize(graph.vertices));
    const moving = assessment.restartSeconds + secondsToLagLimit(vertices, (v) => v.excessAfterRestart, parallelism);
    if (waiting <= moving) {
      const limit = `a lag of ${policy.lagLimitSeconds} s of input`;
      return hold(
        'CatchingUp',
        `back within ${limit} in about ${seconds(waiting)}; a rescale would take ${seconds(moving)}`,
      );
    }
  }
  if (!urgent && !isConfirmed(situation)) {
    return {
      kind: 'hold',
      reason: 'Confirming',
      message: `${describeVertex(worst)}; the load has just jumped and is looked at once more`,
      wanted,
      history: { ...withoutWishes(history), growthSince: history.growthSince ?? situation.now },
      recheckAfterSeconds: Math.ceil(shortestSpan(policy.windowSeconds)),
    };
  }
  const reason =
    tight.length === 0 ? 'BacklogTooSlow' : assessment.saturatedBlind ? 'SaturatedWithoutLag' : 'LoadAboveTarget';
  const trueRate = worst.capacityAt(worst.vertex.parallelism)!;
  return {
    kind: 'rescale',
    reason,
    parallelism,
    wanted,
    message: `${describeVertex(worst)}: ${describeChange(graph.vertices, parallelism)}`,
    history: withoutWishes(history),
    ...(worst.rates.saturated && { relieves: { vertex: worst.vertex.id, trueRate, inVain: vain?.times ?? 0 } }),
  };
};

/** Behind a source without a lag, a backlog looks like load: after a growth of ours it gets the time to be worked off. */
const mayBeCatchingUp = ({ history: { lastRescale }, runningSince, policy, now }: Situation): boolean =>
  lastRescale?.tookSeconds !== undefined && now < runningSince + policy.catchUpSeconds * 1000;

/** Whether the backlog beyond the lag limit would outlast the catch-up time at the present size. */
const drainsTooSlowly = (v: VertexAssessment, catchUpSeconds: number): boolean =>
  catchUpSeconds > 0 &&
  v.excessNow > 0 &&
  v.target + v.excessNow / catchUpSeconds > v.capacityAt(v.vertex.parallelism)!;

/** Time until a backlog is within the lag limit at a given size: the slowest vertex tells. */
const secondsToLagLimit = (
  vertices: readonly VertexAssessment[],
  excess: (v: VertexAssessment) => number,
  parallelism: Parallelism,
): number =>
  Math.max(
    0,
    ...vertices.map((v) => {
      const spare = (v.capacityAt(parallelism[v.vertex.id]!) ?? Infinity) - v.target;
      if (excess(v) === 0) return 0;
      return spare <= 0 ? Infinity : excess(v) / spare;
    }),
  );

/** A wish that rests on a load that has just jumped must have been there at the last look too. */
const isConfirmed = ({ assessment: { evidence, saturatedBlind }, history, policy, now }: Situation): boolean => {
  const jumped = evidence.levelSeconds < evidence.windowSeconds && !saturatedBlind;
  return (
    !jumped ||
    (history.growthSince !== undefined && now - history.growthSince >= shortestSpan(policy.windowSeconds) * 1000)
  );
};

/** A growth that brought less than this share of what it promised did not help … */
const EFFECTIVE_SHARE = 0.1;
/** … and is not tried again for this long, twice as long the next time, and so on. */
const FIRST_PAUSE_SECONDS = 1800;
const MOST_DOUBLINGS = 5;

type InVain = { readonly message: string; readonly times: number; readonly until: number };

/**
 * Whether our last rescale was to relieve this very vertex and did not: something outside limits it, or one key has most
 * of the records. Upstream has the same idea (`scaling.effectiveness.detection.enabled`, off by default); we ask that the
 * vertex be saturated both times, so that what is compared was really processed.
 */
const lastGrowthInVain = (
  { history: { lastRescale: last } }: Situation,
  { vertex, rates, capacityAt }: VertexAssessment,
): InVain | undefined => {
  const relief = last?.relieves;
  if (relief?.vertex !== vertex.id || last?.after[vertex.id] !== vertex.parallelism || !rates.saturated)
    return undefined;
  const [before, trueRate] = [last.before[vertex.id]!, capacityAt(vertex.parallelism)!];
  const promised = relief.trueRate * (vertex.parallelism / before - 1);
  if (trueRate - relief.trueRate >= EFFECTIVE_SHARE * promised) return undefined;
  const pause = FIRST_PAUSE_SECONDS * 2 ** Math.min(relief.inVain, MOST_DOUBLINGS);
  return {
    message: `${nameOf(vertex)} did ${brief(relief.trueRate)} records/s with ${before} subtasks and does ${brief(trueRate)} with ${vertex.parallelism}: more do not help it`,
    times: relief.inVain + 1,
    until: last.at + pause * 1000,
  };
};
