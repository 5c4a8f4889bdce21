import { z } from 'zod';
import { AutoscalingOverrides, ScalingBounds } from './autoscaling-policy.ts';
import { Conditions } from './condition.ts';
import { HEADGATE_API_VERSION } from './group.ts';
import type { ObjectMeta } from './kubernetes-object.ts';
import { Mode, Pause } from './mode.ts';
import { RecoveryOverrides } from './recovery-policy.ts';

export const TargetRef = z.object({
  apiVersion: z.string().min(1),
  kind: z.enum(['FlinkDeployment']),
  name: z.string().min(1).max(253),
});
export type TargetRef = z.infer<typeof TargetRef>;

/** What people wish of a job. Written by `tenant-requests` alone (or by a person with kubectl). */
export const ManagedJobSpec = z.object({
  targetRef: TargetRef,
  mode: Mode.default('drive'),
  /** Higher is served first inside its tenant. */
  priority: z.number().int().min(0).max(1000).default(100),
  preemptible: z.boolean().default(true),
  stateful: z.boolean().default(true),
  paused: Pause.default('none'),
  /** `deleted`: suspended with its state, then its workload is removed; this object stays, and with it the restore point. */
  desired: z.enum(['running', 'suspended', 'deleted']).default('running'),
  bounds: ScalingBounds.default({}),
  /** A new value asks for one restart / one snapshot. */
  restartNonce: z.number().int().optional(),
  snapshotNonce: z.number().int().optional(),
  /** A new value ends a quarantine (written on `job.release`). */
  releaseNonce: z.number().int().optional(),
  autoscaling: AutoscalingOverrides.default({}),
  recovery: RecoveryOverrides.default({}),
});
export type ManagedJobSpec = z.infer<typeof ManagedJobSpec>;

/** A place a job can be restored from. */
export const RestorePoint = z.object({
  kind: z.enum(['checkpoint', 'savepoint']),
  location: z.string(),
  /** When it was completed (RFC 3339). */
  completedAt: z.string(),
  /** Checkpoint number, where it has one. */
  id: z.number().int().optional(),
});
export type RestorePoint = z.infer<typeof RestorePoint>;

const AnyObject = z.record(z.string(), z.unknown()).meta({ 'x-kubernetes-preserve-unknown-fields': true });

/** An object that an operation deletes and makes anew, kept until that is done. */
export const Recreation = z.object({
  /** The object to delete. */
  uid: z.string(),
  /** The object to create in its place. */
  create: AnyObject,
  /** Which of its fields each of Headgate's field managers owned, to be handed back to them. */
  owned: z.array(z.object({ manager: z.string(), object: AnyObject })),
});
export type Recreation = z.infer<typeof Recreation>;

/** A long action, persisted step by step so that any run can continue it. */
export const Operation = z.object({
  kind: z.enum(['Rescale', 'Recover', 'Suspend', 'Resume', 'Restart', 'Delete']),
  step: z.string(),
  /** Counts the operations of this job; writes and follow-ups of an older one are void. */
  epoch: z.number().int(),
  startedAt: z.string(),
  deadline: z.string(),
  attempt: z.number().int().default(1),
  /** What it aims for: parallelism by vertex id, or the restore point. */
  target: z
    .object({ parallelism: z.record(z.string(), z.number().int()), restorePoint: RestorePoint })
    .partial()
    .optional(),
  recreation: Recreation.optional(),
  /** The job's start time when it began, to tell a new start from the old one. */
  jobStartedAt: z.string().optional(),
});
export type Operation = z.infer<typeof Operation>;

/** What people see of a decision: `kubectl describe` and the console. */
export const DecisionSummary = z.object({
  kind: z.string(),
  reason: z.string(),
  message: z.string(),
  at: z.string(),
});
export type DecisionSummary = z.infer<typeof DecisionSummary>;

const Amounts = z.object({ cpu: z.string(), memory: z.string() });

const VertexStatus = z.object({
  id: z.string(),
  name: z.string(),
  parallelism: z.number().int(),
  maxParallelism: z.number().int(),
  /** Busy share, 0 to 1. */
  busy: z.number().optional(),
  inRecordsPerSecond: z.number().optional(),
  outRecordsPerSecond: z.number().optional(),
  lagRecords: z.number().optional(),
});

/** What Headgate saw and did. Written by `work` alone. */
export const ManagedJobStatus = z.object({
  observedGeneration: z.number().int().optional(),
  job: z.object({ id: z.string(), state: z.string(), startTime: z.string(), health: z.string() }).partial().optional(),
  vertices: z.array(VertexStatus).optional(),
  slots: z.number().int().optional(),
  taskManagers: z.number().int().optional(),
  /** Percent busy of the busiest vertex, and lag in seconds of input: the printer columns. */
  utilizationPercent: z.number().int().optional(),
  lagSeconds: z.number().int().optional(),
  /** What the job would use at the size its load asks for; `rebalance` reads it as demand. */
  demand: z.object({ jobManagers: Amounts, taskManager: Amounts, taskManagers: z.number().int() }).optional(),
  restorePoint: RestorePoint.optional(),
  operation: Operation.optional(),
  /** How many operations there have been: the epoch of the newest. */
  operationEpoch: z.number().int().optional(),
  /** The `restartNonce` that was last carried out or turned down. */
  answeredRestartNonce: z.number().int().optional(),
  recovery: z
    .object({
      attempts: z.number().int(),
      windowStart: z.string(),
      lastAttemptAt: z.string(),
      lastFailureAt: z.string(),
      quarantinedSince: z.string(),
      lastFailure: z.string(),
      releasedNonce: z.number().int(),
      /** When a person last released it: their word for failures before that. */
      releasedAt: z.string(),
    })
    .partial()
    .optional(),
  lastDecision: DecisionSummary.optional(),
  conditions: Conditions.optional(),
});
export type ManagedJobStatus = z.infer<typeof ManagedJobStatus>;

export type ManagedJob = {
  readonly apiVersion: typeof HEADGATE_API_VERSION;
  readonly kind: 'ManagedJob';
  readonly metadata: ObjectMeta;
  readonly spec: ManagedJobSpec;
  readonly status?: ManagedJobStatus;
};
