import type { ScalingBounds } from '../model/autoscaling-policy.ts';
import type { Vertex } from '../model/job-graph.ts';
import { fewestAlike } from './key-groups.ts';

/** The sizes a vertex may have. Its key groups bind more than a person's lower bound, the upper bound more than the lower. */
export const limitsOf = (
  { maxParallelism: keyGroups }: Vertex,
  { minParallelism = 1, maxParallelism = Infinity }: ScalingBounds,
): { readonly lower: number; readonly upper: number } => {
  const upper = Math.min(keyGroups, maxParallelism);
  return { lower: Math.min(upper, minParallelism), upper };
};

/** The nearest allowed size, without subtasks that relieve no other. */
export const withinBounds = (vertex: Vertex, parallelism: number, bounds: ScalingBounds): number => {
  const { lower, upper } = limitsOf(vertex, bounds);
  return Math.max(lower, fewestAlike(vertex, Math.min(upper, Math.max(lower, parallelism))));
};
