/** Groups tenants by tier, the highest first. */
export const byTier = <T extends { readonly tier: number }>(tenants: readonly T[]): readonly (readonly T[])[] => {
  const tiers = Map.groupBy(tenants, (tenant) => tenant.tier);
  return [...tiers.keys()].sort((a, b) => b - a).map((tier) => tiers.get(tier)!);
};

/** Orders names the same everywhere: by code unit, never by locale. */
export const byName = (a: { readonly name: string }, b: { readonly name: string }): number =>
  a.name < b.name ? -1 : a.name > b.name ? 1 : 0;
