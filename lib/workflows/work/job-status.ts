import { isDeepStrictEqual } from 'node:util';
import { summarize } from '../../autoscale/summarize.ts';
import { taskManagersNeeded } from '../../autoscale/task-managers.ts';
import { setConditions, type ConditionWish } from '../../model/condition.ts';
import { toTimestamp } from '../../model/instant.ts';
import type { DecisionSummary, ManagedJobStatus, RestorePoint } from '../../model/managed-job.ts';
import { formatResources } from '../../model/resources.ts';
import type { JobDecision } from './job-decision.ts';
import type { JobSnapshot, TenantSnapshot } from './snapshot.ts';
import { samplesOf } from './job-context.ts';

/** The status that a decision leads to. `headgate-status` applies it as a whole. */
export const statusOf = (tenant: TenantSnapshot, job: JobSnapshot, decision: JobDecision): ManagedJobStatus => {
  const before = job.managed.status;
  const { look, workload } = job;
  const summary = look?.graph === undefined ? undefined : summarize(look.graph, samplesOf(tenant, job), tenant.now);
  const live = look?.job;
  const state = live?.state ?? workload?.reportedState ?? 'UNKNOWN';
  const startedAt = live?.startedAt ?? workload?.reportedStartAt;
  const restorePoint =
    decision.operation?.target?.restorePoint ?? savepointOf(job) ?? look?.latestCheckpoint ?? before?.restorePoint;
  return withoutUndefined({
    observedGeneration: job.managed.metadata.generation,
    job: withoutUndefined({
      id: live?.id ?? workload?.reportedJobId,
      state,
      startTime: startedAt === undefined ? undefined : toTimestamp(startedAt),
      health: healthOf(job),
    }),
    vertices: summary?.vertices ?? before?.vertices,
    slots: workload === undefined ? undefined : job.taskManagerPods * workload.slotsPerTaskManager,
    taskManagers: job.taskManagerPods,
    utilizationPercent: summary?.utilizationPercent,
    lagSeconds: summary?.lagSeconds,
    demand: demandOf(job, decision),
    restorePoint,
    operation: decision.operation,
    operationEpoch: Math.max(before?.operationEpoch ?? 0, decision.operation?.epoch ?? 0),
    answeredRestartNonce: decision.answeredRestartNonce ?? before?.answeredRestartNonce,
    recovery: isDeepStrictEqual(decision.recovery, {}) ? undefined : decision.recovery,
    lastDecision: lastDecision(before?.lastDecision, decision, toTimestamp(tenant.now)),
    conditions: setConditions(before?.conditions ?? [], conditionsOf(job, decision), tenant.now),
  });
};

/** What a suspended job goes on from: recorded only in its workload, which may be deleted next. */
const savepointOf = ({ workload }: JobSnapshot): RestorePoint | undefined => {
  if (workload?.suspended !== true || workload.recordedSavepoint === undefined) return undefined;
  const { location, at } = workload.recordedSavepoint;
  return at === undefined ? undefined : { kind: 'savepoint', location, completedAt: toTimestamp(at) };
};

/** Figures that change with every look; alone they are no reason to write. */
const VOLATILE = new Set<keyof ManagedJobStatus>(['vertices', 'utilizationPercent', 'lagSeconds', 'restorePoint']);

/** People want to see a change of this many percentage points, or a lag that appears, ends, doubles or halves. */
const UTILIZATION_STEP_PERCENT = 10;

/** Whether a status is worth a write: something other than a figure changed, or a figure moved far. */
export const worthWriting = (before: ManagedJobStatus | undefined, after: ManagedJobStatus): boolean => {
  if (before === undefined) return true;
  const steady = (status: ManagedJobStatus) =>
    Object.fromEntries(Object.entries(status).filter(([name]) => !VOLATILE.has(name as keyof ManagedJobStatus)));
  return (
    !isDeepStrictEqual(steady(before), steady(after)) ||
    moved(before.utilizationPercent, after.utilizationPercent, UTILIZATION_STEP_PERCENT) ||
    lagMoved(before.lagSeconds, after.lagSeconds) ||
    before.vertices?.length !== after.vertices?.length
  );
};

const moved = (before: number | undefined, after: number | undefined, step: number): boolean =>
  before === undefined || after === undefined ? before !== after : Math.abs(after - before) >= step;

const lagMoved = (before: number | undefined, after: number | undefined): boolean => {
  if (before === undefined || after === undefined) return before !== after;
  // Below this a lag is noise.
  const [a, b] = [Math.max(before, 5), Math.max(after, 5)];
  return a >= 2 * b || b >= 2 * a;
};

const healthOf = ({ look, workload, missing }: JobSnapshot): string => {
  if (workload === undefined) return 'Missing';
  if (workload.suspended) return 'Suspended';
  const live = look?.job;
  if (live === undefined) return missing.length > 0 ? 'Unreachable' : 'Starting';
  if (live.state === 'RUNNING') return live.tasks.running === live.tasks.total ? 'Healthy' : 'Starting';
  return live.state === 'FAILED' ? 'Failed' : 'Changing';
};

/** What the job would use at the size its load asks for. What is not known keeps the demand from falling. */
export const demandOf = (job: JobSnapshot, decision: JobDecision): ManagedJobStatus['demand'] => {
  const { workload, look, managed } = job;
  const before = managed.status?.demand;
  if (managed.spec.desired !== 'running') return undefined;
  // Between deletion and creation a job is not gone: it comes back at the size it had.
  if (workload === undefined) return decision.operation === undefined ? undefined : before;
  const { slotsPerTaskManager } = workload;
  const wanted = decision.wanted ?? decision.operation?.target?.parallelism;
  const needed =
    look?.graph === undefined
      ? Math.ceil(Math.max(workload.parallelism ?? 1, ...Object.values(workload.overrides)) / slotsPerTaskManager)
      : taskManagersNeeded(look.graph, wanted ?? {}, slotsPerTaskManager);
  const isKnown = look?.graph !== undefined && decision.wanted !== undefined;
  const taskManagers = isKnown ? needed : Math.max(needed, before?.taskManagers ?? 0);
  return {
    jobManagers: formatResources(workload.jobManagers),
    taskManager: formatResources(workload.taskManager),
    taskManagers: Math.min(taskManagers, managed.spec.bounds.maxTaskManagers ?? taskManagers),
  };
};

/** The summary keeps its time and words while the decision stays the same: a new number alone is no news. */
const lastDecision = (before: DecisionSummary | undefined, decision: JobDecision, at: string): DecisionSummary => {
  const { kind, reason, message } = decision;
  return before?.kind === kind && before.reason === reason ? before : { kind, reason, message, at };
};

const conditionsOf = (job: JobSnapshot, decision: JobDecision): readonly ConditionWish[] => {
  const health = healthOf(job);
  const ready = health === 'Healthy';
  const quarantinedSince = decision.recovery?.quarantinedSince;
  return [
    {
      type: 'Ready',
      status: ready ? 'True' : 'False',
      reason: health,
      message: ready ? 'all tasks are running' : (job.missing[0] ?? health),
    },
    quarantinedSince === undefined
      ? { type: 'Quarantined', status: 'False', reason: 'NotQuarantined', message: '' }
      : {
          type: 'Quarantined',
          status: 'True',
          reason: 'Quarantined',
          message:
            `no automatic action since ${quarantinedSince}; job.release ends it. ${decision.recovery?.lastFailure ?? ''}`.trim(),
        },
    decision.reason === 'OwnedByAnother'
      ? { type: 'Unmanaged', status: 'True', reason: 'OwnedByAnother', message: decision.message }
      : { type: 'Unmanaged', status: 'False', reason: 'NoConflict', message: '' },
  ];
};

const withoutUndefined = (record: Readonly<Record<string, unknown>>): Record<string, unknown> =>
  Object.fromEntries(Object.entries(record).filter(([, value]) => value !== undefined));
