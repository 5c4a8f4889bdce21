import type { FlinkJob } from '../model/flink-job.ts';
import type { JobGraph, VertexId } from '../model/job-graph.ts';
import type { KubernetesObject } from '../model/kubernetes-object.ts';
import type { Operation, RestorePoint } from '../model/managed-job.ts';
import type { Effect, Workload } from '../model/workload.ts';
import type { Progress } from './progress.ts';

/** The recovery-owned fields of a FlinkDeployment: `headgate-recovery` applies all of them every time. */
export type RecoveryFields = {
  readonly state?: 'running' | 'suspended';
  readonly initialSavepointPath?: string;
  readonly savepointRedeployNonce?: number;
  readonly restartNonce?: number;
};

/** A FlinkDeployment as a workload, and what its effects must carry on. */
export type FlinkDeploymentWorkload = Workload & {
  readonly recovery: {
    /** Fields of `headgate-recovery` as they are now. */
    readonly owned: RecoveryFields;
  };
};

export type ReadFlinkDeployment = (object: KubernetesObject) => FlinkDeploymentWorkload;
export type OverrideParallelism = (
  workload: FlinkDeploymentWorkload,
  parallelism: Readonly<Record<VertexId, number>>,
) => Effect;
export type Suspend = (workload: FlinkDeploymentWorkload) => Effect;
export type Resume = (workload: FlinkDeploymentWorkload) => Effect;
export type Restart = (workload: FlinkDeploymentWorkload, nonce: number) => Effect;
/** Restores from `restorePoint`; `nonce` must be new for each attempt (the operation's epoch). */
export type Restore = (workload: FlinkDeploymentWorkload, restorePoint: RestorePoint, nonce: number) => Effect;
/** Judged on what was read, never on a patch's answer. */
export type ReadProgress = (
  workload: FlinkDeploymentWorkload,
  job: FlinkJob | undefined,
  graph: JobGraph | undefined,
  operation: Operation,
) => Progress;
