import type { JobGraph, Vertex } from '../model/job-graph.ts';
import { fewestAlike } from './key-groups.ts';
import type { Parallelism } from './scaling-decision.ts';

const sizeOf = (vertex: Vertex, parallelism: Parallelism): number => parallelism[vertex.id] ?? vertex.parallelism;

const groupsOf = (graph: JobGraph): readonly (readonly Vertex[])[] => [
  ...Map.groupBy(graph.vertices, (vertex) => vertex.slotSharingGroup).values(),
];

/** Slots of a job: subtasks of one slot sharing group share slots, groups do not. */
export const slotsNeeded = (graph: JobGraph, parallelism: Parallelism): number =>
  groupsOf(graph).reduce((sum, group) => sum + Math.max(...group.map((vertex) => sizeOf(vertex, parallelism))), 0);

/** TaskManagers for those slots; a partly used one counts whole. */
export const taskManagersNeeded = (graph: JobGraph, parallelism: Parallelism, slotsPerTaskManager: number): number =>
  Math.ceil(slotsNeeded(graph, parallelism) / slotsPerTaskManager);

/** What of a wished size can be had. */
export type Fit = {
  readonly parallelism: Record<string, number>;
  readonly slots: number;
  readonly taskManagers: number;
  /** Less than wished. */
  readonly partial: boolean;
  readonly message: string;
};

/**
 * The best size under a limit of TaskManagers: part of a growth is better than none. Slots are dealt one by one to the
 * slot sharing group whose worst vertex has the smallest share of what it wants, so that the bottleneck gets most. No
 * vertex gets more than it wants, none loses what it has unless it wants less, and no keyed vertex takes slots that
 * would not relieve its fullest subtask. When even that exceeds the limit, it is returned as it is: `taskManagers` says so.
 */
export const fitToTaskManagers = (wish: {
  readonly graph: JobGraph;
  readonly current: Parallelism;
  readonly wanted: Parallelism;
  readonly slotsPerTaskManager: number;
  readonly maxTaskManagers: number;
}): Fit => {
  const { graph, slotsPerTaskManager, maxTaskManagers } = wish;
  const wanted = (vertex: Vertex): number => sizeOf(vertex, wish.wanted);
  const least = (vertex: Vertex): number => Math.min(sizeOf(vertex, wish.current), wanted(vertex));
  const within = (vertex: Vertex, slots: number): number =>
    slots >= wanted(vertex) ? wanted(vertex) : Math.max(least(vertex), fewestAlike(vertex, slots));

  const groups = groupsOf(graph).map((vertices) => ({
    vertices,
    key: vertices.map((v) => v.id).sort()[0]!,
    slots: Math.max(...vertices.map(least)),
    most: Math.max(...vertices.map(wanted)),
  }));
  type Group = (typeof groups)[number];
  const served = ({ vertices }: Group, slots: number): number =>
    Math.min(...vertices.map((vertex) => within(vertex, slots) / wanted(vertex)));
  /** The next number of slots at which the worst vertex of the group has more. */
  const nextStep = (group: Group): number => {
    let slots = group.slots + 1;
    while (slots < group.most && served(group, slots) === served(group, group.slots)) slots += 1;
    return slots;
  };

  let free = maxTaskManagers * slotsPerTaskManager - groups.reduce((sum, group) => sum + group.slots, 0);
  for (;;) {
    const [next] = groups
      .filter((group) => group.slots < group.most)
      .map((group) => ({ group, slots: nextStep(group), served: served(group, group.slots) }))
      .filter(({ group, slots }) => slots - group.slots <= free)
      .sort((a, b) => a.served - b.served || (a.group.key < b.group.key ? -1 : 1));
    if (next === undefined) break;
    free -= next.slots - next.group.slots;
    next.group.slots = next.slots;
  }

  const parallelism = Object.fromEntries(
    groups.flatMap((group) => group.vertices.map((vertex) => [vertex.id, within(vertex, group.slots)])),
  );
  const slots = slotsNeeded(graph, parallelism);
  const taskManagers = Math.ceil(slots / slotsPerTaskManager);
  const wishedSlots = slotsNeeded(graph, wish.wanted);
  const partial = graph.vertices.some((vertex) => parallelism[vertex.id]! < wanted(vertex));
  return {
    parallelism,
    slots,
    taskManagers,
    partial,
    message: partial
      ? `${slots} of ${wishedSlots} wished slots: at most ${maxTaskManagers} TaskManagers of ${slotsPerTaskManager} slots`
      : `${slots} slots on ${taskManagers} TaskManagers of ${slotsPerTaskManager} slots`,
  };
};
