/*
 * The autoscaler: how many subtasks each vertex of one Flink job should have.
 *
 * The idea is DS2's (Kalavri et al., "Three steps is all you need", OSDI 2018), as in the Flink Kubernetes Operator's
 * autoscaler (FLIP-271): measure what one subtask can truly process, carry the load down the graph, and size every vertex
 * for it in one decision, because one rescale restarts the whole job anyway. Nothing here reads a clock or the network.
 *
 * 1. Look (window.ts, vertex-rates.ts). Counters of one run of the tasks only, in differences; they are exact where Flink's
 *    *PerSecond gauges are means of the last minute. The newest part in which the load is level counts (slope.ts: median
 *    slope; after a jump the old load is forgotten), so a first step is sized for the new load, not for a mean of both.
 *      busy, backpressured  = shares of all subtasks' time
 *      rate per subtask r   = records / busy seconds;
 *                             when it works without pause, no more than records / (time with work at hand)
 *      a source's input λ   = (Δ records read + Δ lag) / Δ time
 *    λ is taken within a run: what a restart replays or lets pile up is in no difference, so our own restarts are no load.
 * 2. Load (load.ts, target-rates.ts), from the sources down:
 *      target(source) = λ           target(v) = Σ target(u) · records on u→v / records processed by u
 *      excess(source) = records waiting − λ · lagLimitSeconds, carried down in the same way
 *    A saturated source that tells no lag is guessed at what, if wrong, still ends inside the utilization band.
 * 3. Size (assess.ts, key-groups.ts). The decision pays for the restart that it causes, and for no other:
 *      excess' = excess with λ · (restart + replay) more waiting
 *      need    = max(target / targetUtilization, (target + excess' / catchUpSeconds) / maxUtilization) / r
 *      size    = the fewest subtasks worth `need`; of N key groups the fullest of p subtasks holds ceil(N/p),
 *                so p are worth N / ceil(N/p)
 * 4. Rules, the first that answers (readiness.ts, growing.ts, shrinking.ts):
 *      settling      our rescale has not landed, or the job has just started
 *      intoBounds    a person changed the bounds
 *      tooLittleSeen
 *      growing       some target > maxUtilization · capacity, or some excess would outlast catchUpSeconds.
 *                    Not while waiting ends a backlog sooner than a restart would; not when the last growth for the same
 *                    vertex was in vain; a jump is looked at twice.
 *      unknownParts  from here on everything must be known: unknown may grow a job, never shrink it
 *      shrinking     the slots would be too many even at minUtilization, and a step frees some. Not with a backlog, not
 *                    in a job that restarts by itself, not before a smaller size was enough for the whole delay
 *                    (then the highest size wished in it), not long after a checkpoint.
 *      otherwise     Stable
 * 5. A pause turns a rescale into a hold that tells what it would have been.
 *
 * Differences from upstream that matter, with its defaults in brackets: no decision waits for a full window [20 minutes
 * after a start]; no permanent reserve for restarts [11.7 %]; a lag that is not reported is not zero; key groups by
 * ceil(N/p) [divisors of N]; a shrink that frees no slot is none; the restart time is learnt. What is left for later:
 * choosing by cost over a rolled-out future, forecasts, capacity that does not grow with parallelism, partitions of sources.
 */

import { assess } from './assess.ts';
import { describeTightest } from './describe.ts';
import { growing } from './growing.ts';
import { intoBounds, settling, tooLittleSeen } from './readiness.ts';
import type { ScalingDecision, ScalingEvidence, ScalingInput } from './scaling-decision.ts';
import { learnRestart, recordRescale } from './scaling-history.ts';
import { shrinking, unknownParts } from './shrinking.ts';
import { presentSize, withoutWishes, type Choice, type Situation } from './situation.ts';
import { decisionWindow } from './window.ts';

const NO_EVIDENCE: ScalingEvidence = {
  windowSeconds: 0,
  levelSeconds: 0,
  restartSeconds: 0,
  rewindSeconds: 0,
  vertices: {},
};

/** Decides the size of a job. Pure: the same input always has the same answer. */
export const decideScaling = (given: ScalingInput): ScalingDecision => {
  const { graph, runningSince, now } = given;
  if (runningSince === undefined) {
    const message = 'not all tasks of the job are running';
    return { kind: 'hold', reason: 'NotRunning', message, evidence: NO_EVIDENCE, history: given.history };
  }
  const history = learnRestart(given.history, runningSince);
  const input = { ...given, runningSince, history, policy: inOrder(given.policy) };
  const window = decisionWindow(input, runningSince);
  const assessment = assess(input, window);
  const { evidence } = assessment;
  const choice = choose({ ...input, window, assessment });
  if (isPaused(input, choice)) {
    const message = `scaling is paused (${input.paused}); otherwise: ${choice.message}`;
    const { wanted } = choice;
    return { kind: 'hold', reason: 'Paused', message, evidence, history: choice.history, ...(wanted && { wanted }) };
  }
  if (choice.kind === 'hold') return { ...choice, evidence };
  const { relieves, ...rescale } = choice;
  return { ...rescale, evidence, history: recordRescale(graph, rescale.parallelism, now, relieves) };
};

/** The rules in their order: each answers, or leaves it to the next. */
const choose = (situation: Situation): Choice =>
  settling(situation) ??
  intoBounds(situation) ??
  tooLittleSeen(situation) ??
  growing(situation) ??
  unknownParts(situation) ??
  shrinking(situation) ?? {
    kind: 'hold',
    reason: 'Stable',
    message: `the size fits: ${describeTightest(situation.assessment)}`,
    wanted: presentSize(situation.graph.vertices),
    history: withoutWishes(situation.history),
  };

/** A pause in one direction stops a rescale that would go that way anywhere. */
const isPaused = ({ paused, graph }: ScalingInput, choice: Choice): boolean => {
  if (paused === 'all' || paused === 'scaling') return true;
  if (choice.kind === 'hold') return false;
  const changes = graph.vertices.map((vertex) => choice.parallelism[vertex.id]! - vertex.parallelism);
  return (
    (paused === 'scale-up' && changes.some((change) => change > 0)) ||
    (paused === 'scale-down' && changes.some((change) => change < 0))
  );
};

/** The band holds the target, whatever was configured. */
const inOrder = (policy: ScalingInput['policy']): ScalingInput['policy'] => {
  const targetUtilization = Math.max(0.05, policy.targetUtilization);
  return {
    ...policy,
    targetUtilization,
    maxUtilization: Math.max(targetUtilization, policy.maxUtilization),
    minUtilization: Math.min(targetUtilization, policy.minUtilization),
  };
};
