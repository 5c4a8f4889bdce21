import type { CapacityPoolSpec, CapacityPoolStatus } from '../model/capacity-pool.ts';
import type { ConditionWish } from '../model/condition.ts';
import type { EpochMillis } from '../model/instant.ts';
import type { Mode } from '../model/mode.ts';
import type { Resources } from '../model/resources.ts';
import type { TenantClaim } from './tenant-claim.ts';

/** A ResourceQuota as it was read. Admission goes by `status.hard` (admission plugin `resourcequota`, CheckRequest). */
export type QuotaReading = {
  readonly specHard: Resources;
  /** Undefined until the quota controller has looked at it for the first time: until then no pod is admitted. */
  readonly statusHard: Resources | undefined;
  readonly used: Resources;
  /** Epoch of the plan it was last written by. */
  readonly epoch: number | undefined;
};

/** One namespace of a tenant. */
export type NamespaceReading = {
  readonly namespace: string;
  /** What the jobs of this namespace ask for. */
  readonly demand: Resources;
  /** Undefined when the namespace has no quota object yet. */
  readonly quota: QuotaReading | undefined;
};

export type TenantReading = {
  readonly claim: TenantClaim;
  /** Below `drive` the tenant's quotas are left alone, and count as they are. */
  readonly mode: Mode;
  /** In the order of the Tenant's spec; the first one gets what nobody asks for. */
  readonly namespaces: readonly NamespaceReading[];
};

/** What the pool has now, and what it can have once a node autoscaler has acted: grants go by the latter. */
export type PoolCapacity = { readonly present: Resources; readonly obtainable: Resources };

export type RebalanceInput = {
  readonly pool: CapacityPoolSpec;
  readonly capacity: PoolCapacity;
  readonly tenants: readonly TenantReading[];
  /** Held by namespaces whose tenant is gone; nobody may be promised it. */
  readonly unclaimed: Resources;
  readonly previousPlan: Plan | undefined;
  readonly now: EpochMillis;
};

/** The plan as the pool's status keeps it. */
export type Plan = NonNullable<CapacityPoolStatus['plan']>;

/**
 * One namespace's quota, as it should be written now.
 * `raise`: more, because it is free. `ratchet`: less, down to what is used or to the target. `fence`: unchanged but for the
 * epoch, so that no run with an older plan can still write it. `settled` and `hold` write nothing.
 */
export type Grant = {
  readonly tenant: string;
  readonly namespace: string;
  readonly hard: Resources;
  readonly phase: 'raise' | 'ratchet' | 'fence' | 'settled' | 'hold';
  readonly reason: string;
};

/** What a tenant uses above its target, to be given back by shrinking or suspending jobs. */
export type Reclaim = {
  readonly tenant: string;
  readonly excess: Resources;
  /** Until then the tenant's jobs may give it back at their own pace. */
  readonly graceUntil: EpochMillis;
};

export type TenantOutcome = {
  readonly tenant: string;
  readonly target: Resources;
  readonly granted: Resources;
  readonly used: Resources;
  readonly demand: Resources;
  readonly borrowed: Resources;
  /** `QuotaSettled`. */
  readonly conditions: readonly ConditionWish[];
};

/** Amounts as CapacityPool status holds them. */
export type PoolStatusAmounts = Required<Pick<CapacityPoolStatus, 'capacity' | 'guaranteed' | 'granted' | 'used'>>;

/**
 * What a run of `rebalance` is to do, in this order: write `plan` by compare-and-set (when its epoch is new), then every
 * grant whose phase is `raise`, `ratchet` or `fence`, each with `plan.epoch` and the resourceVersion that was read.
 */
export type RebalancePlan = {
  readonly plan: Plan;
  readonly grants: readonly Grant[];
  readonly reclaim: readonly Reclaim[];
  readonly tenants: readonly TenantOutcome[];
  readonly pool: { readonly amounts: PoolStatusAmounts; readonly conditions: readonly ConditionWish[] };
};
