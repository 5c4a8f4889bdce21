import { fromTimestamp, toTimestamp } from '../model/instant.ts';
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
import { planGrants, type GrantClaim, type PlannedPart } from './plan-grants.ts';
import { describePool, describeTenant } from './rebalance-outcome.ts';
import type { Plan, QuotaReading, RebalanceInput, RebalancePlan, Reclaim, TenantReading } from './rebalance-plan.ts';
import { settleTargets, type Target } from './settle-targets.ts';
import { isSmallChange } from './small-change.ts';
import { splitOverNamespaces } from './split-over-namespaces.ts';
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
  const plan = nextPlan(input, settleTargets(capacity, shares, pool, now));

  const grantClaims = tenants.map((reading): GrantClaim => {
    const planned = plan.grants.find((grant) => grant.tenant === reading.claim.name)!;
    return {
      reading,
      mode: mostCareful(pool.mode, reading.mode),
      target: parseResources(planned.target),
      guarantee: allocations.get(reading.claim.name)!.guarantee,
      parts: new Map(planned.namespaces.map((part) => [part.name, readPart(part)])),
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
 * The plan in force while nothing in it changes; else a new one. Its epoch is above that of every quota, also where quotas come from
 * another pool or outlived this one's status.
 */
const nextPlan = (input: RebalanceInput, targets: ReadonlyMap<string, Target>): Plan => {
  const { previousPlan: previous, tenants, pool, now } = input;
  const written = Math.max(0, ...tenants.flatMap((t) => t.namespaces.map(({ quota }) => quota?.epoch ?? 0)));
  const shares = tenants
    .map((tenant) => planTenant(tenant, targets.get(tenant.claim.name)!, previous, pool.bandPercent))
    .sort(byName);
  if (previous !== undefined && written <= previous.epoch && isAsPlanned(previous, shares)) return previous;
  return {
    epoch: 1 + Math.max(previous?.epoch ?? 0, written),
    at: toTimestamp(now),
    grants: shares.map((share) => plannedGrant(share, previous)),
  };
};

type PlannedShare = {
  readonly name: string;
  readonly target: Target;
  readonly tenant: TenantReading;
  readonly parts: ReadonlyMap<string, Resources>;
};

/** Splits a tenant's target; a split that still sums to it stays as it is while it would hardly change. */
const planTenant = (
  tenant: TenantReading,
  target: Target,
  previous: Plan | undefined,
  bandPercent: number,
): PlannedShare => {
  const { name, quantum } = tenant.claim;
  const before = new Map(
    tenant.namespaces.map(({ namespace }) => [namespace, plannedPart(previous, name, namespace)?.target ?? ZERO]),
  );
  const wished = splitOverNamespaces(
    target.amount,
    tenant.namespaces.map(({ namespace, demand, quota }) => ({
      name: namespace,
      demand,
      used: quota?.used ?? ZERO,
      previous: before.get(namespace)!,
    })),
  );
  const stays =
    isSame(sum(before.values()), target.amount) &&
    [...wished].every(([namespace, part]) => isSmallChange(before.get(namespace)!, part, quantum, bandPercent));
  return { name, target, tenant, parts: stays ? before : wished };
};

const isAsPlanned = (plan: Plan, shares: readonly PlannedShare[]): boolean =>
  plan.grants.length === shares.length &&
  shares.every(({ name, target, parts }) => {
    const planned = plan.grants.find((grant) => grant.tenant === name);
    return (
      planned !== undefined &&
      isSame(target.amount, parseResources(planned.target)) &&
      planned.namespaces.length === parts.size &&
      planned.namespaces.every((part) => isSame(parts.get(part.name) ?? ZERO, parseResources(part.target)))
    );
  });

const isSame = (a: Resources, b: Resources): boolean => fits(a, b) && fits(b, a);

const plannedGrant = (
  { name, target, tenant, parts }: PlannedShare,
  previous: Plan | undefined,
): Plan['grants'][number] => ({
  tenant: name,
  target: formatResources(target.amount),
  namespaces: tenant.namespaces.map(({ namespace, quota }) => {
    const ceiling = ceilingOf(previous, name, namespace, quota);
    return {
      name: namespace,
      target: formatResources(parts.get(namespace)!),
      ...(ceiling === undefined ? {} : { ceiling: formatResources(ceiling) }),
    };
  }),
  ...(target.raisedAt === undefined ? {} : { raisedAt: toTimestamp(target.raisedAt) }),
  ...(target.cutAt === undefined ? {} : { cutAt: toTimestamp(target.cutAt) }),
});

/**
 * What a run that still holds the previous plan, or one before, may write into a quota after this run has read it: more than it says, as
 * long as a raise of that plan is open. Once the quota is written under a newer plan, the older run's write fails on its
 * resourceVersion. Undefined when nothing is open.
 */
const ceilingOf = (
  previous: Plan | undefined,
  tenant: string,
  namespace: string,
  quota: QuotaReading | undefined,
): Resources | undefined => {
  const planned = plannedPart(previous, tenant, namespace);
  if (planned === undefined || quota === undefined) return undefined;
  const isFenced = quota.epoch === previous?.epoch;
  const ceiling = most(planned.target, (isFenced ? undefined : planned.ceiling) ?? ZERO);
  return fits(ceiling, quota.specHard) ? undefined : ceiling;
};

const plannedPart = (plan: Plan | undefined, tenant: string, namespace: string): PlannedPart | undefined => {
  const grant = plan?.grants.find((g) => g.tenant === tenant);
  const part = grant?.namespaces.find((n) => n.name === namespace);
  return part && readPart(part);
};

const readPart = ({ target, ceiling }: Plan['grants'][number]['namespaces'][number]): PlannedPart => ({
  target: parseResources(target),
  ceiling: ceiling === undefined ? undefined : parseResources(ceiling),
});

const reclaimFrom = (claim: GrantClaim, plan: Plan, graceSeconds: number): readonly Reclaim[] => {
  const tenant = claim.reading.claim.name;
  const excess = subtract(usedBy(claim.reading), claim.target);
  if (claim.mode !== 'drive' || fits(excess, ZERO)) return [];
  const cutAt = plan.grants.find((grant) => grant.tenant === tenant)?.cutAt ?? plan.at;
  return [{ tenant, excess, graceUntil: (fromTimestamp(cutAt) ?? 0) + 1000 * graceSeconds }];
};

const usedBy = ({ namespaces }: TenantReading): Resources => sum(namespaces.map(({ quota }) => quota?.used ?? ZERO));
