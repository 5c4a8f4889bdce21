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

  const wanted = sizes(vertices, (v) => Math.max(v.vertex.parallelism, v.wanted));
  const parallelism = sizes(vertices, ({ vertex }) => {
    const step = Math.max(
      Math.floor(vertex.parallelism * policy.maxScaleUpFactor),
      nextUseful(vertex, vertex.parallelism),
    );
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
  const useless = whyUseless(situation, worst);
  if (useless !== undefined) return hold('Ineffective', useless);
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
    ...(worst.rates.saturated && { relieves: { vertex: worst.vertex.id, trueRate } }),
  };
};

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
/** … and is not tried again for this long. */
const INEFFECTIVE_SECONDS = 1800;

/**
 * What to say when our last rescale was to relieve this very vertex and did not: something outside limits it, or one
 * key has most of the records (`scaling.effectiveness.detection.enabled`; off by default there, and for both ends of the
 * comparison we ask that the vertex be saturated, so that what is compared was really processed).
 */
const whyUseless = (
  { history, now }: Situation,
  { vertex, rates, capacityAt }: VertexAssessment,
): string | undefined => {
  const last = history.lastRescale;
  if (last?.relieves?.vertex !== vertex.id || last.after[vertex.id] !== vertex.parallelism) return undefined;
  if (!rates.saturated || now - last.at > INEFFECTIVE_SECONDS * 1000) return undefined;
  const [before, rateBefore, rateNow] = [
    last.before[vertex.id]!,
    last.relieves.trueRate,
    capacityAt(vertex.parallelism)!,
  ];
  const promised = rateBefore * (vertex.parallelism / before - 1);
  if (rateNow - rateBefore >= EFFECTIVE_SHARE * promised) return undefined;
  return `${nameOf(vertex)} did ${brief(rateBefore)} records/s with ${before} subtasks and does ${brief(rateNow)} with ${vertex.parallelism}: more do not help it`;
};
