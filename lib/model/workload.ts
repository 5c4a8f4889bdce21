import type { EpochMillis } from './instant.ts';
import type { ConditionWish } from './condition.ts';
import type { FieldManager } from './group.ts';
import type { TargetRef } from './managed-job.ts';
import type { KubernetesObject } from './kubernetes-object.ts';
import type { Resources } from './resources.ts';
import type { VertexId } from './job-graph.ts';

/** How a parallelism change would reach the job. */
export type RescalePath =
  | { readonly kind: 'in-place' }
  /** A full upgrade with state: priced as a long restart. */
  | { readonly kind: 'upgrade' }
  /** Not possible now, and why (PascalCase reason and a sentence). */
  | { readonly kind: 'none'; readonly reason: string; readonly message: string };

/** A Flink workload of any kind, as its Kubernetes objects show it: what every decision is made from. */
export type Workload = {
  readonly ref: TargetRef & { readonly namespace: string };
  readonly uid: string;
  readonly resourceVersion: string;
  /** Whether the controller has seen the newest spec (`observedGeneration`), and calls it stable. */
  readonly settled: boolean;
  readonly deleting: boolean;
  /** The controller's view of the job, in Flink's words; the JobManager's own answer outranks it. */
  readonly reportedState: string | undefined;
  readonly reportedJobId: string | undefined;
  readonly reportedStartAt: EpochMillis | undefined;
  readonly suspended: boolean;
  readonly stateful: boolean;
  readonly flinkVersion: readonly [number, number] | undefined;
  /** Service that answers Flink's REST API, reached through the API server's proxy. */
  readonly rest: { readonly service: string; readonly port: number };
  readonly slotsPerTaskManager: number;
  readonly taskManager: Resources;
  /** JobManager pods: resources of one, times their number. */
  readonly jobManagers: Resources;
  readonly parallelism: number | undefined;
  /** Overrides in force, by vertex id. */
  readonly overrides: Readonly<Record<VertexId, number>>;
  readonly rescale: RescalePath;
  /** Where state lies, as configured. */
  readonly directories: {
    readonly checkpoints?: string;
    readonly savepoints?: string;
    readonly highAvailability?: string;
  };
  /** Newest savepoint or checkpoint path that the controller recorded. */
  readonly recordedSavepoint: { readonly location: string; readonly at: EpochMillis | undefined } | undefined;
  /** Other automation that already owns scaling or recovery of this workload. */
  readonly upstream: { readonly autoscaler: boolean; readonly restartsFailed: boolean };
  /** The controller's own error text, if any. */
  readonly error: string | undefined;
  readonly conditions: readonly ConditionWish[];
};

/** A write to a Kubernetes object, as a value: what, as whom, and which version of the object it was decided on. */
export type ObjectEffect =
  | {
      readonly kind: 'apply';
      readonly manager: FieldManager;
      /** The manager's complete set of fields for this object. `metadata.resourceVersion`, where it stands, is the precondition. */
      readonly object: KubernetesObject & { readonly spec?: unknown };
    }
  | {
      readonly kind: 'remove';
      /** Names the object; `metadata.uid` is the precondition, so that a successor of the same name is left alone. */
      readonly object: KubernetesObject;
    };

/** A write, as a value: to an object, or to Flink's scheduler itself. */
export type Effect =
  | ObjectEffect
  | {
      readonly kind: 'resource-requirements';
      readonly namespace: string;
      readonly rest: Workload['rest'];
      readonly jobId: string;
      /** Most subtasks of each vertex; one is enough for Flink to run. */
      readonly upper: Readonly<Record<VertexId, number>>;
    };
