import {
  CAPACITY_POOL,
  MANAGED_JOB,
  NODE,
  RESOURCE_QUOTA,
  TENANT,
  type ResourceQuota,
} from '../clients/kubernetes/kinds.ts';
import { CapacityPoolSpec, type CapacityPool } from '../model/capacity-pool.ts';
import { setConditions } from '../model/condition.ts';
import { toTimestamp } from '../model/instant.ts';
import { PLAN_EPOCH_ANNOTATION, TENANT_LABEL } from '../model/group.ts';
import type { ManagedJob } from '../model/managed-job.ts';
import { mostCareful } from '../model/mode.ts';
import { formatResources, most, parseResources, sum, ZERO } from '../model/resources.ts';
import { namespacesOf, TenantSpec, type Tenant } from '../model/tenant.ts';
import { demandOf, quantumOf, type JobFootprint } from '../quota/job-demand.ts';
import { planRebalance } from '../quota/plan-rebalance.ts';
import { readPoolCapacity } from '../quota/pool-capacity.ts';
import type { NamespaceReading, RebalanceInput, RebalancePlan, TenantReading } from '../quota/rebalance-plan.ts';
import { GRANT_QUOTA, quotaHard, readQuota } from '../tenant/resource-quota.ts';
import { HeadgateError } from '../runtime/errors.ts';
import type { Run } from './run.ts';
import { sendWork } from './send-work.ts';
import { statusWish } from './status-wish.ts';
import { readStop } from './stop.ts';

export type RebalanceConfig = { readonly workQueueUrl: string };

/** Shares the capacity of one pool, or of every pool, among its tenants. Safe to run at any time, twice, or half. */
export const rebalance = async (run: Run, config: RebalanceConfig, only?: string): Promise<void> => {
  const stopped = await readStop(run.kubernetes);
  if (stopped !== undefined) {
    run.log.info('rebalance held', { reason: 'Stopped', message: stopped });
    return;
  }
  const world = await readWorld(run);
  const failures: unknown[] = [];
  for (const pool of world.pools.filter((p) => only === undefined || p.metadata.name === only)) {
    // One pool's trouble is not the next one's.
    await rebalancePool(run, config, pool, world).catch((error: unknown) => {
      run.log.error('rebalance failed', { pool: pool.metadata.name, error: String(error) });
      failures.push(error);
    });
  }
  if (failures.length > 0) throw new AggregateError(failures, 'rebalance failed for some pools');
};

type ClusterReading = {
  readonly pools: readonly CapacityPool[];
  readonly tenants: readonly Tenant[];
  readonly quotas: readonly ResourceQuota[];
  readonly jobs: readonly ManagedJob[];
  readonly nodes: RebalanceNodes;
};
type RebalanceNodes = Awaited<ReturnType<typeof readNodes>>;

const readNodes = (run: Run, pools: readonly CapacityPool[]) =>
  pools.some((pool) => pool.spec.fromNodes !== undefined) ? run.kubernetes.list(NODE) : Promise.resolve([]);

const readWorld = async (run: Run): Promise<ClusterReading> => {
  const pools = await run.kubernetes.list(CAPACITY_POOL);
  const [tenants, quotas, jobs, nodes] = await Promise.all([
    run.kubernetes.list(TENANT),
    run.kubernetes.list(RESOURCE_QUOTA, { labelSelector: TENANT_LABEL }),
    run.kubernetes.list(MANAGED_JOB),
    readNodes(run, pools),
  ]);
  return { pools, tenants, quotas: quotas.filter((q) => q.metadata.name === GRANT_QUOTA), jobs, nodes };
};

const rebalancePool = async (
  run: Run,
  config: RebalanceConfig,
  pool: CapacityPool,
  world: ClusterReading,
): Promise<void> => {
  const spec = CapacityPoolSpec.parse(pool.spec);
  const tenants = world.tenants.filter((t) => t.spec.pool === pool.metadata.name);
  const input: RebalanceInput = {
    pool: spec,
    capacity: readPoolCapacity(spec, world.nodes),
    tenants: tenants.map((tenant) => readTenant(tenant, spec, world)),
    unclaimed: unclaimedBy(world),
    previousPlan: pool.status?.plan,
    now: run.world.now(),
  };
  const decided = planRebalance(input);
  run.log.info('rebalance', {
    pool: pool.metadata.name,
    epoch: decided.plan.epoch,
    grants: decided.grants,
    reclaim: decided.reclaim,
  });
  // Of two runs that read the same pool, one goes on.
  if (!(await applyPlan(run, pool, decided))) return;
  const raised = await applyGrants(run, decided, world.quotas);
  await Promise.all(tenants.map((tenant) => applyTenantQuota(run, tenant, decided)));
  await wakeTenants(run, config, decided, raised);
};

const readTenant = (tenant: Tenant, pool: CapacityPoolSpec, world: ClusterReading): TenantReading => {
  const spec = TenantSpec.parse(tenant.spec);
  const footprints = (namespace?: string): readonly JobFootprint[] =>
    world.jobs
      .filter((job) =>
        namespace === undefined
          ? namespacesOf(tenant).includes(job.metadata.namespace ?? '')
          : job.metadata.namespace === namespace,
      )
      .flatMap((job) => footprintOf(job));
  const namespaces = namespacesOf(tenant).map((namespace): NamespaceReading => {
    const quota = world.quotas.find((q) => q.metadata.namespace === namespace);
    return {
      namespace,
      demand: demandOf(footprints(namespace)),
      quota: quota === undefined ? undefined : readGrant(quota),
    };
  });
  const jobs = footprints();
  return {
    claim: {
      name: tenant.metadata.name,
      tier: spec.tier,
      weight: spec.weight,
      guarantee: parseResources(spec.quota.guarantee),
      limit: spec.quota.limit === undefined ? undefined : parseResources(spec.quota.limit),
      lend: spec.quota.lend === undefined ? undefined : parseResources(spec.quota.lend),
      fixed: sum(jobs.map((job) => job.jobManagers)),
      quantum: quantumOf(jobs),
      demand: demandOf(jobs),
    },
    mode: mostCareful(pool.mode, spec.mode),
    namespaces,
  };
};

/** A job that `work` has not looked at yet asks for nothing that anybody knows of. */
const footprintOf = (job: ManagedJob): readonly JobFootprint[] => {
  const demand = job.status?.demand;
  if (demand === undefined) return [];
  return [
    {
      jobManagers: parseResources(demand.jobManagers),
      taskManager: parseResources(demand.taskManager),
      taskManagers: demand.taskManagers,
    },
  ];
};

const readGrant = (quota: ResourceQuota): NonNullable<NamespaceReading['quota']> => {
  const reading = readQuota(quota);
  const epoch = Number(quota.metadata.annotations?.[PLAN_EPOCH_ANNOTATION]);
  return {
    specHard: reading.specHard ?? ZERO,
    statusHard: reading.statusHard,
    used: reading.used ?? ZERO,
    epoch: Number.isInteger(epoch) ? epoch : undefined,
  };
};

/** What namespaces still hold whose tenant is gone: capacity that nobody may be promised. */
const unclaimedBy = (world: ClusterReading) => {
  const claimed = new Set(world.tenants.flatMap((tenant) => namespacesOf(tenant)));
  return sum(
    world.quotas
      .filter((quota) => !claimed.has(quota.metadata.namespace ?? ''))
      .map(readQuota)
      .map(({ specHard, statusHard, used }) => most(most(specHard ?? ZERO, statusHard ?? ZERO), used ?? ZERO)),
  );
};

/** The plan is written by compare-and-set before any grant: of two runs that read the same pool, one goes on. */
const applyPlan = async (run: Run, pool: CapacityPool, decided: RebalancePlan): Promise<boolean> => {
  const applied = await run.kubernetes
    .apply<CapacityPool>(
      statusWish(pool, {
        ...(pool.metadata.generation === undefined ? {} : { observedGeneration: pool.metadata.generation }),
        ...decided.pool.amounts,
        plan: decided.plan,
        conditions: setConditions(pool.status?.conditions ?? [], decided.pool.conditions, run.world.now()),
      }),
      { manager: 'headgate-plan', subresource: 'status', current: pool },
    )
    .catch((error: unknown) => leaveToNextRun(run, pool.metadata.name, error));
  return applied !== undefined;
};

/** Writes the grants that change; answers the tenants whose grant was raised. A quota that moved meanwhile is left to the next run. */
const applyGrants = async (
  run: Run,
  decided: RebalancePlan,
  quotas: readonly ResourceQuota[],
): Promise<ReadonlySet<string>> => {
  const raised = new Set<string>();
  for (const grant of decided.grants.filter((g) => g.phase !== 'settled' && g.phase !== 'hold')) {
    const current = quotas.find((q) => q.metadata.namespace === grant.namespace);
    if (current === undefined) continue;
    const wish = {
      apiVersion: 'v1',
      kind: 'ResourceQuota',
      metadata: {
        name: GRANT_QUOTA,
        namespace: grant.namespace,
        ...(current.metadata.resourceVersion === undefined
          ? {}
          : { resourceVersion: current.metadata.resourceVersion }),
        annotations: { [PLAN_EPOCH_ANNOTATION]: String(decided.plan.epoch) },
      },
      spec: { hard: quotaHard(grant.hard) },
    };
    const applied = await run.kubernetes
      .apply<ResourceQuota>(wish, { manager: 'headgate-grant', current, takeOverFrom: ['headgate-birth'] })
      .catch((error: unknown) => leaveToNextRun(run, grant.namespace, error));
    if (applied?.outcome === 'written' && grant.phase === 'raise') raised.add(grant.tenant);
  }
  return raised;
};

/** Somebody wrote it meanwhile: the next run reads it afresh. */
const leaveToNextRun = (run: Run, name: string, error: unknown): undefined => {
  if (error instanceof HeadgateError && (error.code === 'Conflict' || error.code === 'OwnedByAnother')) {
    run.log.warn('left to the next run', { name, code: error.code, message: error.message });
    return undefined;
  }
  throw error;
};

const applyTenantQuota = async (run: Run, tenant: Tenant, decided: RebalancePlan): Promise<void> => {
  const outcome = decided.tenants.find((t) => t.tenant === tenant.metadata.name);
  if (outcome === undefined) return;
  const { target, granted, used, demand, borrowed } = outcome;
  const amounts = { target, granted, used, demand, borrowed };
  const settled = setConditions(
    (tenant.status?.conditions ?? []).filter((c) => c.type === 'QuotaSettled'),
    outcome.conditions,
    run.world.now(),
  );
  await run.kubernetes
    .apply<Tenant>(
      statusWish(tenant, {
        quota: {
          ...Object.fromEntries(Object.entries(amounts).map(([name, r]) => [name, formatResources(r)])),
          ...reclaimAfter(decided, tenant.metadata.name),
          epoch: decided.plan.epoch,
        },
        conditions: settled,
      }),
      { manager: 'headgate-quota', subresource: 'status', current: tenant },
    )
    .catch((error: unknown) => leaveToNextRun(run, tenant.metadata.name, error));
};

const reclaimAfter = (decided: RebalancePlan, tenant: string): { reclaimAfter?: string } => {
  const reclaim = decided.reclaim.find((r) => r.tenant === tenant);
  return reclaim === undefined ? {} : { reclaimAfter: toTimestamp(reclaim.graceUntil) };
};

/** Whoever got more may grow, whoever holds too much must shrink: both are looked at without waiting for the tick. */
const wakeTenants = async (
  run: Run,
  config: RebalanceConfig,
  decided: RebalancePlan,
  raised: ReadonlySet<string>,
): Promise<void> => {
  const reclaimed = decided.reclaim.map((r) => r.tenant);
  for (const tenant of new Set([...raised, ...reclaimed])) {
    await sendWork(run, config.workQueueUrl, {
      tenant,
      cause: 'rebalance',
      id: `rebalance-${decided.plan.epoch}`,
      at: run.world.now(),
    });
  }
};
