import { decideScaling } from '../../../lib/autoscale/decide-scaling.ts';
import type { ScalingDecision } from '../../../lib/autoscale/scaling-decision.ts';
import type { ScalingHistory } from '../../../lib/autoscale/scaling-history.ts';
import {
  resolveAutoscaling,
  type AutoscalingOverrides,
  type ScalingBounds,
} from '../../../lib/model/autoscaling-policy.ts';
import type { MetricSample, VertexId } from '../../../lib/model/job-graph.ts';
import type { Pause } from '../../../lib/model/mode.ts';
import type { FluidJob } from './fluid-job.ts';

export type Rescale = { readonly atSeconds: number; readonly to: Readonly<Record<VertexId, number>> };

/** What happened while a job was driven. */
export type Drive = {
  readonly rescales: readonly Rescale[];
  readonly decisions: readonly (ScalingDecision & { readonly atSeconds: number })[];
};

/** Closes the loop: looks every minute, and earlier where the decision asks for it, and applies what is decided. */
export const drive = (
  job: FluidJob,
  seconds: number,
  options: {
    readonly policy?: AutoscalingOverrides;
    readonly bounds?: ScalingBounds;
    readonly paused?: Pause;
    readonly tickSeconds?: number;
    readonly followsUp?: boolean;
    readonly distort?: (sample: MetricSample) => MetricSample;
  } = {},
): Drive => {
  const { tickSeconds = 60, followsUp = true, distort = (sample) => sample } = options;
  const policy = resolveAutoscaling(options.policy);
  const rescales: Rescale[] = [];
  const decisions: (ScalingDecision & { readonly atSeconds: number })[] = [];
  let samples: MetricSample[] = [];
  let history: ScalingHistory = {};
  let tick = job.seconds + tickSeconds;
  let next = tick;
  const end = job.seconds + seconds;
  while (next <= end) {
    job.advance(next - job.seconds);
    if (job.runningSince !== undefined) {
      samples = [...samples, distort(job.sample())].filter((s) => s.at >= job.now - policy.windowSeconds * 1000);
    }
    const decision = decideScaling({
      graph: job.graph,
      samples,
      policy,
      bounds: options.bounds ?? {},
      history,
      paused: options.paused ?? 'none',
      runningSince: job.runningSince,
      checkpointRewindSeconds: 15,
      now: job.now,
      urgent: false,
    });
    decisions.push({ ...decision, atSeconds: job.seconds });
    history = decision.history;
    if (decision.kind === 'rescale') {
      rescales.push({ atSeconds: job.seconds, to: decision.parallelism });
      job.rescale(decision.parallelism);
    }
    if (job.seconds >= tick) tick += tickSeconds;
    const wished = decision.kind === 'hold' ? decision.recheckAfterSeconds : undefined;
    next = followsUp && wished !== undefined ? Math.min(tick, job.seconds + Math.max(2, wished)) : tick;
  }
  return { rescales, decisions };
};
