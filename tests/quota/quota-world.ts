import type { Plan, Grant, RebalanceInput, RebalancePlan } from '../../lib/quota/rebalance-plan.ts';
import { planRebalance } from '../../lib/quota/plan-rebalance.ts';
import { add, fits, least, most, subtract, sum, ZERO, type Resources } from '../../lib/model/resources.ts';
import { CapacityPoolSpec } from '../../lib/model/capacity-pool.ts';
import type { TenantClaim } from '../../lib/quota/tenant-claim.ts';

/** A ResourceQuota, its controller and the pods under it, as far as they matter to who may use what. */
export type QuotaState = {
  spec: Resources;
  status: Resources;
  used: Resources;
  epoch: number | undefined;
  /** Counts every change, like resourceVersion: the status is part of the object, so use counts too. */
  version: number;
  demand: Resources;
};

/** A run of `rebalance` on its way: what it read of the pool, then what it still has to write. */
export type Rebalance = {
  readonly read: Plan | undefined;
  decided?: RebalancePlan;
  writes: { readonly grant: Grant; readonly version: number }[];
};

export type Membership = { readonly claim: TenantClaim; readonly namespaces: readonly string[] };

/**
 * A pool of tenants in small: everything a run of `rebalance` can meet happens as a call, in any order. The plan changes by
 * compare-and-set, a quota only on the version that was read.
 */
export class QuotaWorld {
  now = Date.parse('2026-01-01T00:00:00Z');
  plan: Plan | undefined;
  written = 0;
  readonly quotas = new Map<string, QuotaState>();
  readonly capacity: Resources;
  readonly members: readonly Membership[];
  readonly pool: CapacityPoolSpec;

  constructor(capacity: Resources, members: readonly Membership[], pool: Partial<CapacityPoolSpec> = {}) {
    this.capacity = capacity;
    this.members = members;
    this.pool = { ...CapacityPoolSpec.parse({}), ...pool };
    for (const namespace of members.flatMap((m) => m.namespaces)) {
      this.quotas.set(namespace, { spec: ZERO, status: ZERO, used: ZERO, epoch: undefined, version: 0, demand: ZERO });
    }
  }

  quota(namespace: string): QuotaState {
    return this.quotas.get(namespace)!;
  }

  /** The most that can be running now or without anybody's further leave. */
  committed(): Resources {
    return sum([...this.quotas.values()].map((q) => most(most(q.spec, q.status), q.used)));
  }

  /** The quota controller copies what is asked for. */
  sync(namespace: string): void {
    const quota = this.quota(namespace);
    if (fits(quota.status, quota.spec) && fits(quota.spec, quota.status)) return;
    quota.status = quota.spec;
    quota.version++;
  }

  /** Pods are created: admission goes by the status. */
  grow(namespace: string, by: Resources): void {
    const quota = this.quota(namespace);
    const more = least(by, least(subtract(quota.status, quota.used), subtract(quota.demand, quota.used)));
    if (fits(more, ZERO)) return;
    quota.used = add(quota.used, more);
    quota.version++;
  }

  shrink(namespace: string, by: Resources): void {
    const quota = this.quota(namespace);
    if (fits(quota.used, ZERO)) return;
    quota.used = subtract(quota.used, by);
    quota.version++;
  }

  begin(): Rebalance {
    return { read: this.plan, writes: [] };
  }

  /** Reads the quotas, decides, and writes the plan if it is new; a plan that changed since it was read ends the run. */
  decide(run: Rebalance): void {
    const decided = planRebalance(this.input(run.read));
    if (decided.plan !== run.read) {
      if (this.plan !== run.read) return;
      this.plan = decided.plan;
      this.written++;
    }
    run.decided = decided;
    run.writes = decided.grants
      .filter(({ phase }) => phase === 'raise' || phase === 'ratchet' || phase === 'fence')
      .map((grant) => ({ grant, version: this.quota(grant.namespace).version }));
  }

  /** Writes the next grant, unless its quota changed since it was read. */
  writeNext(run: Rebalance): void {
    const next = run.writes.shift();
    if (next === undefined) return;
    const quota = this.quota(next.grant.namespace);
    if (quota.version !== next.version) return;
    quota.spec = next.grant.hard;
    quota.epoch = run.decided!.plan.epoch;
    quota.version++;
    this.written++;
  }

  /** A whole run, undisturbed. */
  rebalance(): RebalancePlan {
    const run = this.begin();
    this.decide(run);
    while (run.writes.length > 0) this.writeNext(run);
    return run.decided!;
  }

  /** Everybody does what is asked of them: the controller copies, jobs give back what is reclaimed, the others grow as they may. */
  comply(decided: RebalancePlan): void {
    for (const namespace of this.quotas.keys()) this.sync(namespace);
    for (const { tenant, excess } of decided.reclaim) {
      let left = excess;
      for (const namespace of this.members.find((m) => m.claim.name === tenant)!.namespaces) {
        const given = least(left, this.quota(namespace).used);
        this.shrink(namespace, given);
        left = subtract(left, given);
      }
    }
    for (const { claim, namespaces } of this.members) {
      for (const namespace of namespaces) {
        const quota = this.quota(namespace);
        this.shrink(namespace, subtract(quota.used, quota.demand));
        if (!decided.reclaim.some(({ tenant }) => tenant === claim.name)) this.grow(namespace, quota.demand);
      }
    }
  }

  input(previousPlan: Plan | undefined): RebalanceInput {
    return {
      pool: this.pool,
      capacity: { present: this.capacity, obtainable: this.capacity },
      unclaimed: ZERO,
      previousPlan,
      now: this.now,
      tenants: this.members.map(({ claim, namespaces }) => ({
        claim: { ...claim, demand: sum(namespaces.map((namespace) => this.quota(namespace).demand)) },
        mode: 'drive',
        namespaces: namespaces.map((namespace) => {
          const { spec, status, used, epoch, demand } = this.quota(namespace);
          return { namespace, demand, quota: { specHard: spec, statusHard: status, used, epoch } };
        }),
      })),
    };
  }
}
