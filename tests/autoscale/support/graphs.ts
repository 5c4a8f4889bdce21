import type { JobGraph, ShipStrategy, Vertex } from '../../../lib/model/job-graph.ts';

type Shape = {
  readonly parallelism?: number;
  readonly maxParallelism?: number;
  readonly slotSharingGroup?: string;
  /** `a` or `a:HASH`; REBALANCE when not said. */
  readonly from?: readonly string[];
};

const SHIPS: readonly ShipStrategy[] = ['HASH', 'FORWARD', 'REBALANCE', 'RESCALE', 'BROADCAST', 'GLOBAL', 'OTHER'];

/** A vertex in one line. Its id is its name. */
export const aVertex = (id: string, shape: Shape = {}): Vertex => ({
  id,
  name: id,
  parallelism: shape.parallelism ?? 1,
  maxParallelism: shape.maxParallelism ?? 720,
  slotSharingGroup: shape.slotSharingGroup ?? 'default',
  inputs: (shape.from ?? []).map((text) => {
    const [from, ship] = text.split(':');
    return { from: from!, ship: SHIPS.find((s) => s === ship) ?? 'REBALANCE' };
  }),
});

export const aGraph = (shapes: Readonly<Record<string, Shape>>): JobGraph => ({
  vertices: Object.entries(shapes).map(([id, shape]) => aVertex(id, shape)),
});

/** The same graph at other sizes. */
export const resized = (graph: JobGraph, parallelism: Readonly<Record<string, number>>): JobGraph => ({
  vertices: graph.vertices.map((v) => ({ ...v, parallelism: parallelism[v.id] ?? v.parallelism })),
});
