import type { ScalingHistory } from '../../autoscale/scaling-history.ts';
import type { Operation } from '../../model/managed-job.ts';
import type { VertexId } from '../../model/job-graph.ts';
import type { Effect } from '../../model/workload.ts';
import type { RecoveryStatus } from '../../recovery/recovery-decision.ts';
import type { JobSnapshot } from './snapshot.ts';

/** What is decided for one job: a value, complete enough to apply, to show and to explain. */
export type JobDecision = {
  readonly key: string;
  readonly kind: 'hold' | 'rescale' | 'restore' | 'quarantine' | 'suspend' | 'resume' | 'restart' | 'delete';
  /** PascalCase, one of docs/reasons.md. */
  readonly reason: string;
  readonly message: string;
  /** The operation after this decision; a new one (higher epoch) is persisted before its effects are written. */
  readonly operation: Operation | undefined;
  /** Writes that carry the operation on. Repeating them changes nothing. */
  readonly effects: readonly Effect[];
  readonly recovery: RecoveryStatus | undefined;
  /** The restart wish that this decision answers, one way or the other. */
  readonly answeredRestartNonce?: number;
  readonly scaling: ScalingHistory;
  /** The size its load asks for, when it is known. */
  readonly wanted: Readonly<Record<VertexId, number>> | undefined;
  /** When to look again before the next tick. */
  readonly recheckAfterSeconds: number | undefined;
  readonly evidence: unknown;
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
