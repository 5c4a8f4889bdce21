import type { JobGraph, MetricSample, VertexId } from '../model/job-graph.ts';
import { known, unknown, type Measurement } from '../model/measurement.ts';
import { riseOf } from './vertex-rates.ts';

type Edge = { readonly from: VertexId; readonly to: VertexId };

const edgeKey = ({ from, to }: Edge): string => `${from}>${to}`;

/** Every pair of connected vertices, once, in an order of its own. */
const edgesOf = (graph: JobGraph): readonly Edge[] => {
  const all = graph.vertices.flatMap(({ id, inputs }) => inputs.map(({ from }) => ({ from, to: id })));
  const distinct = new Map(all.map((edge) => [edgeKey(edge), edge]));
  return [...distinct].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, edge]) => edge);
};

/** Vertices so that inputs stand before their readers, whatever order they came in. */
export const inFlowOrder = (graph: JobGraph): readonly VertexId[] => {
  const inputs = new Map(graph.vertices.map((v) => [v.id, v.inputs.map((input) => input.from)]));
  const ordered = new Set<VertexId>();
  const visit = (id: VertexId, path: readonly VertexId[]): void => {
    if (ordered.has(id) || path.includes(id) || !inputs.has(id)) return;
    for (const from of inputs.get(id)!) visit(from, [...path, id]);
    ordered.add(id);
  };
  for (const { id } of graph.vertices) visit(id, []);
  return [...ordered];
};

/** Records that crossed each edge, as far as the vertices' totals determine them. */
const recordsPerEdge = (
  graph: JobGraph,
  edges: readonly Edge[],
  read: (id: VertexId) => number | undefined,
  written: (id: VertexId) => number | undefined,
): ReadonlyMap<string, number> => {
  const crossed = new Map<string, number>();
  const open = (list: readonly Edge[]): readonly Edge[] => list.filter((edge) => !crossed.has(edgeKey(edge)));
  const closed = (list: readonly Edge[]): number =>
    list.reduce((sum, edge) => sum + (crossed.get(edgeKey(edge)) ?? 0), 0);
  /** When all but one edge of a vertex are known, its total tells the last. */
  const solveLast = (list: readonly Edge[], total: number | undefined): boolean => {
    const [last, ...others] = open(list);
    if (last === undefined || others.length > 0 || total === undefined) return false;
    crossed.set(edgeKey(last), Math.max(0, total - closed(list)));
    return true;
  };
  const ids = graph.vertices.map((v) => v.id).sort();
  const sides = [
    ...ids.map((id) => ({ list: edges.filter((edge) => edge.to === id), total: read(id) })),
    ...ids.map((id) => ({ list: edges.filter((edge) => edge.from === id), total: written(id) })),
  ].sort((a, b) => a.list.length - b.list.length);
  while (sides.some(({ list, total }) => solveLast(list, total))) {
    // each round closes one more edge
  }
  // Several writers into several readers leave a choice: as if every writer dealt alike.
  for (const id of ids) {
    const left = open(edges.filter((edge) => edge.to === id));
    const weights = left.map((edge) => written(edge.from));
    const total = read(id);
    if (total === undefined || left.length === 0 || weights.some((weight) => weight === undefined)) continue;
    const rest = Math.max(0, total - closed(edges.filter((edge) => edge.to === id)));
    const sum = weights.reduce<number>((a, b) => a + b!, 0);
    left.forEach((edge, i) => crossed.set(edgeKey(edge), sum === 0 ? 0 : (rest * weights[i]!) / sum));
  }
  return crossed;
};

/** For each edge, the records that cross it for each record that its upper vertex processes. */
export type OutputRatios = ReadonlyMap<string, Measurement>;

/**
 * Output ratios over the whole window (`ScalingMetricEvaluator.computeEdgeOutputRatio` has the same aim). Totals are
 * used rather than slopes, so that an operator that emits in bursts counts with all of them.
 */
export const outputRatios = (graph: JobGraph, window: readonly MetricSample[]): OutputRatios => {
  const edges = edgesOf(graph);
  const total = (id: VertexId, name: 'readRecords' | 'writeRecords'): number | undefined => {
    const rise = riseOf(window, id, name);
    return rise.known ? rise.by(name) : undefined;
  };
  const crossed = recordsPerEdge(
    graph,
    edges,
    (id) => total(id, 'readRecords'),
    (id) => total(id, 'writeRecords'),
  );
  return new Map(
    edges.map((edge) => {
      const processed = total(edge.from, 'readRecords');
      const records = crossed.get(edgeKey(edge));
      if (processed === undefined || records === undefined) return [edgeKey(edge), unknown('NotReported')];
      return [edgeKey(edge), processed === 0 ? unknown('Idle') : known(records / processed)];
    }),
  );
};

/** A rate that a vertex must process; not exact when something above it is unknown, and then a lower bound. */
export type TargetRate = { readonly rate: number; readonly exact: boolean };

/**
 * Carries rates from the sources down the graph: target(v) = Σ target(u) · ratio(u→v), the rule of DS2 and of the
 * Flink autoscaler. `observed` is the least that a vertex is given where a ratio above it is unknown.
 */
export const carryDown = (
  graph: JobGraph,
  ratios: OutputRatios,
  atSources: ReadonlyMap<VertexId, TargetRate>,
  observed: (id: VertexId) => number,
): ReadonlyMap<VertexId, TargetRate> => {
  const inputsOf = new Map(graph.vertices.map((v) => [v.id, [...new Set(v.inputs.map((input) => input.from))]]));
  const targets = new Map<VertexId, TargetRate>();
  for (const id of inFlowOrder(graph)) {
    const inputs = inputsOf.get(id)!.map((from) => {
      const above = targets.get(from) ?? { rate: 0, exact: false };
      const ratio = ratios.get(edgeKey({ from, to: id })) ?? unknown('NotReported');
      if (ratio.kind === 'known') return { rate: above.rate * ratio.value, exact: above.exact };
      return { rate: 0, exact: above.exact && above.rate === 0 };
    });
    const rate = inputs.reduce((sum, input) => sum + input.rate, 0);
    const exact = inputs.every((input) => input.exact);
    targets.set(id, atSources.get(id) ?? (exact ? { rate, exact } : { rate: Math.max(rate, observed(id)), exact }));
  }
  return targets;
};
