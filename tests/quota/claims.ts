import { ZERO, type Resources } from '../../lib/model/resources.ts';
import type { TenantClaim } from '../../lib/quota/tenant-claim.ts';

const GIB = 1024 ** 3;

/** So many cores, and GiB of memory. */
export const amount = (cores: number, gib = 0): Resources => ({ cpuMillis: cores * 1000, memoryBytes: gib * GIB });

export const EVERYTHING = amount(1_000_000, 1_000_000);

/** A tenant without a guarantee that borrows by TaskManagers of one core, as many as it gets. */
export const aClaim = (name: string, fields: Partial<TenantClaim> = {}): TenantClaim => ({
  name,
  tier: 10,
  weight: 1,
  guarantee: ZERO,
  limit: undefined,
  lend: undefined,
  fixed: ZERO,
  quantum: amount(1),
  demand: amount(1000),
  ...fields,
});
