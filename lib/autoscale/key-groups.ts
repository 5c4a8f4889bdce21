import type { Vertex } from '../model/job-graph.ts';

/** Whether key groups bound what the vertex's subtasks can share out. */
const isKeyed = (vertex: Vertex): boolean => vertex.inputs.some((input) => input.ship === 'HASH');

/**
 * How many evenly loaded subtasks `parallelism` subtasks are worth. Key groups are dealt whole
 * (`KeyGroupRangeAssignment`), so the fullest subtask of a keyed vertex with N groups holds ceil(N/p) of them
 * and the vertex is worth N / ceil(N/p).
 */
export const effectiveParallelism = (vertex: Vertex, parallelism: number): number =>
  isKeyed(vertex) ? vertex.maxParallelism / Math.ceil(vertex.maxParallelism / parallelism) : parallelism;

/** The fewest subtasks that are worth as much as `parallelism`: of 128 key groups, 43 to 63 subtasks all hold up to 3. */
export const fewestAlike = (vertex: Vertex, parallelism: number): number =>
  isKeyed(vertex)
    ? Math.ceil(vertex.maxParallelism / Math.ceil(vertex.maxParallelism / parallelism))
    : Math.min(parallelism, vertex.maxParallelism);

/** The next larger size that is worth more: of 128 key groups, 64 after 43. */
export const nextUseful = (vertex: Vertex, parallelism: number): number => {
  const groups = Math.ceil(vertex.maxParallelism / parallelism);
  return isKeyed(vertex) && groups > 1 ? Math.ceil(vertex.maxParallelism / (groups - 1)) : parallelism + 1;
};

/** Binary fractions must not round 3.0000000001 up to 4. */
const EPSILON = 1e-6;

/**
 * The fewest subtasks worth `need` evenly loaded ones, at most `maxParallelism`. For a keyed vertex the next smaller
 * size is taken when it saves twice what it lacks and lacks at most `headroom` (a share of `need`): of 128 key groups, 64
 * for a need of 65, where exactness costs 128.
 */
export const fewestFor = (vertex: Vertex, need: number, headroom: number): number => {
  const groups = vertex.maxParallelism;
  if (!isKeyed(vertex)) return Math.min(groups, Math.max(1, Math.ceil(need - EPSILON)));
  const perSubtask = Math.max(1, Math.floor(groups / Math.max(need - EPSILON, 1)));
  const enough = Math.ceil(groups / perSubtask);
  const smaller = fewestAlike(vertex, Math.max(1, enough - 1));
  const lacking = 1 - effectiveParallelism(vertex, smaller) / need;
  return lacking <= headroom && 1 - smaller / enough >= 2 * lacking ? smaller : enough;
};
