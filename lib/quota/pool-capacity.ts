import type { CapacityPoolSpec } from '../model/capacity-pool.ts';
import type { KubernetesObject } from '../model/kubernetes-object.ts';
import {
  most,
  parseCpuMillis,
  parseMemoryBytes,
  parseResources,
  sum,
  ZERO,
  type Resources,
} from '../model/resources.ts';
import type { PoolCapacity } from './rebalance-plan.ts';

/** The part of a Node that says what it offers. */
export type NodeReading = KubernetesObject & {
  readonly spec?: { readonly unschedulable?: boolean };
  readonly status?: {
    readonly allocatable?: Readonly<Record<string, string>>;
    readonly conditions?: readonly { readonly type: string; readonly status: string }[];
  };
};

/**
 * What a pool has and can have: a fixed capacity as it is written; else what its ready, schedulable nodes offer
 * (`status.allocatable`) less the headroom percentage, and up to `ceiling` where a node autoscaler adds nodes.
 */
export const readPoolCapacity = (spec: CapacityPoolSpec, nodes: readonly NodeReading[]): PoolCapacity => {
  if (spec.capacity !== undefined) {
    const capacity = parseResources(spec.capacity);
    return { present: capacity, obtainable: capacity };
  }
  if (spec.fromNodes === undefined) return { present: ZERO, obtainable: ZERO };
  const { selector, headroomPercent, ceiling } = spec.fromNodes;
  const offered = sum(nodes.filter((node) => isUsable(node) && isSelected(node, selector)).map(offerOf));
  const present = lessPercent(offered, headroomPercent);
  return { present, obtainable: ceiling === undefined ? present : most(present, parseResources(ceiling)) };
};

const isUsable = (node: NodeReading): boolean =>
  node.spec?.unschedulable !== true &&
  node.status?.conditions?.some((c) => c.type === 'Ready' && c.status === 'True') === true;

const isSelected = (node: NodeReading, selector: Readonly<Record<string, string>>): boolean =>
  Object.entries(selector).every(([label, value]) => node.metadata.labels?.[label] === value);

const offerOf = (node: NodeReading): Resources => ({
  cpuMillis: parseCpuMillis(node.status?.allocatable?.['cpu'] ?? '') ?? 0,
  memoryBytes: parseMemoryBytes(node.status?.allocatable?.['memory'] ?? '') ?? 0,
});

const lessPercent = (r: Resources, percent: number): Resources => ({
  cpuMillis: Math.floor((r.cpuMillis * (100 - percent)) / 100),
  memoryBytes: Math.floor((r.memoryBytes * (100 - percent)) / 100),
});
