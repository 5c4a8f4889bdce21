import { add, fits, least, most, subtract, sum, ZERO, type Resources } from '../model/resources.ts';
import type { Mode } from '../model/mode.ts';
import type { Grant, NamespaceReading, QuotaReading, TenantReading } from './rebalance-plan.ts';
import { splitOverNamespaces } from './split-over-namespaces.ts';

/** A tenant, and what the plan says of it. */
export type GrantClaim = {
  readonly reading: TenantReading;
  /** The most careful mode of pool and tenant. */
  readonly mode: Mode;
  readonly target: Resources;
  /** The guarantee in force. */
  readonly guarantee: Resources;
  /** What a run that holds an older plan may still write, until the quotas carry this plan's epoch. */
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
  const steps = claims.flatMap((claim) => startSteps(claim, epoch));
  let free = difference(capacity, sum(claims.map((claim) => committedTo(claim, epoch))));
  const served = claims.toSorted(
    (a, b) => b.reading.claim.tier - a.reading.claim.tier || (a.reading.claim.name < b.reading.claim.name ? -1 : 1),
  );
  for (const part of ['guaranteed', 'all'] as const) {
    for (const claim of served) free = raise(claim, part, stepsOf(claim, steps), free);
  }
  return steps.map((step) => grantOf(step));
};

/** One namespace's quota on its way. */
type Step = {
  readonly claim: GrantClaim;
  readonly reading: NamespaceReading;
  readonly target: Resources;
  /** Whether it may be written at all, and why not. */
  readonly heldFor: string | undefined;
  /** Whether an older plan may still write it. */
  readonly unfenced: boolean;
  hard: Resources;
  committed: Resources;
};

const NO_QUOTA: QuotaReading = { specHard: ZERO, statusHard: undefined, used: ZERO, epoch: undefined };

const startSteps = (claim: GrantClaim, epoch: number): readonly Step[] => {
  const { namespaces } = claim.reading;
  const targets = splitOverNamespaces(
    claim.target,
    namespaces.map(({ namespace, demand, quota = NO_QUOTA }) => ({
      name: namespace,
      demand,
      used: quota.used,
      hard: quota.specHard,
    })),
  );
  return namespaces.map((reading): Step => {
    const quota = reading.quota ?? NO_QUOTA;
    const target = targets.get(reading.namespace)!;
    const heldFor = holdReason(claim.mode, reading.quota);
    const lowered = least(quota.specHard, most(target, quota.used));
    return {
      claim,
      reading,
      target,
      heldFor,
      unfenced: isUnfenced(claim, reading, epoch),
      hard: heldFor === undefined ? lowered : quota.specHard,
      committed: namespaces.length === 1 ? committedTo(claim, epoch) : observed(quota),
    };
  });
};

const stepsOf = (claim: GrantClaim, steps: readonly Step[]) => steps.filter((step) => step.claim === claim);

const holdReason = (mode: Mode, quota: QuotaReading | undefined): string | undefined => {
  if (mode === 'observe') return 'Observing';
  if (mode === 'recommend') return 'Recommended';
  return quota === undefined ? 'QuotaMissing' : undefined;
};

/** The most that may run under a quota, as far as it can be read. */
const observed = ({ specHard, statusHard = ZERO, used }: QuotaReading): Resources =>
  most(most(specHard, statusHard), used);

/** The same for all of a tenant's quotas, and for what an older plan may still write into them. */
const committedTo = (claim: GrantClaim, epoch: number): Resources => {
  const { namespaces } = claim.reading;
  const seen = sum(namespaces.map(({ quota = NO_QUOTA }) => observed(quota)));
  if (!namespaces.some((reading) => isUnfenced(claim, reading, epoch))) return seen;
  // How the older plan would split it over several namespaces is not known.
  return namespaces.length === 1 ? most(seen, claim.ceiling ?? ZERO) : add(seen, claim.ceiling ?? ZERO);
};

const isUnfenced = (claim: GrantClaim, { quota }: NamespaceReading, epoch: number): boolean =>
  claim.ceiling !== undefined && quota !== undefined && quota.epoch !== epoch;

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

const grantOf = (step: Step): Grant => {
  const { claim, reading, hard } = step;
  const base = { tenant: claim.reading.claim.name, namespace: reading.namespace, hard };
  if (step.heldFor !== undefined) return { ...base, phase: 'hold', reason: step.heldFor };
  const { specHard, statusHard, used } = reading.quota ?? NO_QUOTA;
  if (!fits(hard, specHard)) {
    return { ...base, phase: 'raise', reason: fits(step.target, hard) ? 'Granted' : 'PartiallyGranted' };
  }
  if (!fits(specHard, hard)) {
    return { ...base, phase: 'ratchet', reason: fits(hard, step.target) ? 'LoweredToTarget' : 'LoweredToUse' };
  }
  if (step.unfenced) return { ...base, phase: 'fence', reason: 'OlderPlanFenced' };
  if (!fits(used, step.target)) return { ...base, phase: 'hold', reason: 'WaitingForRelease' };
  if (!fits(step.target, hard)) return { ...base, phase: 'hold', reason: 'WaitingForRoom' };
  const isCopied = statusHard !== undefined && fits(statusHard, hard) && fits(hard, statusHard);
  return isCopied
    ? { ...base, phase: 'settled', reason: 'Settled' }
    : { ...base, phase: 'hold', reason: 'WaitingForQuotaController' };
};
