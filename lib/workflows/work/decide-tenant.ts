import { recordRescale } from '../../autoscale/scaling-history.ts';
import { fitToTaskManagers, taskManagersNeeded } from '../../autoscale/task-managers.ts';
import { fits, subtract, sum, times, ZERO, type Resources } from '../../model/resources.ts';
import { shareRoom } from '../../quota/share-room.ts';
import { decideJob } from './decide-job.ts';
import { hold, type JobDecision } from './job-decision.ts';
import { begin } from './operation.ts';
import { withinMode } from './within-mode.ts';
import type { JobSnapshot, TenantSnapshot } from './snapshot.ts';

/**
 * What to do about every job of a tenant. Each job decides by its own load; then the room under each namespace's quota is
 * shared among those that want to grow, and a job that gets less than it wants grows by that and says so.
 */
export const decideTenant = (tenant: TenantSnapshot): readonly JobDecision[] => {
  const wishes = tenant.jobs.map((job) => ({ job, wish: decideJob(tenant, job) }));
  const reclaimed = reclaim(tenant, wishes);
  const granted = shareGrowth(tenant, wishes);
  return wishes.map(({ job, wish }) => {
    const shrunk = reclaimed.get(job.key);
    if (shrunk !== undefined) return shrunk;
    const grant = granted.get(job.key);
    return grant === undefined ? wish : withinMode(tenant, job, fitToGrant(tenant, job, wish, grant));
  });
};

type Wish = { readonly job: JobSnapshot; readonly wish: JobDecision };
/**
 * What a tenant holds above its target goes back: jobs of low priority give first, each down to its least size. They are shrunk, never
 * stopped; what that does not cover stays borrowed, and the tenant's condition QuotaSettled says so.
 */
const reclaim = (tenant: TenantSnapshot, wishes: readonly Wish[]): ReadonlyMap<string, JobDecision> => {
  const decisions = new Map<string, JobDecision>();
  let excess = tenant.excess && subtract(tenant.excess, sum(tenant.jobs.map(goingAnyway)));
  const byPriority = wishes.toSorted(
    ({ job: a }, { job: b }) => a.managed.spec.priority - b.managed.spec.priority || (a.key < b.key ? -1 : 1),
  );
  for (const { job, wish } of byPriority) {
    if (excess === undefined || fits(excess, ZERO)) break;
    const given = giveBack(tenant, job, wish, excess);
    if (given === undefined) continue;
    decisions.set(job.key, given.decision);
    excess = subtract(excess, given.freed);
  }
  return decisions;
};

/** TaskManagers that Flink no longer needs and lets go of by itself, after its own time-out. */
const goingAnyway = ({ workload, look, taskManagerPods }: JobSnapshot): Resources => {
  if (workload === undefined || look?.graph === undefined) return ZERO;
  const needed = taskManagersNeeded(look.graph, {}, workload.slotsPerTaskManager);
  return times(workload.taskManager, Math.max(0, taskManagerPods - needed));
};

const giveBack = (
  tenant: TenantSnapshot,
  job: JobSnapshot,
  wish: JobDecision,
  excess: Resources,
): { readonly decision: JobDecision; readonly freed: Resources } | undefined => {
  const { managed, workload, look } = job;
  const { preemptible, paused, bounds, desired } = managed.spec;
  const untouchable =
    !preemptible || desired !== 'running' || paused === 'scaling' || paused === 'scale-down' || paused === 'all';
  if (workload === undefined || look?.graph === undefined || untouchable || managed.status?.operation !== undefined)
    return undefined;
  const { graph } = look;
  const { taskManager, slotsPerTaskManager } = workload;
  const current = taskManagersNeeded(graph, {}, slotsPerTaskManager);
  const toGive = Math.max(excess.cpuMillis / taskManager.cpuMillis, excess.memoryBytes / taskManager.memoryBytes);
  const fit = fitToTaskManagers({
    graph,
    current: Object.fromEntries(graph.vertices.map((v) => [v.id, Math.min(v.parallelism, bounds.minParallelism ?? 1)])),
    wanted: Object.fromEntries(graph.vertices.map((v) => [v.id, v.parallelism])),
    slotsPerTaskManager,
    maxTaskManagers: Math.max(1, current - Math.ceil(toGive)),
  });
  if (fit.taskManagers >= current) return undefined;
  const message = `gives back ${current - fit.taskManagers} of ${current} TaskManagers: the tenant holds more than its share`;
  const decision = begin(tenant, job, workload, {
    kind: 'Rescale',
    target: { parallelism: fit.parallelism },
    reason: 'Reclaimed',
    message,
  });
  if (decision.kind !== 'rescale') return undefined;
  const rest = {
    wanted: wish.wanted,
    evidence: wish.evidence,
    scaling: recordRescale(graph, fit.parallelism, tenant.now),
  };
  return {
    decision: withinMode(tenant, job, { ...decision, ...rest }),
    freed: times(taskManager, current - fit.taskManagers),
  };
};

type GrantedTaskManagers = { readonly taskManagers: number; readonly reason: string };

/** How many TaskManagers each growing job may have, by job; jobs that do not grow are not in it. */
const shareGrowth = (tenant: TenantSnapshot, wishes: readonly Wish[]): ReadonlyMap<string, GrantedTaskManagers> => {
  const granted = new Map<string, GrantedTaskManagers>();
  for (const [namespace, room] of Object.entries(tenant.room)) {
    const inNamespace = wishes.filter(({ job }) => job.managed.metadata.namespace === namespace);
    const growing = inNamespace.flatMap((wish) => growthOf(wish));
    if (growing.length === 0) continue;
    // A quota that is not known yet admits nothing that anybody could count on.
    const free = subtract(room ?? { cpuMillis: 0, memoryBytes: 0 }, promised(inNamespace.map(({ job }) => job)));
    for (const share of shareRoom(free, growing))
      granted.set(share.key, { taskManagers: share.granted, reason: share.reason });
  }
  return granted;
};

const growthOf = ({ job, wish }: Wish) => {
  const parallelism = wish.operation?.target?.parallelism;
  if (
    wish.kind !== 'rescale' ||
    parallelism === undefined ||
    job.workload === undefined ||
    job.look?.graph === undefined
  )
    return [];
  const current = Math.max(
    job.taskManagerPods,
    taskManagersNeeded(job.look.graph, {}, job.workload.slotsPerTaskManager),
  );
  const wanted = taskManagersNeeded(job.look.graph, parallelism, job.workload.slotsPerTaskManager);
  const limited = Math.min(wanted, job.managed.spec.bounds.maxTaskManagers ?? wanted);
  if (wanted <= current) return [];
  return [
    {
      key: job.key,
      priority: job.managed.spec.priority,
      unit: job.workload.taskManager,
      current,
      wanted: Math.max(current, limited),
    },
  ];
};

/** TaskManagers that a rescale under way has been granted but that do not exist yet. */
const promised = (jobs: readonly JobSnapshot[]): Resources =>
  sum(
    jobs.flatMap((job) => {
      const operation = job.managed.status?.operation;
      if (operation?.kind !== 'Rescale' || job.workload === undefined || job.look?.graph === undefined) return [];
      const needed = taskManagersNeeded(
        job.look.graph,
        operation.target?.parallelism ?? {},
        job.workload.slotsPerTaskManager,
      );
      return [times(job.workload.taskManager, Math.max(0, needed - job.taskManagerPods))];
    }),
  );

/** The best size within the grant; the wish itself when the grant covers it. */
const fitToGrant = (
  tenant: TenantSnapshot,
  job: JobSnapshot,
  wish: JobDecision,
  grant: GrantedTaskManagers,
): JobDecision => {
  const graph = job.look?.graph;
  const wanted = wish.operation?.target?.parallelism;
  if (graph === undefined || wanted === undefined || job.workload === undefined) return wish;
  const current = Object.fromEntries(graph.vertices.map((v) => [v.id, v.parallelism]));
  const fit = fitToTaskManagers({
    graph,
    current,
    wanted,
    slotsPerTaskManager: job.workload.slotsPerTaskManager,
    maxTaskManagers: grant.taskManagers,
  });
  if (!fit.partial) return wish;
  const message = `${wish.message}; ${fit.message} (${grant.reason})`;
  const rest = { wanted: wish.wanted, evidence: wish.evidence };
  const grows = graph.vertices.some((v) => (fit.parallelism[v.id] ?? v.parallelism) !== v.parallelism);
  if (!grows) return hold(job, 'QuotaExhausted', message, rest);
  return {
    ...begin(tenant, job, job.workload, {
      kind: 'Rescale',
      target: { parallelism: fit.parallelism },
      reason: 'PartiallyGranted',
      message,
    }),
    ...rest,
    scaling: recordRescale(graph, fit.parallelism, tenant.now, wish.scaling.lastRescale?.relieves),
  };
};
