import { fromTimestamp, type EpochMillis } from '../model/instant.ts';
import type { FieldManager } from '../model/group.ts';
import type { VertexId } from '../model/job-graph.ts';
import type { KubernetesObject } from '../model/kubernetes-object.ts';
import type { Operation, RestorePoint } from '../model/managed-job.ts';
import type { ObjectEffect, Workload } from '../model/workload.ts';
import { appliedBy, isFields, ownersOf, type Fields } from './field-ownership.ts';
import {
  formatParallelismMap,
  isTrue,
  optionOf,
  parseParallelismMap,
  readFlinkConfiguration,
  type FlinkConfiguration,
} from './flink-configuration.ts';
import {
  FlinkDeploymentSpec,
  FlinkDeploymentStatus,
  readLastReconciled,
  readOperatorError,
} from './flink-deployment-object.ts';
import { jobManagerResources, slotsOf, taskManagerResources } from './flink-pod-resources.ts';
import {
  checkpointDirectory,
  evaluateRescalePath,
  savepointDirectory,
  stateLossOf,
  type FlinkVersion,
  type UpgradeMode,
} from './rescale-path.ts';

export const PARALLELISM_OVERRIDES = 'pipeline.jobvertex-parallelism-overrides';

/** The operator's mark for "restore from the HA metadata": not a path (`AbstractJobReconciler.LAST_STATE_DUMMY_SP_PATH`). */
const LAST_STATE_DUMMY = 'KUBERNETES_OPERATOR_LAST_STATE';

/** The fields by which `headgate-recovery` steers a job. */
export type RecoveryFields = {
  readonly state?: 'running' | 'suspended';
  readonly initialSavepointPath?: string;
  readonly savepointRedeployNonce?: number;
  readonly restartNonce?: number;
};

/** A FlinkDeployment as a workload, and what its operations need besides. */
export type FlinkDeploymentWorkload = Workload & {
  /** Whether the operator has acted on the newest spec, whatever came of it. */
  readonly observed: boolean;
  /** `status.lifecycleState`: STABLE, SUSPENDED, FAILED … */
  readonly lifecycle: string | undefined;
  readonly recovery: {
    /** How `headgate-recovery` steers the job now. */
    readonly owned: RecoveryFields;
    /** Everything that `headgate-recovery` applied, also what it keeps for nobody since a recreation: each apply repeats it. */
    readonly applied: { readonly metadata: Fields; readonly spec: Fields };
    readonly upgradeMode: UpgradeMode;
    /** Why a stop and start by the operator would lose state, if it would. */
    readonly stateLoss: string | undefined;
    /**
     * How a given path can be restored: by `savepointRedeployNonce` (operators from 1.8), as the first deployment, or, with older
     * operators, only by deleting the object and creating it anew (`recreation.ts`). Those also pin each vertex to exactly its
     * override when they rescale in place (lower bound = upper bound), which a lost TaskManager then makes fatal.
     */
    readonly restoresBy: 'redeployment' | 'first-deployment' | 'recreation';
    /** The operator recorded that the job was stopped with its HA metadata kept. */
    readonly stoppedWithLastState: boolean;
  };
};

/**
 * Reads a FlinkDeployment of any operator from 1.7. Total: what is absent or odd counts as not said, and the answer is the careful one.
 * `declared` is what people say of the job; without it, a job counts as stateful when it keeps or checkpoints anything.
 */
export const readFlinkDeployment = (
  object: KubernetesObject & { readonly spec?: unknown; readonly status?: unknown },
  declared: { readonly stateful?: boolean } = {},
): FlinkDeploymentWorkload => {
  const spec = FlinkDeploymentSpec.safeParse(object.spec ?? {}).data ?? {};
  const status = FlinkDeploymentStatus.safeParse(object.status ?? {}).data ?? {};
  const { metadata } = object;
  const configuration = readFlinkConfiguration(spec.flinkConfiguration);
  const lastReconciled = readLastReconciled(status.reconciliationStatus?.lastReconciledSpec);

  const deleting = metadata.deletionTimestamp !== undefined;
  const upgradeMode = spec.job?.upgradeMode ?? 'stateless';
  const stateful = declared.stateful ?? (upgradeMode !== 'stateless' || checkpoints(configuration));
  const generation = metadata.generation ?? 0;
  const reconciledGeneration = lastReconciled.resource_metadata?.metadata?.generation;
  const observed = Math.max(status.observedGeneration ?? 0, reconciledGeneration ?? 0) >= generation;
  // Seeing a spec is not acting on it: 1.7 observes one that it cannot carry out yet, and still calls the old one stable.
  const settled = observed && (reconciledGeneration ?? generation) >= generation && isStable(status);
  const flinkVersion = parseFlinkVersion(spec.flinkVersion);
  const reportedState = status.jobStatus?.state;
  const upstreamAutoscaler = isTrue(
    optionOf(configuration, 'job.autoscaler.enabled', 'kubernetes.operator.job.autoscaler.enabled'),
  );
  const overrides = parseParallelismMap(configuration[PARALLELISM_OVERRIDES]);
  const applied = appliedBy(object, 'headgate-recovery');

  return {
    ref: {
      apiVersion: object.apiVersion,
      kind: 'FlinkDeployment',
      name: metadata.name,
      namespace: metadata.namespace ?? '',
    },
    uid: metadata.uid ?? '',
    resourceVersion: metadata.resourceVersion ?? '',
    settled,
    deleting,
    reportedState,
    reportedJobId: status.jobStatus?.jobId,
    reportedStartAt: parseMillis(status.jobStatus?.startTime),
    suspended: spec.job?.state === 'suspended',
    stateful,
    flinkVersion,
    rest: { service: `${metadata.name}-rest`, port: Number(configuration['rest.port'] ?? 8081) || 8081 },
    slotsPerTaskManager: slotsOf(configuration),
    taskManager: taskManagerResources(spec.taskManager, configuration),
    jobManagers: jobManagerResources(spec.jobManager, configuration),
    parallelism: parallelismOf(spec, configuration),
    overrides,
    rescale: evaluateRescalePath({
      deleting,
      hasJob: spec.job !== undefined,
      mode: spec.mode ?? 'native',
      reportedState,
      settled,
      stateful,
      upgradeMode,
      flinkVersion,
      configuration,
      upstreamAutoscaler,
      overridesOwner: overridesOwner(object, configuration),
    }),
    directories: directoriesOf(configuration),
    recordedSavepoint: recordedSavepoint(status),
    upstream: {
      autoscaler: upstreamAutoscaler,
      restartsFailed: isTrue(configuration['kubernetes.operator.job.restart.failed']),
    },
    error: readOperatorError(status.error),
    conditions: status.conditions ?? [],
    observed,
    lifecycle: status.lifecycleState,
    recovery: {
      owned: recoveryFieldsOf(applied.spec),
      applied,
      upgradeMode,
      stateLoss: stateLossOf({ upgradeMode, configuration, flinkVersion }),
      restoresBy: restoresBy(lastReconciled.spec?.job),
      stoppedWithLastState: lastReconciled.spec?.job?.['upgradeMode'] === 'last-state',
    },
  };
};

const isStable = ({ lifecycleState, reconciliationStatus }: FlinkDeploymentStatus): boolean =>
  (lifecycleState === 'STABLE' || lifecycleState === 'SUSPENDED') && reconciliationStatus?.state === 'DEPLOYED';

/** `v1_18` → [1, 18]. */
const parseFlinkVersion = (text: string | undefined): FlinkVersion | undefined => {
  const match = /^v(\d+)_(\d+)$/.exec(text ?? '');
  return match === null ? undefined : [Number(match[1]), Number(match[2])];
};

/** The operator writes milliseconds as text; a date is read too. */
const parseMillis = (text: string | undefined): EpochMillis | undefined =>
  /^\d+$/.test(text ?? '') ? Number(text) : fromTimestamp(text);

const checkpoints = (configuration: FlinkConfiguration): boolean =>
  configuration['execution.checkpointing.interval'] !== undefined ||
  checkpointDirectory(configuration) !== undefined ||
  savepointDirectory(configuration) !== undefined;

/** TaskManager replicas, where they are set, outrank `job.parallelism` (`FlinkConfigBuilder.getParallelism`). */
const parallelismOf = (
  { job, taskManager }: FlinkDeploymentSpec,
  configuration: FlinkConfiguration,
): number | undefined =>
  taskManager?.replicas === undefined ? job?.parallelism : taskManager.replicas * slotsOf(configuration);

/** A workload that was created anew belongs to `headgate-recovery` with all its fields. */
const OVERRIDING: ReadonlySet<string> = new Set<FieldManager>(['headgate-scale', 'headgate-recovery']);

const overridesOwner = (object: KubernetesObject, configuration: FlinkConfiguration): 'nobody' | 'us' | 'another' => {
  if (configuration[PARALLELISM_OVERRIDES] === undefined) return 'nobody';
  const owners = ownersOf(object, ['spec', 'flinkConfiguration', PARALLELISM_OVERRIDES]);
  return owners.length > 0 && owners.every((owner) => OVERRIDING.has(owner)) ? 'us' : 'another';
};

const directoriesOf = (configuration: FlinkConfiguration): Workload['directories'] => {
  const checkpointsAt = checkpointDirectory(configuration);
  const savepointsAt = savepointDirectory(configuration);
  const highAvailabilityAt = configuration['high-availability.storageDir'];
  return {
    ...(checkpointsAt !== undefined && { checkpoints: checkpointsAt }),
    ...(savepointsAt !== undefined && { savepoints: savepointsAt }),
    ...(highAvailabilityAt !== undefined && { highAvailability: highAvailabilityAt }),
  };
};

/** What the operator would restore from by itself. 1.7 knows savepoints only; newer ones also note the last checkpoint of an ended job. */
const recordedSavepoint = ({ jobStatus }: FlinkDeploymentStatus): Workload['recordedSavepoint'] => {
  const last = jobStatus?.savepointInfo?.lastSavepoint;
  const location = jobStatus?.upgradeSavepointPath ?? last?.location;
  if (location === undefined || location === '' || location === LAST_STATE_DUMMY) return undefined;
  return { location, at: location === last?.location ? last.timeStamp : undefined };
};

/** The operator writes the spec it acted on with all fields it knows, unset ones as null. */
const restoresBy = (
  lastReconciledJob: Record<string, unknown> | undefined,
): FlinkDeploymentWorkload['recovery']['restoresBy'] => {
  if (lastReconciledJob === undefined) return 'first-deployment';
  return 'savepointRedeployNonce' in lastReconciledJob ? 'redeployment' : 'recreation';
};

const recoveryFieldsOf = (applied: Fields): RecoveryFields => {
  const { job = {}, restartNonce } = FlinkDeploymentSpec.safeParse(applied).data ?? {};
  const { state, initialSavepointPath, savepointRedeployNonce } = job;
  return {
    ...(state !== undefined && { state }),
    ...(initialSavepointPath !== undefined && { initialSavepointPath }),
    ...(savepointRedeployNonce !== undefined && { savepointRedeployNonce }),
    ...(restartNonce !== undefined && { restartNonce }),
  };
};

/**
 * Sets the parallelism of vertices. Vertices that are not named keep their override: taking one out of the map makes the operator
 * upgrade the job instead of rescaling it.
 */
export const overrideParallelism = (
  workload: FlinkDeploymentWorkload,
  parallelism: Readonly<Record<VertexId, number>>,
): ObjectEffect => {
  const overrides = formatParallelismMap({ ...workload.overrides, ...parallelism });
  return apply(workload, 'headgate-scale', { flinkConfiguration: { [PARALLELISM_OVERRIDES]: overrides } });
};

/** Stops the job, keeping its state as `upgradeMode` says. */
export const suspend = (workload: FlinkDeploymentWorkload): ObjectEffect =>
  applyRecovery(workload, { state: 'suspended' });

/** Starts a suspended job from the state it was suspended with. */
export const resume = (workload: FlinkDeploymentWorkload): ObjectEffect =>
  applyRecovery(workload, { state: 'running' });

/** Restarts the job with its newest state; `nonce` must differ from the last one. */
export const restart = (workload: FlinkDeploymentWorkload, nonce: number): ObjectEffect =>
  applyRecovery(workload, { state: 'running', restartNonce: nonce });

/** Deletes the workload, as the one that was read: a successor of the same name is left alone. */
export const remove = ({ ref, uid }: FlinkDeploymentWorkload): ObjectEffect => {
  const { apiVersion, kind, name, namespace } = ref;
  return { kind: 'remove', object: { apiVersion, kind, metadata: { name, namespace, uid } } };
};

/**
 * Brings a job back from a restore point, or, without one, by a mere restart. `nonce` must be new for each attempt and the same when
 * an attempt is repeated: the operation's epoch. Where only a recreation restores (`recreation.ts`), this changes nothing.
 */
export const restore = (
  workload: FlinkDeploymentWorkload,
  restorePoint: RestorePoint | undefined,
  nonce: number,
): ObjectEffect => {
  if (restorePoint === undefined) return restart(workload, nonce);
  const { location } = restorePoint;
  switch (workload.recovery.restoresBy) {
    case 'redeployment':
      return applyRecovery(workload, {
        state: 'running',
        initialSavepointPath: location,
        savepointRedeployNonce: nonce,
      });
    case 'first-deployment':
      return applyRecovery(workload, { state: 'running', initialSavepointPath: location });
    case 'recreation':
      // Says what is, since an apply of nothing would own the whole of what it is empty in.
      return applyRecovery(workload, { state: workload.suspended ? 'suspended' : 'running' });
  }
};

/** Whether an operation can be begun without losing state, or why not. */
export type OperationVerdict =
  | { readonly kind: 'possible' }
  | { readonly kind: 'refused'; readonly reason: string; readonly message: string };

/**
 * Judges an operation before it is begun. A job that has ended is started again from a restore point only: asked for a mere restart (or
 * suspended and resumed), operators look for its last checkpoint where Flink 1.18 does not show it any more, and start from nothing.
 */
export const evaluateOperation = (
  workload: FlinkDeploymentWorkload,
  kind: Operation['kind'],
  restorePoint?: RestorePoint,
): OperationVerdict => {
  const { stateLoss, stoppedWithLastState } = workload.recovery;
  if (workload.deleting) return refused('Deleting', 'it is being deleted');
  if (kind === 'Rescale') {
    return workload.rescale.kind === 'none' ? { ...workload.rescale, kind: 'refused' } : { kind: 'possible' };
  }
  if (kind === 'Recover' && restorePoint !== undefined) return { kind: 'possible' };
  if (!workload.stateful) return { kind: 'possible' };
  if (kind === 'Recover') return refused('WouldRestartWithoutState', 'there is no restore point');
  if (stateLoss !== undefined) return refused('WouldRestartWithoutState', stateLoss);
  if (kind === 'Resume') {
    return workload.recordedSavepoint === undefined && !stoppedWithLastState
      ? refused('NeedsRestorePoint', 'the operator recorded no state to resume from')
      : { kind: 'possible' };
  }
  return ENDED.has(workload.reportedState ?? '')
    ? refused('NeedsRestorePoint', `the job is ${workload.reportedState}, and would start from nothing`)
    : { kind: 'possible' };
};

const ENDED: ReadonlySet<string> = new Set(['FAILED', 'CANCELED', 'FINISHED']);

const refused = (reason: string, message: string): OperationVerdict => ({ kind: 'refused', reason, message });

const applyRecovery = (workload: FlinkDeploymentWorkload, change: RecoveryFields): ObjectEffect => {
  const { metadata, spec } = workload.recovery.applied;
  const { restartNonce, ...steering } = change;
  const job = { ...(isFields(spec['job']) ? spec['job'] : {}), ...steering };
  const nonce = restartNonce === undefined ? {} : { restartNonce };
  return apply(workload, 'headgate-recovery', { ...spec, ...nonce, job }, metadata);
};

const apply = (
  workload: FlinkDeploymentWorkload,
  manager: FieldManager,
  spec: Fields,
  metadata: Fields = {},
): ObjectEffect => {
  const { apiVersion, kind, name, namespace } = workload.ref;
  const { resourceVersion } = workload;
  return {
    kind: 'apply',
    manager,
    object: { apiVersion, kind, metadata: { ...metadata, name, namespace, resourceVersion }, spec },
  };
};
