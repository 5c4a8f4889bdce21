import type { ConditionWish } from '../model/condition.ts';
import { fits, formatResources, subtract, sum, ZERO, type Resources } from '../model/resources.ts';
import { claimedGuarantee } from './guarantees.ts';
import type { GrantClaim } from './plan-grants.ts';
import type { Grant, RebalanceInput, RebalancePlan, TenantOutcome } from './rebalance-plan.ts';
import type { Allocation } from './tenant-claim.ts';

/** What each reason of an unsettled quota means. No amounts: a message that moved with every pod would be written with every pod. */
const MESSAGES: Readonly<Record<string, string>> = {
  Settled: 'every quota is what the plan says',
  Granted: 'being raised to the target',
  PartiallyGranted: 'being raised by what is free; the rest waits for other tenants to give back',
  LoweredToTarget: 'being lowered to the target',
  LoweredToUse: 'more is used than the target: being lowered to what is used',
  OlderPlanFenced: 'a run with an older plan is being shut out',
  WaitingForRelease: 'more is used than the target: waiting for jobs to give it back',
  WaitingForRoom: 'less is granted than the target: waiting for other tenants to give back',
  WaitingForQuotaController: 'waiting for the quota controller to take the quota over',
  QuotaMissing: 'a namespace has no quota yet',
  Observing: 'mode is observe: quotas are left alone',
  Recommended: 'mode is recommend: quotas are left alone',
};

/** Which reason is shown when a tenant's namespaces have several. */
const IMPORTANCE = Object.keys(MESSAGES);

/** What a tenant's status says of its quota. */
export const describeTenant = (claim: GrantClaim, grants: readonly Grant[]): TenantOutcome => {
  const { namespaces, claim: claimed } = claim.reading;
  const granted = sum(namespaces.map(({ quota }) => quota?.specHard ?? ZERO));
  const reason = grants
    .map((grant) => grant.reason)
    .reduce((a, b) => (IMPORTANCE.indexOf(a) >= IMPORTANCE.indexOf(b) ? a : b), 'Settled');
  return {
    tenant: claimed.name,
    target: claim.target,
    granted,
    used: sum(namespaces.map(({ quota }) => quota?.used ?? ZERO)),
    demand: claimed.demand,
    borrowed: subtract(granted, claim.guarantee),
    conditions: [condition('QuotaSettled', reason === 'Settled', reason, MESSAGES[reason] ?? '')],
  };
};

/** What the pool's status says. */
export const describePool = (
  { capacity, tenants }: RebalanceInput,
  allocations: ReadonlyMap<string, Allocation>,
  outcomes: readonly TenantOutcome[],
): RebalancePlan['pool'] => {
  const total = (amount: (outcome: TenantOutcome) => Resources) => formatResources(sum(outcomes.map(amount)));
  const cut = tenants
    .map(({ claim }) => claim)
    .filter((claim) => !fits(claimedGuarantee(claim), allocations.get(claim.name)!.guarantee))
    .map((claim) => claim.name)
    .sort();
  const unsettled = outcomes.filter((o) => o.conditions.some((c) => c.status !== 'True')).map((o) => o.tenant);
  return {
    amounts: {
      capacity: { present: formatResources(capacity.present), obtainable: formatResources(capacity.obtainable) },
      guaranteed: formatResources(sum(tenants.map(({ claim }) => claim.guarantee))),
      granted: total((o) => o.granted),
      used: total((o) => o.used),
    },
    conditions: [
      cut.length === 0
        ? condition('GuaranteesCovered', true, 'Covered', 'the capacity covers every guarantee')
        : condition('GuaranteesCovered', false, 'CapacityBelowGuarantees', `cut: ${cut.join(', ')}`),
      unsettled.length === 0
        ? condition('Settled', true, 'Settled', 'every quota is what the plan says')
        : condition('Settled', false, 'Settling', 'quotas are on their way to the plan, or held'),
    ],
  };
};

const condition = (type: string, holds: boolean, reason: string, message: string): ConditionWish => ({
  type,
  status: holds ? 'True' : 'False',
  reason,
  message,
});
