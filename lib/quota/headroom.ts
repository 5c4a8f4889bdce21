import { add, least, most, subtract, sum, type Resources } from '../model/resources.ts';
import { proportion } from './proportion.ts';
import { byTier } from './tiers.ts';

/** A tenant, with what it is given because it asks for it. */
export type Holder = {
  readonly name: string;
  readonly tier: number;
  /** The guarantee in force. */
  readonly guarantee: Resources;
  /** The part of the guarantee that is never lent. */
  readonly reserve: Resources;
  readonly held: Resources;
};

/** What a holding takes from the pool: what is not lent counts, used or not. */
export const chargeOf = (holder: Pick<Holder, 'reserve'>, held: Resources): Resources => most(held, holder.reserve);

/**
 * Tops holdings up towards the guarantees with what is left, so that a tenant finds its guarantee free when it submits its first
 * job. Higher tiers first; inside a tier in proportion to what is missing. Answers the new totals by name.
 */
export const addHeadroom = (capacity: Resources, holders: readonly Holder[]): ReadonlyMap<string, Resources> => {
  const topped = new Map<string, Resources>();
  let left = subtract(capacity, sum(holders.map((h) => chargeOf(h, h.held))));
  for (const tier of byTier(holders)) {
    const missing = sum(tier.map(missingOf));
    const given = least(missing, left);
    for (const holder of tier) {
      topped.set(holder.name, add(chargeOf(holder, holder.held), proportion(missingOf(holder), given, missing)));
    }
    left = subtract(left, given);
  }
  return topped;
};

const missingOf = (holder: Holder): Resources => subtract(holder.guarantee, chargeOf(holder, holder.held));
