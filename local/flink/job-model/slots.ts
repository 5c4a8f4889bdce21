import type { Bounds, JobState, TaskManager } from './state.ts';
import type { JobSpec } from './spec.ts';

const DEFAULT_GROUP = 'default';

/** Vertices of each slot sharing group. */
const groupsOf = ({ vertices }: JobSpec): readonly (readonly number[])[] => {
  const groups = new Map<string, number[]>();
  for (const [v, { slotSharingGroup = DEFAULT_GROUP }] of vertices.entries()) {
    groups.set(slotSharingGroup, [...(groups.get(slotSharingGroup) ?? []), v]);
  }
  return [...groups.values()];
};

/** Slots that run tasks or could: those of TaskManagers that are alive. */
const liveSlots = (taskManagers: readonly TaskManager[]): number =>
  taskManagers.reduce((all, { slots, lostAt }) => all + (lostAt === undefined ? slots : 0), 0);

/** Slots that a job of this size takes. */
export const slotsFor = (spec: JobSpec, parallelism: readonly number[]): number =>
  groupsOf(spec).reduce((all, group) => all + Math.max(...group.map((v) => parallelism[v] ?? 0)), 0);

type Sized = Pick<JobState, 'spec' | 'requirements' | 'taskManagers'>;

/** Whether every upper bound finds its slots. */
export const hasDesiredSlots = ({ spec, requirements, taskManagers }: Sized): boolean =>
  slotsFor(
    spec,
    requirements.map((bounds) => bounds.upper),
  ) <= liveSlots(taskManagers);

/**
 * The size that the slots allow, as near to the upper bounds as there is room (`SlotSharingSlotAllocator`): small groups
 * first, each with at most an even part of what is left. Undefined when the lower bounds find no room.
 */
export const sizeFor = ({ spec, requirements, taskManagers }: Sized): readonly number[] | undefined => {
  const most = (group: readonly number[], bound: keyof Bounds): number =>
    Math.max(...group.map((v) => requirements[v]![bound]));
  const groups = groupsOf(spec).toSorted((a, b) => most(a, 'upper') - most(b, 'upper'));
  let left = liveSlots(taskManagers);
  let reserved = groups.reduce((all, group) => all + most(group, 'lower'), 0);
  if (left < reserved) return undefined;
  const size = spec.vertices.map(() => 0);
  for (const [done, group] of groups.entries()) {
    reserved -= most(group, 'lower');
    const even = Math.floor(left / (groups.length - done));
    const slots = Math.min(most(group, 'upper'), left - reserved, Math.max(even, most(group, 'lower')));
    for (const v of group) size[v] = Math.min(requirements[v]!.upper, slots);
    left -= slots;
  }
  return size;
};

/** Slots in use by TaskManager, filled in the order in which they came. A slot given back counts until it was idle for long. */
export const usedSlots = (state: JobState): ReadonlyMap<string, number> => {
  const { phase, heldSlots, now } = state;
  const runs = phase.kind === 'Running' || phase.kind === 'Restarting' || phase.kind === 'Ending';
  const needed = runs ? slotsFor(state.spec, state.parallelism) : 0;
  let left = Math.max(needed, now < heldSlots.until ? heldSlots.slots : 0);
  return new Map(
    state.taskManagers.map(({ id, slots }) => {
      const used = Math.min(slots, left);
      left -= used;
      return [id, used];
    }),
  );
};
