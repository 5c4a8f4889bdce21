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
