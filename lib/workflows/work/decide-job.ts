import { decideScaling } from '../../autoscale/decide-scaling.ts';
import { resolveAutoscaling, type AutoscalingPolicy } from '../../model/autoscaling-policy.ts';
import { fromTimestamp, toTimestamp, type EpochMillis } from '../../model/instant.ts';
import type { ManagedJobSpec, Operation } from '../../model/managed-job.ts';
import { mostCareful, type Pause } from '../../model/mode.ts';
import { resolveRecovery } from '../../model/recovery-policy.ts';
import type { Effect } from '../../model/workload.ts';
import { classifyFailure } from '../../recovery/classify-failure.ts';
import { jitterOf } from '../../recovery/backoff.ts';
import { decideRecovery } from '../../recovery/decide-recovery.ts';
import { readFlinkDeploymentProgress } from '../../targets/operation-progress.ts';
import {
  evaluateOperation,
  overrideParallelism,
  restart,
  restore,
  resume,
  suspend,
  type FlinkDeploymentWorkload,
} from '../../targets/flink-deployment.ts';
import type { Progress } from '../../targets/progress.ts';
import { planRecreation, stepOfRecreation } from '../../targets/recreation.ts';
import type { JobDecision } from './job-decision.ts';
import type { JobSnapshot, TenantSnapshot } from './snapshot.ts';
import { withSample } from './tenant-history.ts';

/** How long an operation may take before it is given up: generous, since giving up starts nothing over by itself. */
const DEADLINE_SECONDS: Record<Operation['kind'], number> = {
  Rescale: 300,
  Recover: 600,
  Suspend: 600,
  Resume: 600,
  Restart: 600,
};

/** While an operation is under way the job is looked at again this soon. */
const PROGRESS_RECHECK_SECONDS = 5;

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

/** The policy in force for a job: defaults, then its tenant's words, then its own. */
export const autoscalingOf = (tenant: TenantSnapshot, job: JobSnapshot): AutoscalingPolicy =>
  resolveAutoscaling(tenant.tenant.spec.autoscaling, job.managed.spec.autoscaling);

/** The samples a decision may use: the stored ones and this look's. */
export const samplesOf = (tenant: TenantSnapshot, job: JobSnapshot) =>
  withSample(job.history.samples, job.look?.sample, tenant.now - 1000 * autoscalingOf(tenant, job).windowSeconds);

/** Since when all tasks of the present run have been running; undefined when they are not. */
export const runOf = (
  job: JobSnapshot,
  now: EpochMillis,
): { readonly id: string; readonly runningSince: EpochMillis } | undefined => {
  const { look, history } = job;
  if (look?.job === undefined || look.sample === undefined) return undefined;
  const { state, tasks } = look.job;
  if (state !== 'RUNNING' || tasks.total === 0 || tasks.running < tasks.total) return undefined;
  return history.run?.id === look.sample.run ? history.run : { id: look.sample.run, runningSince: now };
};

const decideWithoutWorkload = (job: JobSnapshot): JobDecision | undefined =>
  job.workload === undefined
    ? hold(
        job,
        'WorkloadMissing',
        `${job.managed.spec.targetRef.kind} ${job.managed.spec.targetRef.name} does not exist`,
      )
    : undefined;

/** Carries an operation on: its effects again while it is pending, then its end. */
const continueOperation = (tenant: TenantSnapshot, job: JobSnapshot): JobDecision | undefined => {
  const operation = job.managed.status?.operation;
  if (operation === undefined) return undefined;
  const { progress, effects } = standOf(job, operation);
  if (progress.kind === 'done') {
    const done = { operation: undefined, effects: operation.kind === 'Rescale' ? loosen(job) : [] };
    return hold(job, `${operation.kind}Done`, `${operation.kind} finished`, done);
  }
  if (progress.kind === 'failed') {
    return hold(job, `${operation.kind}Failed`, progress.why, { operation: undefined });
  }
  // Between deletion and creation the job exists in the operation alone, so that one is never given up.
  const deadline = job.workload === undefined ? Number.POSITIVE_INFINITY : (fromTimestamp(operation.deadline) ?? 0);
  if (tenant.now > deadline) {
    const message = `not done by ${operation.deadline}: ${progress.why}`;
    return hold(job, `${operation.kind}TimedOut`, message, { operation: undefined });
  }
  return hold(job, `${operation.kind}InProgress`, progress.why, {
    effects,
    recheckAfterSeconds: PROGRESS_RECHECK_SECONDS,
  });
};

/**
 * Operators before 1.8 rescale with a lower bound as high as the upper one: the loss of one TaskManager would then stop the job until
 * there is another. Flink is told afterwards that less will do.
 */
const loosen = ({ workload, look }: JobSnapshot): readonly Effect[] => {
  if (workload?.recovery.restoresBy !== 'recreation' || look?.job === undefined || look.graph === undefined) return [];
  const upper = Object.fromEntries(look.graph.vertices.map((v) => [v.id, v.parallelism]));
  return [
    {
      kind: 'resource-requirements',
      namespace: workload.ref.namespace,
      rest: workload.rest,
      jobId: look.job.id,
      upper,
    },
  ];
};

/** How an operation stands, and the writes that carry it on. */
const standOf = (job: JobSnapshot, operation: Operation): { progress: Progress; effects: readonly Effect[] } => {
  const { workload } = job;
  if (operation.recreation !== undefined) {
    const step = stepOfRecreation(operation.recreation, workload, job.pods);
    if (step.kind === 'pending') return { progress: step, effects: step.effects };
    if (workload === undefined) return { progress: { kind: 'pending', why: 'the workload is gone' }, effects: [] };
    return {
      progress: readFlinkDeploymentProgress(workload, job.look?.job, job.look?.graph, operation),
      effects: step.effects,
    };
  }
  if (workload === undefined) return { progress: { kind: 'failed', why: 'the workload was deleted' }, effects: [] };
  return {
    progress: readFlinkDeploymentProgress(workload, job.look?.job, job.look?.graph, operation),
    effects: effectsOf(workload, job.managed.spec, operation),
  };
};

const decidePaused = (job: JobSnapshot): JobDecision | undefined =>
  job.managed.spec.paused === 'all' ? hold(job, 'Paused', 'everything is paused for this job') : undefined;

/** What a person asked for: suspended, running again, restarted. */
const followWish = (tenant: TenantSnapshot, job: JobSnapshot): JobDecision | undefined => {
  const { managed, workload } = job;
  if (workload === undefined) return undefined;
  const { desired, restartNonce } = managed.spec;
  if (desired === 'suspended') {
    return workload.suspended
      ? hold(job, 'Suspended', 'suspended as wished')
      : begin(tenant, job, workload, 'Suspend', {}, 'SuspendWished', 'to be suspended with its state');
  }
  if (workload.suspended) {
    return workload.recovery.owned.state === 'suspended'
      ? begin(tenant, job, workload, 'Resume', {}, 'ResumeWished', 'to run again from where it was suspended')
      : hold(job, 'SuspendedByAnother', 'somebody else suspended it; a job.resume request starts it again');
  }
  if (restartNonce !== undefined && workload.recovery.owned.restartNonce !== restartNonce) {
    return begin(tenant, job, workload, 'Restart', {}, 'RestartWished', 'to be restarted with its state');
  }
  return undefined;
};

/** Load is looked at only when there is nothing to recover; what recovery remembers is kept either way. */
const recoverOrScale = (tenant: TenantSnapshot, job: JobSnapshot): JobDecision => {
  const { managed, workload, look } = job;
  if (workload === undefined) return scale(tenant, job);
  const decision = decideRecovery({
    workload,
    job: look?.job,
    failure: classifyFailure({
      state: look?.job?.state ?? workload.reportedState,
      failure: look?.failure,
      workloadError: workload.error,
      podProblems: job.podProblems,
    }),
    managed: managed.spec,
    recovery: managed.status?.recovery,
    operation: managed.status?.operation,
    restorePoints: job.restorePoints,
    policy: resolveRecovery(tenant.tenant.spec.recovery, managed.spec.recovery),
    // The stop and the modes are seen to by `withinMode`, which also tells what would have been done.
    paused: false,
    mode: 'drive',
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
      const target = decision.restorePoint === undefined ? {} : { restorePoint: decision.restorePoint };
      const begun = begin(
        tenant,
        job,
        workload,
        'Recover',
        target,
        decision.reason,
        decision.message,
        decision.attempt,
      );
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
  if (workload.rescale.kind === 'none') {
    return hold(job, workload.rescale.reason, `would rescale (${decision.message}), but ${workload.rescale.message}`, {
      evidence,
      wanted,
    });
  }
  const begun = begin(
    tenant,
    job,
    workload,
    'Rescale',
    { parallelism: decision.parallelism },
    decision.reason,
    decision.message,
  );
  return { ...begun, evidence, scaling, wanted };
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

/** The writes of an operation, from what is persisted of it: a run that finds it half done continues with these. */
export const effectsOf = (
  workload: FlinkDeploymentWorkload,
  spec: ManagedJobSpec,
  operation: Operation,
): readonly Effect[] => {
  switch (operation.kind) {
    case 'Rescale':
      return [overrideParallelism(workload, operation.target?.parallelism ?? {})];
    case 'Recover':
      return operation.recreation === undefined
        ? [restore(workload, operation.target?.restorePoint, operation.epoch)]
        : stepOfRecreation(operation.recreation, workload, Number.POSITIVE_INFINITY).effects;
    case 'Suspend':
      return [suspend(workload)];
    case 'Resume':
      return [resume(workload)];
    case 'Restart':
      return [restart(workload, spec.restartNonce ?? operation.epoch)];
  }
};

const KIND_OF: Record<Operation['kind'], JobDecision['kind']> = {
  Rescale: 'rescale',
  Recover: 'restore',
  Suspend: 'suspend',
  Resume: 'resume',
  Restart: 'restart',
};

/** A new operation: persisted first, so that whoever comes after a crash finds it. */
export const begin = (
  tenant: TenantSnapshot,
  job: JobSnapshot,
  workload: FlinkDeploymentWorkload,
  kind: Operation['kind'],
  target: NonNullable<Operation['target']>,
  reason: string,
  message: string,
  attempt = 1,
): JobDecision => {
  const verdict = evaluateOperation(workload, kind, target.restorePoint);
  if (verdict.kind === 'refused') {
    return hold(job, verdict.reason, `would ${KIND_OF[kind]} (${message}), but ${verdict.message}`);
  }
  const recreation =
    kind === 'Recover' &&
    target.restorePoint !== undefined &&
    workload.recovery.restoresBy === 'recreation' &&
    job.target !== undefined
      ? planRecreation(job.target, target.restorePoint)
      : undefined;
  const operation: Operation = {
    kind,
    step: 'Requested',
    epoch: (job.managed.status?.operationEpoch ?? 0) + 1,
    startedAt: toTimestamp(tenant.now),
    deadline: toTimestamp(tenant.now + 1000 * DEADLINE_SECONDS[kind]),
    attempt,
    target,
    ...(recreation === undefined ? {} : { recreation }),
    ...(workload.reportedStartAt === undefined ? {} : { jobStartedAt: toTimestamp(workload.reportedStartAt) }),
  };
  return {
    ...hold(job, reason, message, {
      operation,
      effects: effectsOf(workload, job.managed.spec, operation),
      recheckAfterSeconds: PROGRESS_RECHECK_SECONDS,
    }),
    kind: KIND_OF[kind],
  };
};

/** A decision to leave the job as it is; `operation` stays as read unless it is given. */
export const hold = (
  job: JobSnapshot,
  reason: string,
  message: string,
  rest: Partial<JobDecision> = {},
): JobDecision => ({
  key: job.key,
  kind: 'hold',
  reason,
  message,
  operation: job.managed.status?.operation,
  effects: [],
  recovery: job.managed.status?.recovery,
  scaling: job.history.scaling,
  wanted: undefined,
  recheckAfterSeconds: undefined,
  evidence: undefined,
  ...rest,
});

/** Outside `drive`, and while the stop is set, nothing is begun and nothing is written: what would have been done is shown. */
export const withinMode = (tenant: TenantSnapshot, job: JobSnapshot, decision: JobDecision): JobDecision => {
  const mode = mostCareful(tenant.tenant.spec.mode, job.managed.spec.mode);
  if (tenant.stopped === undefined && mode === 'drive') return decision;
  const begun = decision.operation !== undefined && decision.operation.epoch !== job.managed.status?.operation?.epoch;
  if (!begun) return { ...decision, effects: [] };
  const reason = tenant.stopped === undefined ? (mode === 'recommend' ? 'Recommended' : 'Observing') : 'Stopped';
  const why = tenant.stopped ?? `mode is ${mode}`;
  return hold(job, reason, `${why}; would ${decision.kind}: ${decision.message}`, {
    evidence: decision.evidence,
    wanted: decision.wanted,
  });
};
