import { decideScaling } from '../../autoscale/decide-scaling.ts';
import { fromTimestamp } from '../../model/instant.ts';
import type { Pause } from '../../model/mode.ts';
import { resolveRecovery } from '../../model/recovery-policy.ts';
import { jitterOf } from '../../recovery/backoff.ts';
import { decideRecovery } from '../../recovery/decide-recovery.ts';
import type { FlinkDeploymentWorkload } from '../../targets/flink-deployment.ts';
import { autoscalingOf, runOf, samplesOf } from './job-context.ts';
import { hold, type JobDecision } from './job-decision.ts';
import { begin, continueOperation, PROGRESS_RECHECK_SECONDS } from './operation.ts';
import type { JobSnapshot, TenantSnapshot } from './snapshot.ts';
import { withinMode } from './within-mode.ts';

/**
 * What to do about one job, as if it were alone in its tenant: sharing the tenant's room comes after (`decideTenant`).
 * The first question that has an answer decides: an operation under way, then people's wishes, then recovery, then load.
 */
export const decideJob = (tenant: TenantSnapshot, job: JobSnapshot): JobDecision =>
  withinMode(
    tenant,
    job,
    continueOperation(tenant, job) ??
      decideWithoutWorkload(job) ??
      decidePaused(job) ??
      followWish(tenant, job) ??
      recoverOrScale(tenant, job),
  );

const decideWithoutWorkload = (job: JobSnapshot): JobDecision | undefined => {
  if (job.workload !== undefined) return undefined;
  const { targetRef, desired } = job.managed.spec;
  return desired === 'deleted'
    ? hold(job, 'Deleted', 'deleted as wished; a job.submit under the same name starts it anew')
    : hold(job, 'WorkloadMissing', `${targetRef.kind} ${targetRef.name} does not exist`);
};

const decidePaused = (job: JobSnapshot): JobDecision | undefined =>
  job.managed.spec.paused === 'all' ? hold(job, 'Paused', 'everything is paused for this job') : undefined;

/** What a person asked for: deleted, suspended, running again, restarted. */
const followWish = (tenant: TenantSnapshot, job: JobSnapshot): JobDecision | undefined => {
  const { managed, workload } = job;
  if (workload === undefined) return undefined;
  const { desired, restartNonce } = managed.spec;
  if (desired === 'deleted') return deleteWithState(tenant, job, workload);
  if (desired === 'suspended') {
    if (isSuspended(workload)) return hold(job, 'Suspended', 'suspended as wished');
    const message = 'to be suspended with its state';
    return workload.suspended
      ? suspending(job)
      : begin(tenant, job, workload, { kind: 'Suspend', reason: 'SuspendWished', message });
  }
  if (workload.suspended) {
    return workload.recovery.owned.state === 'suspended'
      ? begin(tenant, job, workload, {
          kind: 'Resume',
          reason: 'ResumeWished',
          message: 'to run again from where it was suspended',
        })
      : hold(job, 'SuspendedByAnother', 'somebody else suspended it; a job.resume request starts it again');
  }
  if (restartNonce === undefined || restartNonce === managed.status?.answeredRestartNonce) return undefined;
  if (restartNonce === workload.recovery.owned.restartNonce) return undefined;
  // Answered once, carried out or not: a restart that cannot be had must not keep recovery and scaling from the job.
  const message = 'to be restarted with its state';
  const answer = begin(tenant, job, workload, { kind: 'Restart', reason: 'RestartWished', message });
  return { ...answer, answeredRestartNonce: restartNonce };
};

/** As the operator reports it, not as it was wished. */
const isSuspended = ({ suspended, settled, lifecycle }: FlinkDeploymentWorkload): boolean =>
  suspended && settled && lifecycle === 'SUSPENDED';

const suspending = (job: JobSnapshot): JobDecision =>
  hold(job, 'Suspending', `to be suspended, and the operator reports ${job.workload?.lifecycle ?? 'nothing'}`);

/** A job that runs is suspended first, so that its state outlives it. */
const deleteWithState = (tenant: TenantSnapshot, job: JobSnapshot, workload: FlinkDeploymentWorkload): JobDecision => {
  const hasEnded = ENDED.has(job.look?.job?.state ?? workload.reportedState ?? '');
  if (workload.stateful && !hasEnded && !isSuspended(workload)) {
    if (workload.suspended) return suspending(job);
    return begin(tenant, job, workload, {
      kind: 'Suspend',
      reason: 'DeleteWished',
      message: 'to be suspended with its state, then deleted',
    });
  }
  return begin(tenant, job, workload, { kind: 'Delete', reason: 'DeleteWished', message: 'to be deleted' });
};

/** States in which nothing is left to suspend. */
const ENDED: ReadonlySet<string> = new Set(['FAILED', 'CANCELED', 'FINISHED']);

/** Load is looked at only when there is nothing to recover; what recovery remembers is kept either way. */
const recoverOrScale = (tenant: TenantSnapshot, job: JobSnapshot): JobDecision => {
  const { managed, workload, look } = job;
  if (workload === undefined) return scale(tenant, job);
  const decision = decideRecovery({
    workload,
    job: look?.job,
    failure: job.failure,
    managed: managed.spec,
    recovery: managed.status?.recovery,
    operation: managed.status?.operation,
    restorePoints: job.restorePoints,
    policy: resolveRecovery(tenant.tenant.spec.recovery, managed.spec.recovery),
    // The stop is seen to by `withinMode`, which also tells what would have been done.
    paused: false,
    mode: tenant.mode,
    jitter: jitterOf(job.key, managed.status?.recovery),
    now: tenant.now,
  });
  const { recovery } = decision;
  switch (decision.kind) {
    case 'none':
      return { ...scale(tenant, job), recovery };
    case 'hold':
      return hold(job, decision.reason, decision.message, {
        recovery,
        recheckAfterSeconds: decision.recheckAfterSeconds,
      });
    case 'quarantine':
      return { ...hold(job, decision.reason, decision.message, { recovery }), kind: 'quarantine' };
    case 'released':
      return hold(job, decision.reason, decision.message, { recovery, recheckAfterSeconds: PROGRESS_RECHECK_SECONDS });
    case 'restore': {
      const { restorePoint, reason, message, attempt } = decision;
      const target = restorePoint === undefined ? {} : { restorePoint };
      const begun = begin(tenant, job, workload, { kind: 'Recover', target, reason, message, attempt });
      // An attempt that was not begun does not count.
      return begun.kind === 'restore' ? { ...begun, recovery } : begun;
    }
  }
};

const scale = (tenant: TenantSnapshot, job: JobSnapshot): JobDecision => {
  const { managed, workload, look } = job;
  if (workload === undefined || look?.graph === undefined) {
    return hold(job, 'Unreachable', job.missing[0] ?? 'the JobManager does not answer');
  }
  const decision = decideScaling({
    graph: look.graph,
    samples: samplesOf(tenant, job),
    policy: autoscalingOf(tenant, job),
    bounds: managed.spec.bounds,
    history: job.history.scaling,
    paused: pauseOf(tenant, managed.spec.paused),
    runningSince: runOf(job, tenant.now)?.runningSince,
    ...rewindOf(tenant, job),
    now: tenant.now,
    urgent: tenant.urgent === 'all' || tenant.urgent.has(job.key),
  });
  const { evidence, history: scaling, wanted } = decision;
  if (decision.kind === 'hold') {
    const { recheckAfterSeconds } = decision;
    return hold(job, decision.reason, decision.message, { evidence, scaling, wanted, recheckAfterSeconds });
  }
  const { parallelism, reason, message } = decision;
  const begun = begin(tenant, job, workload, { kind: 'Rescale', target: { parallelism }, reason, message });
  // A rescale that was not begun is not remembered as one.
  return { ...begun, evidence, wanted, ...(begun.kind === 'rescale' ? { scaling } : {}) };
};

/** A cordoned tenant does not grow. */
const pauseOf = (tenant: TenantSnapshot, own: Pause): Pause => {
  if (!tenant.tenant.spec.cordoned) return own;
  if (own === 'none') return 'scale-up';
  return own === 'scale-down' ? 'scaling' : own;
};

const rewindOf = (tenant: TenantSnapshot, job: JobSnapshot): { checkpointRewindSeconds?: number } => {
  const completedAt = fromTimestamp(job.look?.latestCheckpoint?.completedAt);
  return completedAt === undefined ? {} : { checkpointRewindSeconds: Math.max(0, (tenant.now - completedAt) / 1000) };
};
