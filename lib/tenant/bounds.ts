import type { ScalingBounds } from '../model/autoscaling-policy.ts';

/** What is wrong with scaling bounds beyond their form. */
export const boundsProblems = (bounds: ScalingBounds | undefined, path: string): string[] =>
  (bounds?.minParallelism ?? 1) > (bounds?.maxParallelism ?? Number.POSITIVE_INFINITY)
    ? [`${path}.minParallelism: must not exceed maxParallelism`]
    : [];
