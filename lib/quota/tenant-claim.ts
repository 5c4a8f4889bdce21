import type { Resources } from '../model/resources.ts';

/** What one tenant brings to the sharing of a pool. All amounts are requests, JobManager pods included. */
export type TenantClaim = {
  readonly name: string;
  /** Higher is served first with surplus, and cut last when capacity is lost. */
  readonly tier: number;
  /** Share of surplus inside a tier. */
  readonly weight: number;
  /** Theirs whenever they ask for it. */
  readonly guarantee: Resources;
  /** Most they may have when borrowing; undefined: whatever is free. Never below the guarantee. */
  readonly limit: Resources | undefined;
  /** Part of an idle guarantee that others may use meanwhile; undefined: all of it. */
  readonly lend: Resources | undefined;
  /** The JobManager pods: without them no TaskManager is of use. */
  readonly fixed: Resources;
  /** Size of one TaskManager, the step in which the tenant grows (see `quantumOf`). */
  readonly quantum: Resources;
  /** What the tenant's jobs ask for, `fixed` included. */
  readonly demand: Resources;
};

/** What a tenant is to have. `target = base + surplus + headroom`. */
export type Allocation = {
  readonly target: Resources;
  /** The guarantee in force: less than claimed when capacity does not cover all guarantees. */
  readonly guarantee: Resources;
  /** Asked for, and backed by the guarantee. */
  readonly base: Resources;
  /** Asked for, and borrowed: what others may ask back. */
  readonly surplus: Resources;
  /** Not asked for: the rest of the guarantee as far as nobody else needs it, so that a first job finds room. */
  readonly headroom: Resources;
};
