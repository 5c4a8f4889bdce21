import type { EpochMillis } from '../model/instant.ts';
import { add, fits, least, most, subtract, sum, times, wholeUnits, ZERO, type Resources } from '../model/resources.ts';
import { addHeadroom, chargeOf, type Holder } from './headroom.ts';
import { isSmallChange } from './small-change.ts';
import type { Allocation, TenantClaim } from './tenant-claim.ts';
import { byName } from './tiers.ts';

/** A target, and when what it borrows last grew or shrank. */
export type Target = {
  readonly amount: Resources;
  readonly raisedAt: EpochMillis | undefined;
  readonly cutAt: EpochMillis | undefined;
};

export type TenantShare = {
  readonly claim: TenantClaim;
  readonly allocation: Allocation;
  /** By the plan in force; undefined for a new tenant. */
  readonly previous: Target | undefined;
};

/** How reluctantly targets follow allocations. */
export type Calm = { readonly bandPercent: number; readonly cooldownSeconds: number };

/**
 * Moves targets towards the allocations, without thrashing.
 *
 * - What is guaranteed moves at once: whoever asks for it gets it, whatever anybody else's cooldown says.
 * - What is borrowed has a cooldown: not cut soon after a raise, not raised soon after a cut.
 * - A change smaller than the band (and than one TaskManager) is not carried out, unless somebody else needs it.
 *
 * The targets sum to `capacity` at most. With constant claims they reach the allocations, up to the band, and stay.
 */
export const settleTargets = (
  capacity: Resources,
  shares: readonly TenantShare[],
  calm: Calm,
  now: EpochMillis,
): ReadonlyMap<string, Target> => {
  const movers = shares.map((share) => startMoving(share, calm, now)).sort(byName);
  const weakestFirst = movers.toSorted((a, b) => a.tier - b.tier || byName(a, b));

  // A loan in its cooldown goes back all the same where a guarantee needs it.
  for (const mover of weakestFirst) {
    if (fits(chargeOfAll(movers), capacity)) break;
    mover.held = mover.certain;
  }
  // New loans come out of what is then free.
  for (const mover of movers.toSorted((a, b) => b.tier - a.tier || byName(a, b))) {
    if (mover.mayGrow) mover.held = grow(mover, subtract(capacity, chargeOfAll(movers)));
  }
  const topped = addHeadroom(capacity, movers);

  // Whoever would hardly change stays, until somebody's change needs what that would free.
  const kept = new Set(movers.filter((mover) => isWithinBand(mover, topped.get(mover.name)!, calm.bandPercent)));
  const amountOf = (mover: Mover): Resources => (kept.has(mover) ? mover.before : topped.get(mover.name)!);
  for (const mover of weakestFirst) {
    if (fits(sum(movers.map(amountOf)), capacity)) break;
    if (!fits(mover.before, topped.get(mover.name)!)) kept.delete(mover);
  }
  return new Map(movers.map((mover) => [mover.name, stamp(mover, amountOf(mover), now)]));
};

/** A tenant on its way: `held` is what it is to have of what it asks for. */
type Mover = Holder & {
  readonly share: TenantShare;
  /** The target so far, zero for a new tenant. */
  readonly before: Resources;
  readonly asked: Resources;
  /** What it has in any case: what it asks for, as far as it had it before or is guaranteed it. */
  readonly certain: Resources;
  readonly mayGrow: boolean;
  held: Resources;
};

const startMoving = (share: TenantShare, { cooldownSeconds }: Calm, now: EpochMillis): Mover => {
  const { claim, allocation, previous } = share;
  const { guarantee, base, surplus } = allocation;
  const isRecent = (at: EpochMillis | undefined) => at !== undefined && now - at < cooldownSeconds * 1000;
  const before = least(previous?.amount ?? ZERO, claim.limit ?? previous?.amount ?? ZERO);
  const asked = add(base, surplus);
  const certain = least(asked, most(before, base));
  const keepsLoan = isRecent(previous?.raisedAt) && !fits(before, guarantee);
  return {
    share,
    name: claim.name,
    tier: claim.tier,
    guarantee,
    reserve: subtract(guarantee, claim.lend ?? guarantee),
    before,
    asked,
    certain,
    held: keepsLoan ? most(before, base) : certain,
    mayGrow: !isRecent(previous?.cutAt),
  };
};

const chargeOfAll = (movers: readonly Mover[]): Resources => sum(movers.map((mover) => chargeOf(mover, mover.held)));

/** All that the tenant asks for if it fits what is free; else as many whole quanta as do. */
const grow = (mover: Mover, free: Resources): Resources => {
  const { held, asked } = mover;
  const fitsWith = (more: Resources) => fits(subtract(chargeOf(mover, more), chargeOf(mover, held)), free);
  const all = most(held, asked);
  if (fitsWith(all)) return all;
  const quanta = wholeUnits(mover.share.claim.quantum, free);
  const some = Number.isFinite(quanta)
    ? most(held, least(asked, add(held, times(mover.share.claim.quantum, quanta))))
    : held;
  return fitsWith(some) ? some : held;
};

/** Whether the target so far may stay: it still covers what is certain, and the change is too small to be worth anything. */
const isWithinBand = ({ before, reserve, share }: Mover, wish: Resources, bandPercent: number): boolean =>
  share.previous !== undefined &&
  fits(most(share.allocation.base, reserve), before) &&
  isSmallChange(before, wish, share.claim.quantum, bandPercent);

/** Remembers when what is borrowed grew or shrank. */
const stamp = ({ share, guarantee }: Mover, amount: Resources, now: EpochMillis): Target => {
  const borrowed = subtract(amount, guarantee);
  const borrowedBefore = subtract(share.previous?.amount ?? ZERO, guarantee);
  return {
    amount,
    raisedAt: fits(borrowed, borrowedBefore) ? share.previous?.raisedAt : now,
    cutAt: fits(borrowedBefore, borrowed) ? share.previous?.cutAt : now,
  };
};
