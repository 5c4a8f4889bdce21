import { z } from 'zod';
import { Conditions } from './condition.ts';
import { HEADGATE_API_VERSION } from './group.ts';
import type { ObjectMeta } from './kubernetes-object.ts';
import { Mode } from './mode.ts';
import { ResourceAmounts } from './resources.ts';

/** What a pool's tenants share, and how a change of shares is carried out. */
export const CapacityPoolSpec = z.object({
  /** Either a fixed capacity … */
  capacity: ResourceAmounts.optional(),
  /** … or what the selected nodes hold, up to what a node autoscaler may still add. */
  fromNodes: z
    .object({
      selector: z.record(z.string(), z.string()).default({}),
      headroomPercent: z.number().int().min(0).max(90).default(10),
      ceiling: ResourceAmounts.optional(),
    })
    .optional(),
  mode: Mode.default('drive'),
  reclaim: z
    .object({
      graceSeconds: z.number().int().min(0).max(86_400).default(120),
      minRunSeconds: z.number().int().min(0).max(86_400).default(300),
    })
    .prefault({}),
  /** Changes of a share below this many percent are not carried out. */
  bandPercent: z.number().int().min(0).max(100).default(10),
  /** After a raise, no cut of the same tenant for this long, and the reverse. */
  cooldownSeconds: z.number().int().min(0).max(86_400).default(600),
});
export type CapacityPoolSpec = z.infer<typeof CapacityPoolSpec>;

const Amounts = z.object({ cpu: z.string(), memory: z.string() });

/** What one tenant is to have, by the plan of an epoch, and how that is split over its namespaces. */
export const PlannedGrant = z.object({
  tenant: z.string(),
  target: Amounts,
  namespaces: z.array(
    z.object({
      name: z.string(),
      target: Amounts,
      /** The most that a run which still holds an older plan may write; void once the quota carries this plan's epoch. */
      ceiling: Amounts.optional(),
    }),
  ),
  /** When what the tenant borrows last went up or down (RFC 3339), for the cooldown. */
  raisedAt: z.string().optional(),
  cutAt: z.string().optional(),
});

export const CapacityPoolStatus = z.object({
  observedGeneration: z.number().int().optional(),
  capacity: z.object({ present: Amounts, obtainable: Amounts }).partial().optional(),
  guaranteed: Amounts.optional(),
  granted: Amounts.optional(),
  used: Amounts.optional(),
  /** Written by compare-and-set before any grant; every grant carries its epoch. */
  plan: z.object({ epoch: z.number().int(), at: z.string(), grants: z.array(PlannedGrant) }).optional(),
  conditions: Conditions.optional(),
});
export type CapacityPoolStatus = z.infer<typeof CapacityPoolStatus>;

export type CapacityPool = {
  readonly apiVersion: typeof HEADGATE_API_VERSION;
  readonly kind: 'CapacityPool';
  readonly metadata: ObjectMeta;
  readonly spec: CapacityPoolSpec;
  readonly status?: CapacityPoolStatus;
};
