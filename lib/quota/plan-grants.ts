import { add, fits, least, most, subtract, sum, ZERO, type Resources } from '../model/resources.ts';
import type { Mode } from '../model/mode.ts';
import type { Grant, NamespaceReading, QuotaReading, TenantReading } from './rebalance-plan.ts';
import { byName } from './tiers.ts';

/** A tenant, and what the plan says of it. */
export type GrantClaim = {
  readonly reading: TenantReading;
  /** The most careful mode of pool and tenant. */
  readonly mode: Mode;
  readonly target: Resources;
  /** The guarantee in force. */
  readonly guarantee: Resources;
  /** By namespace. */
  readonly parts: ReadonlyMap<string, PlannedPart>;
};

/** What the plan says of one namespace. */
export type PlannedPart = {
  readonly target: Resources;
  /** What a run that holds an older plan may still write, until the quota carries this plan's epoch. */
  readonly ceiling: Resources | undefined;
};

/**
 * The next step of every quota towards its target. Safe at any moment, however often it runs and wherever it stops:
 *
 * - Lower first: a quota goes down to its target, or to what is used as long as that is more (a ratchet: freed pods cannot
 *   come back). Cutting evicts nothing; it only keeps new pods out.
 * - Raise only what is free: capacity less `max(spec.hard, status.hard, used)` of every quota. What is lowered now is free only
 *   once the quota controller has copied it to the status (admission goes by `status.hard`) and the pods are gone.
 *
 * Guarantees are raised first, then loans, by tier and name. That order is fixed and each resource is given by itself, so a run
 * that sees more room gives nobody less than one that sees less of it: two runs under one plan cannot promise the same twice.
 */
export const planGrants = (capacity: Resources, epoch: number, claims: readonly GrantClaim[]): readonly Grant[] => {
  const steps = claims.flatMap((claim) => claim.reading.namespaces.map((reading) => startStep(claim, reading, epoch)));
  const served = Map.groupBy(steps.toSorted(firstServedFirst), (step) => step.claim);
  let free = difference(capacity, sum(steps.map((step) => step.committed)));
  for (const part of ['guaranteed', 'all'] as const) {
    for (const [claim, own] of served) free = raise(claim, part, own, free);
  }
  return steps.map((step) => grantOf(step));
};

/** One namespace's quota on its way. */
type Step = {
  readonly claim: GrantClaim;
  readonly namespace: string;
  readonly quota: QuotaReading;
  readonly target: Resources;
  /** Why it may not be written at all. */
  readonly heldFor: string | undefined;
  /** Whether a run with an older plan may still write it. */
  readonly unfenced: boolean;
  hard: Resources;
  /** The most that may run under it, as it was read or may still be written. */
  committed: Resources;
};

const NO_QUOTA: QuotaReading = { specHard: ZERO, statusHard: undefined, used: ZERO, epoch: undefined };
const NO_PART: PlannedPart = { target: ZERO, ceiling: undefined };

const startStep = (claim: GrantClaim, { namespace, quota }: NamespaceReading, epoch: number): Step => {
  const { target, ceiling } = claim.parts.get(namespace) ?? NO_PART;
  const { specHard, statusHard = ZERO, used } = quota ?? NO_QUOTA;
  const heldFor = holdReason(claim.mode, quota);
  const unfenced = ceiling !== undefined && quota !== undefined && quota.epoch !== epoch;
  return {
    claim,
    namespace,
    quota: quota ?? NO_QUOTA,
    target,
    heldFor,
    unfenced,
    hard: heldFor === undefined ? least(specHard, most(target, used)) : specHard,
    committed: [specHard, statusHard, used, unfenced ? ceiling : ZERO].reduce(most),
  };
};

const holdReason = (mode: Mode, quota: QuotaReading | undefined): string | undefined => {
  if (mode === 'observe') return 'Observing';
  if (mode === 'recommend') return 'Recommended';
  return quota === undefined ? 'QuotaMissing' : undefined;
};

const firstServedFirst = (a: Step, b: Step): number => {
  const [one, other] = [a.claim.reading.claim, b.claim.reading.claim];
  return other.tier - one.tier || byName(one, other);
};

/** Raises a tenant's quotas by what is free, towards its guarantee or all of its target. Answers what remains free. */
const raise = (claim: GrantClaim, part: 'guaranteed' | 'all', steps: readonly Step[], free: Resources): Resources => {
  const total = part === 'all' ? claim.target : least(claim.target, claim.guarantee);
  let allowed = subtract(total, sum(steps.map((step) => step.hard)));
  let left = free;
  for (const step of steps) {
    if (step.heldFor !== undefined) continue;
    const wanted = add(step.hard, least(subtract(step.target, step.hard), allowed));
    // Up to what is committed anyway, a raise costs nothing; unless more is committed than there is.
    const hard = most(step.hard, least(wanted, add(step.committed, left)));
    allowed = subtract(allowed, subtract(hard, step.hard));
    left = difference(left, subtract(hard, step.committed));
    step.committed = most(step.committed, hard);
    step.hard = hard;
  }
  return left;
};

/** `a - b`, negative where more is committed than there is. */
const difference = (a: Resources, b: Resources): Resources => ({
  cpuMillis: a.cpuMillis - b.cpuMillis,
  memoryBytes: a.memoryBytes - b.memoryBytes,
});

const grantOf = ({ claim, namespace, quota, target, heldFor, unfenced, hard }: Step): Grant => {
  const grant = { tenant: claim.reading.claim.name, namespace, hard };
  const { specHard, statusHard, used } = quota;
  if (heldFor !== undefined) return { ...grant, phase: 'hold', reason: heldFor };
  if (!fits(hard, specHard)) {
    return { ...grant, phase: 'raise', reason: fits(target, hard) ? 'Granted' : 'PartiallyGranted' };
  }
  if (!fits(specHard, hard)) {
    return { ...grant, phase: 'ratchet', reason: fits(hard, target) ? 'LoweredToTarget' : 'LoweredToUse' };
  }
  if (unfenced) return { ...grant, phase: 'fence', reason: 'OlderPlanFenced' };
  if (!fits(used, target)) return { ...grant, phase: 'hold', reason: 'WaitingForRelease' };
  if (!fits(target, hard)) return { ...grant, phase: 'hold', reason: 'WaitingForRoom' };
  const isCopied = statusHard !== undefined && fits(statusHard, hard) && fits(hard, statusHard);
  return isCopied
    ? { ...grant, phase: 'settled', reason: 'Settled' }
    : { ...grant, phase: 'hold', reason: 'WaitingForQuotaController' };
};
