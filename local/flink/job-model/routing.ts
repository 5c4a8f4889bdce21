import type { JobSpec, VertexSpec } from './spec.ts';

/** Where one vertex's records go: to one input of one reader. */
export type Output = {
  readonly reader: number;
  readonly input: number;
  /** Share of the records that each subtask of the reader gets; undefined: subtask i sends to subtask i. */
  readonly shares: readonly number[] | undefined;
};

/** Key group k of N belongs to subtask floor(k · p / N) (`KeyGroupRangeAssignment.computeOperatorIndexForKeyGroup`). */
export const subtaskOfKeyGroup = (group: number, maxParallelism: number, parallelism: number): number =>
  Math.floor((group * parallelism) / maxParallelism);

/** Share of a keyed input that each subtask gets. */
export const keyedShares = (
  { maxParallelism, keyGroupWeights }: Pick<VertexSpec, 'maxParallelism' | 'keyGroupWeights'>,
  parallelism: number,
): readonly number[] => {
  const shares = Array.from({ length: parallelism }, () => 0);
  let total = 0;
  for (let group = 0; group < maxParallelism; group += 1) {
    const weight = keyGroupWeights?.[group] ?? (keyGroupWeights === undefined ? 1 : 0);
    shares[subtaskOfKeyGroup(group, maxParallelism, parallelism)]! += weight;
    total += weight;
  }
  return shares.map((share) => share / total);
};

/** The outputs of every vertex at this parallelism. FORWARD between different sizes spreads evenly, as RESCALE does. */
export const routes = (spec: JobSpec, parallelism: readonly number[]): readonly (readonly Output[])[] =>
  spec.vertices.map((vertex, from) =>
    spec.vertices.flatMap((reader, v) =>
      reader.inputs.flatMap(({ from: id, ship }, input): Output[] => {
        if (id !== vertex.id) return [];
        const subtasks = parallelism[v]!;
        const evenly = Array.from({ length: subtasks }, () => 1 / subtasks);
        switch (ship) {
          case 'HASH':
            return [{ reader: v, input, shares: keyedShares(reader, subtasks) }];
          case 'FORWARD':
            return [{ reader: v, input, shares: parallelism[from] === subtasks ? undefined : evenly }];
          case 'BROADCAST':
            return [{ reader: v, input, shares: evenly.map(() => 1) }];
          case 'GLOBAL':
            return [{ reader: v, input, shares: evenly.map((_, j) => (j === 0 ? 1 : 0)) }];
          default:
            return [{ reader: v, input, shares: evenly }];
        }
      }),
    ),
  );
