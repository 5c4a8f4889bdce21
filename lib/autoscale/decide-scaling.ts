import type { ScalingDecision, ScalingInput } from './scaling-decision.ts';

/** Decides the size of a job. (Types first: the algorithm follows.) */
export const decideScaling = (input: ScalingInput): ScalingDecision => ({
  kind: 'hold',
  reason: 'MetricsUnknown',
  message: 'not yet measured',
  evidence: { windowSeconds: 0, levelSeconds: 0, restartSeconds: 0, rewindSeconds: 0, vertices: {} },
  history: input.history,
});
