import type { EpochMillis } from '../model/instant.ts';

/**
 * What kind of failure it is, by what could help.
 * `transient`: trying again. `poison`: only another program or other input. `capacity`: room. `configuration`, `image`:
 * another spec. `state-missing`: another restore point. `unknown`: nobody can tell, so it is treated as transient.
 */
export type FailureClass =
  | 'transient'
  | 'poison'
  | 'capacity'
  | 'configuration'
  | 'image'
  | 'state-missing'
  | 'unknown';

/** A pod of the workload that does not run as it should. */
export type PodProblem = {
  readonly pod: string;
  readonly component: 'jobmanager' | 'taskmanager';
  /** Reason of the container's waiting or terminated state, or of the pod's condition: `ImagePullBackOff`, `OOMKilled`, `Unschedulable`. */
  readonly reason: string;
  readonly message?: string;
};

/** A failure and its class, with what it was told from. */
export type Failure = {
  readonly class: FailureClass;
  /** PascalCase name of the rule that matched; `Unrecognised` when none did. */
  readonly reason: string;
  /** Where it was read: Flink's exception, the controller's error, a pod, or nothing but the job's state. */
  readonly source: 'exception' | 'controller' | 'pod' | 'state';
  /** The text it was told from, first line, cut to 300 characters. */
  readonly evidence: string;
  /** When it happened, where Flink says so. */
  readonly at: EpochMillis | undefined;
};
