import { fromTimestamp, toTimestamp, type EpochMillis } from '../model/instant.ts';
import { mostCareful } from '../model/mode.ts';
import {
  fits,
  formatResources,
  most,
  parseResources,
  subtract,
  sum,
  ZERO,
  type Resources,
} from '../model/resources.ts';
import { allocate } from './allocate.ts';
import { planGrants, type GrantClaim } from './plan-grants.ts';
import { describePool, describeTenant } from './rebalance-outcome.ts';
import type { Plan, RebalanceInput, RebalancePlan, Reclaim, TenantReading } from './rebalance-plan.ts';
import { settleTargets, type Target } from './settle-targets.ts';
import { byName } from './tiers.ts';

/**
 * What the pool's tenants are to have, and the next safe step towards it. The same input gives the same answer, and when the world
 * is as planned the answer is the plan as it was, and grants that write nothing.
 */
export const planRebalance = (input: RebalanceInput): RebalancePlan => {
  const { pool, tenants, previousPlan, now } = input;
  const capacity = subtract(input.capacity.obtainable, input.unclaimed);
  const claims = tenants.map((tenant) => tenant.claim);
  const allocations = allocate(capacity, claims);
  const shares = claims.map((claim) => ({
    claim,
    allocation: allocations.get(claim.name)!,
    previous: readTarget(previousPlan, claim.name),
  }));
  const plan = nextPlan(previousPlan, settleTargets(capacity, shares, pool, now), tenants, now);

  const grantClaims = tenants.map((reading): GrantClaim => {
    const planned = plan.grants.find((grant) => grant.tenant === reading.claim.name)!;
    return {
      reading,
      mode: mostCareful(pool.mode, reading.mode),
      target: parseResources(planned.target),
      guarantee: allocations.get(reading.claim.name)!.guarantee,
      ceiling: planned.ceiling === undefined ? undefined : parseResources(planned.ceiling),
    };
  });
  const grants = planGrants(capacity, plan.epoch, grantClaims);
  const outcomes = grantClaims.map((claim) =>
    describeTenant(
      claim,
      grants.filter((grant) => grant.tenant === claim.reading.claim.name),
    ),
  );
  return {
    plan,
    grants: grants.toSorted((a, b) => WRITE_ORDER[a.phase] - WRITE_ORDER[b.phase]),
    reclaim: grantClaims.flatMap((claim) => reclaimFrom(claim, plan, pool.reclaim.graceSeconds)),
    tenants: outcomes,
    pool: describePool(input, allocations, outcomes),
  };
};

/** Lowering frees what raising needs. */
const WRITE_ORDER = { ratchet: 0, fence: 1, raise: 2, hold: 3, settled: 4 } as const;

const readTarget = (plan: Plan | undefined, tenant: string): Target | undefined => {
  const grant = plan?.grants.find((g) => g.tenant === tenant);
  if (grant === undefined) return undefined;
  return {
    amount: parseResources(grant.target),
    raisedAt: fromTimestamp(grant.raisedAt),
    cutAt: fromTimestamp(grant.cutAt),
  };
};

/**
 * The plan in force while no target changes; else a new one. Its epoch is above that of every quota, also where the quotas come from
 * another pool or outlived this one's status.
 */
const nextPlan = (
  previous: Plan | undefined,
  targets: ReadonlyMap<string, Target>,
  tenants: readonly TenantReading[],
  now: EpochMillis,
): Plan => {
  const written = Math.max(0, ...tenants.flatMap((t) => t.namespaces.map(({ quota }) => quota?.epoch ?? 0)));
  if (previous !== undefined && written <= previous.epoch && isAsPlanned(previous, targets)) return previous;
  return {
    epoch: 1 + Math.max(previous?.epoch ?? 0, written),
    at: toTimestamp(now),
    grants: tenants
      .map(({ claim }) => claim)
      .sort(byName)
      .map(({ name }) => plannedGrant(name, targets.get(name)!, ceilingOf(previous, tenants, name))),
  };
};

const isAsPlanned = (plan: Plan, targets: ReadonlyMap<string, Target>): boolean =>
  plan.grants.length === targets.size &&
  plan.grants.every((grant) => {
    const target = targets.get(grant.tenant)?.amount;
    return target !== undefined && isSame(target, parseResources(grant.target));
  });

const isSame = (a: Resources, b: Resources): boolean => fits(a, b) && fits(b, a);

const plannedGrant = (tenant: string, target: Target, ceiling: Resources | undefined): Plan['grants'][number] => ({
  tenant,
  target: formatResources(target.amount),
  ...(target.raisedAt === undefined ? {} : { raisedAt: toTimestamp(target.raisedAt) }),
  ...(target.cutAt === undefined ? {} : { cutAt: toTimestamp(target.cutAt) }),
  ...(ceiling === undefined ? {} : { ceiling: formatResources(ceiling) }),
});

/**
 * What a run that still holds the previous plan, or one before, may write into a tenant's quotas after this one has read them: more than
 * they say, as long as a raise of that plan is open. Once a quota is written under a newer plan, the older run's write fails on its
 * resourceVersion. Undefined when nothing is open.
 */
const ceilingOf = (
  previous: Plan | undefined,
  tenants: readonly TenantReading[],
  name: string,
): Resources | undefined => {
  const planned = previous?.grants.find((grant) => grant.tenant === name);
  const namespaces = tenants.find(({ claim }) => claim.name === name)?.namespaces ?? [];
  if (previous === undefined || planned === undefined) return undefined;
  const isFenced = namespaces.every(({ quota }) => quota === undefined || quota.epoch === previous.epoch);
  const older = isFenced || planned.ceiling === undefined ? ZERO : parseResources(planned.ceiling);
  const ceiling = most(parseResources(planned.target), older);
  const granted = sum(namespaces.map(({ quota }) => quota?.specHard ?? ZERO));
  // With several namespaces one may still be raised while another is lowered.
  return namespaces.length === 1 && fits(ceiling, granted) ? undefined : ceiling;
};

const reclaimFrom = (claim: GrantClaim, plan: Plan, graceSeconds: number): readonly Reclaim[] => {
  const tenant = claim.reading.claim.name;
  const excess = subtract(usedBy(claim.reading), claim.target);
  if (claim.mode !== 'drive' || fits(excess, ZERO)) return [];
  const cutAt = plan.grants.find((grant) => grant.tenant === tenant)?.cutAt ?? plan.at;
  return [{ tenant, excess, graceUntil: (fromTimestamp(cutAt) ?? 0) + 1000 * graceSeconds }];
};

const usedBy = ({ namespaces }: TenantReading): Resources => sum(namespaces.map(({ quota }) => quota?.used ?? ZERO));
