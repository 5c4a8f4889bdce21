import { least, subtract, sum, type Resources } from '../model/resources.ts';
import { proportion } from './proportion.ts';
import type { TenantClaim } from './tenant-claim.ts';
import { byTier } from './tiers.ts';

/**
 * The guarantees that capacity can back, by tenant. When it cannot back them all, the lowest tier loses first, and inside a tier
 * everybody loses the same share; each resource by itself.
 */
export const coverGuarantees = (
  capacity: Resources,
  tenants: readonly TenantClaim[],
): ReadonlyMap<string, Resources> => {
  const covered = new Map<string, Resources>();
  let left = capacity;
  for (const tier of byTier(tenants)) {
    const claimed = sum(tier.map(claimedGuarantee));
    for (const tenant of tier) covered.set(tenant.name, proportion(claimedGuarantee(tenant), left, claimed));
    left = subtract(left, claimed);
  }
  return covered;
};

/** A guarantee above the limit is worth the limit. */
export const claimedGuarantee = ({ guarantee, limit }: TenantClaim): Resources =>
  limit === undefined ? guarantee : least(guarantee, limit);
