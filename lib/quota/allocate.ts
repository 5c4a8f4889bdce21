import { fits, least, subtract, sum, type Resources } from '../model/resources.ts';
import { coverGuarantees } from './guarantees.ts';
import { addHeadroom, chargeOf, type Holder } from './headroom.ts';
import { holdingOf, quantaWithin, wantedQuanta } from './holding.ts';
import type { Allocation, TenantClaim } from './tenant-claim.ts';
import { byName, byTier } from './tiers.ts';

/**
 * Shares capacity among tenants: weighted dominant-resource fairness (Ghodsi et al., NSDI 2011) in whole quanta, over guarantees.
 *
 * 1. Everybody gets what they ask for within their guarantee. Capacity below the sum of guarantees cuts the lowest tier first.
 * 2. What remains, idle guarantees included as far as they may be lent, is surplus. Tier by tier, one quantum at a time goes to the
 *    tenant whose dominant share of the surplus would be smallest after it (Kueue's fair-sharing rule S2-b looks at the same share,
 *    so no tenant of a tier could justly take a quantum back from another one). Ties: larger weight, then name.
 * 3. What nobody asks for tops up guarantees, so that a first job finds room. It is lent again as soon as somebody asks.
 *
 * Deterministic, and blind to the order of its input. With whole quanta, fairness holds up to one quantum
 * (Parkes, Procaccia, Shah, EC 2012).
 */
export const allocate = (capacity: Resources, tenants: readonly TenantClaim[]): ReadonlyMap<string, Allocation> => {
  const guarantees = coverGuarantees(capacity, tenants);
  const sharers = tenants.map((claim) => startSharing(claim, guarantees.get(claim.name)!)).sort(byName);
  const surplus = subtract(capacity, sum(sharers.map((s) => chargeOf(s, s.held))));
  let left = surplus;
  for (const tier of byTier(sharers)) left = shareSurplus(tier, left, surplus);
  const targets = addHeadroom(capacity, sharers);
  return new Map(sharers.map((sharer) => [sharer.name, allocationOf(sharer, targets.get(sharer.name)!)]));
};

/** A tenant while surplus is given out; `held` and `quanta` grow. */
type Sharer = Holder & {
  readonly claim: TenantClaim;
  readonly wanted: number;
  readonly base: Resources;
  quanta: number;
  held: Resources;
};

const startSharing = (claim: TenantClaim, guarantee: Resources): Sharer => {
  const quanta = quantaWithin(claim, guarantee);
  // When not all JobManagers fit the guarantee, those of some jobs do.
  const base = quanta === undefined ? least(holdingOf(claim, 0), guarantee) : holdingOf(claim, quanta);
  const { name, tier } = claim;
  const reserve = subtract(guarantee, claim.lend ?? guarantee);
  return { name, tier, guarantee, reserve, claim, wanted: wantedQuanta(claim), base, quanta: quanta ?? 0, held: base };
};

/** Gives surplus to one tier until nobody in it wants, may have, or could fit another quantum. Answers what is left. */
const shareSurplus = (tier: readonly Sharer[], left: Resources, surplus: Resources): Resources => {
  let hungry = tier.flatMap((sharer) => bidOf(sharer, surplus));
  while (hungry.length > 0) {
    const next = hungry.reduce((a, b) => (comesBefore(b, a) ? b : a));
    hungry = hungry.filter((bid) => bid !== next);
    // What is left only shrinks: whoever does not fit now never will.
    if (!fits(next.cost, left)) continue;
    left = subtract(left, next.cost);
    next.sharer.held = next.held;
    next.sharer.quanta = next.quanta;
    hungry.push(...bidOf(next.sharer, surplus));
  }
  return left;
};

/** A tenant's claim on one more quantum. */
type Bid = {
  readonly sharer: Sharer;
  readonly quanta: number;
  readonly held: Resources;
  /** What the pool loses by it. */
  readonly cost: Resources;
  /** Weighted dominant share of the surplus after it. */
  readonly share: number;
};

/** The tenant's next bid, if it wants more and its limit allows it. */
const bidOf = (sharer: Sharer, surplus: Resources): Bid[] => {
  const { claim, wanted } = sharer;
  const quanta = Math.min(sharer.quanta + 1, wanted);
  const held = holdingOf(claim, quanta);
  if (fits(held, sharer.held) || (claim.limit !== undefined && !fits(held, claim.limit))) return [];
  const charge = chargeOf(sharer, held);
  const borrowed = subtract(charge, chargeOf(sharer, sharer.base));
  const share = dominantShare(borrowed, surplus, claim.weight);
  return [{ sharer, quanta, held, cost: subtract(charge, chargeOf(sharer, sharer.held)), share }];
};

/** The larger of a holding's shares of the two resources, by weight. One division each, so that equal shares compare as equal. */
const dominantShare = (held: Resources, whole: Resources, weight: number): number =>
  Math.max(shareOf(held.cpuMillis, whole.cpuMillis * weight), shareOf(held.memoryBytes, whole.memoryBytes * weight));

const shareOf = (held: number, whole: number): number => (held === 0 ? 0 : held / whole);

/** Whether bid `a` is served before bid `b`. */
const comesBefore = (a: Bid, b: Bid): boolean => {
  if (a.share !== b.share) return a.share < b.share;
  if (a.sharer.claim.weight !== b.sharer.claim.weight) return a.sharer.claim.weight > b.sharer.claim.weight;
  return byName(a.sharer, b.sharer) < 0;
};

const allocationOf = ({ base, held, guarantee }: Sharer, target: Resources): Allocation => ({
  target,
  guarantee,
  base,
  surplus: subtract(held, base),
  headroom: subtract(target, held),
});
