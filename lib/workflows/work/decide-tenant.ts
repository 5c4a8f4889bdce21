import { recordRescale } from '../../autoscale/scaling-history.ts';
import { fitToTaskManagers, taskManagersNeeded } from '../../autoscale/task-managers.ts';
import { subtract, sum, times, type Resources } from '../../model/resources.ts';
import { shareRoom } from '../../quota/share-room.ts';
import { begin, decideJob, hold } from './decide-job.ts';
import type { JobDecision } from './job-decision.ts';
import type { JobSnapshot, TenantSnapshot } from './snapshot.ts';

/**
 * What to do about every job of a tenant. Each job decides by its own load; then the room under each namespace's quota is
 * shared among those that want to grow, and a job that gets less than it wants grows by that and says so.
 */
export const decideTenant = (tenant: TenantSnapshot): readonly JobDecision[] => {
  const wishes = tenant.jobs.map((job) => ({ job, wish: decideJob(tenant, job) }));
  const granted = shareGrowth(tenant, wishes);
  return wishes.map(({ job, wish }) => {
    const grant = granted.get(job.key);
    return grant === undefined ? wish : fitToGrant(tenant, job, wish, grant);
  });
};

type Wish = { readonly job: JobSnapshot; readonly wish: JobDecision };
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
    ...begin(tenant, job, job.workload, 'Rescale', { parallelism: fit.parallelism }, 'PartiallyGranted', message),
    ...rest,
    scaling: recordRescale(graph, fit.parallelism, tenant.now, wish.scaling.lastRescale?.relieves),
  };
};
