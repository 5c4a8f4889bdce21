import { fromTimestamp, toTimestamp, type EpochMillis } from '../../model/instant.ts';
import type { ManagedJobSpec, Operation, Recreation } from '../../model/managed-job.ts';
import type { Effect } from '../../model/workload.ts';
import {
  evaluateOperation,
  overrideParallelism,
  remove,
  restart,
  restore,
  resume,
  suspend,
  type FlinkDeploymentWorkload,
} from '../../targets/flink-deployment.ts';
import { readFlinkDeploymentProgress } from '../../targets/operation-progress.ts';
import type { Progress } from '../../targets/progress.ts';
import { planRecreation, stepOfRecreation } from '../../targets/recreation.ts';
import { hold, type JobDecision } from './job-decision.ts';
import type { JobSnapshot, TenantSnapshot } from './snapshot.ts';

/** How long an operation may take before it is given up: generous, since giving up starts nothing over by itself. */
const DEADLINE_SECONDS: Record<Operation['kind'], number> = {
  Rescale: 300,
  Recover: 600,
  Suspend: 600,
  Resume: 600,
  Restart: 600,
  Delete: 300,
};

/** While an operation is under way the job is looked at again this soon. */
export const PROGRESS_RECHECK_SECONDS = 5;

/** Carries an operation on: its effects again while it is pending, then its end. */
export const continueOperation = (tenant: TenantSnapshot, job: JobSnapshot): JobDecision | undefined => {
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
  const deadline = deadlineOf(job, operation);
  if (tenant.now > deadline) {
    const message = `not done by ${toTimestamp(deadline)}: ${progress.why}`;
    return hold(job, `${operation.kind}TimedOut`, message, { operation: undefined });
  }
  return hold(job, `${operation.kind}InProgress`, progress.why, {
    effects,
    recheckAfterSeconds: PROGRESS_RECHECK_SECONDS,
  });
};

/**
 * Until a recreation has created its object, the job exists in the operation alone, so that one is never given up; its time counts from
 * the creation.
 */
const deadlineOf = ({ workload, target }: JobSnapshot, operation: Operation): EpochMillis => {
  const { recreation } = operation;
  if (recreation === undefined) return fromTimestamp(operation.deadline) ?? 0;
  const createdAt = fromTimestamp(target?.metadata.creationTimestamp);
  if (workload === undefined || workload.uid === recreation.uid || createdAt === undefined)
    return Number.POSITIVE_INFINITY;
  return createdAt + 1000 * DEADLINE_SECONDS[operation.kind];
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
    if (step.kind === 'failed') return { progress: step, effects: [] };
    if (workload === undefined) return { progress: { kind: 'pending', why: 'the workload is gone' }, effects: [] };
    return {
      progress: readFlinkDeploymentProgress(workload, job.look?.job, job.look?.graph, operation),
      effects: [],
    };
  }
  if (operation.kind === 'Delete') {
    if (workload === undefined) return { progress: { kind: 'done' }, effects: [] };
    return {
      progress: { kind: 'pending', why: 'the workload is being deleted' },
      effects: effectsOf(workload, job.managed.spec, operation),
    };
  }
  if (workload === undefined) return { progress: { kind: 'failed', why: 'the workload was deleted' }, effects: [] };
  return {
    progress: readFlinkDeploymentProgress(workload, job.look?.job, job.look?.graph, operation),
    effects: effectsOf(workload, job.managed.spec, operation),
  };
};

/** The writes of an operation, from what is persisted of it: a run that finds it half done continues with these. */
const effectsOf = (
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
        : effectsOfRecreation(operation.recreation, workload);
    case 'Suspend':
      return [suspend(workload)];
    case 'Resume':
      return [resume(workload)];
    case 'Restart':
      return [restart(workload, spec.restartNonce ?? operation.epoch)];
    case 'Delete':
      return workload.deleting ? [] : [remove(workload)];
  }
};

/** Begun with the pods still there: nothing is created yet. */
const effectsOfRecreation = (plan: Recreation, workload: FlinkDeploymentWorkload): readonly Effect[] => {
  const step = stepOfRecreation(plan, workload, Number.POSITIVE_INFINITY);
  return step.kind === 'pending' ? step.effects : [];
};

const KIND_OF: Record<Operation['kind'], JobDecision['kind']> = {
  Rescale: 'rescale',
  Recover: 'restore',
  Suspend: 'suspend',
  Resume: 'resume',
  Restart: 'restart',
  Delete: 'delete',
};

const POSSIBLE = { kind: 'possible' } as const;

/** What a new operation is for. */
export type OperationWish = {
  readonly kind: Operation['kind'];
  readonly target?: NonNullable<Operation['target']>;
  /** PascalCase. */
  readonly reason: string;
  readonly message: string;
  readonly attempt?: number;
};

/** A new operation: persisted first, so that whoever comes after a crash finds it. */
export const begin = (
  tenant: TenantSnapshot,
  job: JobSnapshot,
  workload: FlinkDeploymentWorkload,
  wish: OperationWish,
): JobDecision => {
  const { kind, target = {}, reason, message, attempt = 1 } = wish;
  // Whoever asks for a deletion has suspended the job before, or there is nothing left to suspend.
  const verdict = kind === 'Delete' ? POSSIBLE : evaluateOperation(workload, kind, target.restorePoint);
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
