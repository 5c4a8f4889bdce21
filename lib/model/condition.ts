import { z } from 'zod';
import { toTimestamp, type EpochMillis } from './instant.ts';

/** `metav1.Condition`. */
export const Condition = z.object({
  type: z.string(),
  status: z.enum(['True', 'False', 'Unknown']),
  reason: z.string(),
  message: z.string().default(''),
  lastTransitionTime: z.string(),
  observedGeneration: z.number().int().optional(),
});
export type Condition = z.infer<typeof Condition>;

/** A list keyed by type, so that several writers can each own conditions of one object. */
export const Conditions = z
  .array(Condition)
  .meta({ 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': ['type'] });

/** A condition without its transition time, as decisions produce it. */
export type ConditionWish = Omit<Condition, 'lastTransitionTime'>;

/**
 * Puts wishes over the conditions there are. The transition time moves only when the status does
 * (the rule of `meta.SetStatusCondition`), so a repeated evaluation writes nothing new.
 */
export const setConditions = (
  current: readonly Condition[],
  wishes: readonly ConditionWish[],
  now: EpochMillis,
): Condition[] => {
  const wished = wishes.map((wish) => {
    const before = current.find((c) => c.type === wish.type);
    return {
      ...wish,
      lastTransitionTime: before?.status === wish.status ? before.lastTransitionTime : toTimestamp(now),
    };
  });
  const kept = current.filter((c) => !wishes.some((w) => w.type === c.type));
  return [...kept, ...wished].sort((a, b) => (a.type < b.type ? -1 : 1));
};
