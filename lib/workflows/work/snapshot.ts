import type { FlinkLook } from '../../clients/flink/flink.ts';
import type { EpochMillis } from '../../model/instant.ts';
import type { KubernetesObject } from '../../model/kubernetes-object.ts';
import type { ManagedJob } from '../../model/managed-job.ts';
import type { Resources } from '../../model/resources.ts';
import type { Tenant } from '../../model/tenant.ts';
import type { Mode } from '../../model/mode.ts';
import type { Failure, PodProblem } from '../../recovery/failure.ts';
import type { RestorePointCandidate } from '../../recovery/recovery-decision.ts';
import type { FlinkDeploymentWorkload } from '../../targets/flink-deployment.ts';
import type { JobHistory, TenantHistory } from './tenant-history.ts';

/** One job as it was found. What could not be read is undefined, and why stands in `missing`. */
export type JobSnapshot = {
  /** `namespace/name` of the ManagedJob. */
  readonly key: string;
  readonly managed: ManagedJob;
  /** The workload's object as it was read, and what it says. */
  readonly target: KubernetesObject | undefined;
  readonly workload: FlinkDeploymentWorkload | undefined;
  readonly look: FlinkLook | undefined;
  readonly history: JobHistory;
  /** Pods of the workload that have not ended, running yet or not; and of these the TaskManagers. */
  readonly pods: number;
  readonly taskManagerPods: number;
  readonly podProblems: readonly PodProblem[];
  /** What failed last, as far as anything tells. */
  readonly failure: Failure | undefined;
  /** Undefined when nobody looked, since the job is not down, or when they could not be listed. */
  readonly restorePoints: readonly RestorePointCandidate[] | undefined;
  readonly missing: readonly string[];
};

/** Everything one run of `work` decides on: read once, before anything is decided. */
export type TenantSnapshot = {
  readonly now: EpochMillis;
  readonly tenant: Tenant;
  /** The most careful mode of the tenant and its pool. */
  readonly mode: Mode;
  /** Why nothing may be written, when the stop is set. */
  readonly stopped: string | undefined;
  readonly jobs: readonly JobSnapshot[];
  /** What each namespace may still use under its granted quota; undefined when the quota is not known yet. */
  readonly room: Readonly<Record<string, Resources | undefined>>;
  /** What the tenant uses above its target and must give back now; undefined: nothing. */
  readonly excess: Resources | undefined;
  readonly history: TenantHistory;
  /** Jobs that an alert or a request asks to look at now (`namespace/name`), or all of them. */
  readonly urgent: 'all' | ReadonlySet<string>;
};
