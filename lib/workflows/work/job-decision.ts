import type { ScalingHistory } from '../../autoscale/scaling-history.ts';
import type { Operation } from '../../model/managed-job.ts';
import type { VertexId } from '../../model/job-graph.ts';
import type { Effect } from '../../model/workload.ts';
import type { RecoveryStatus } from '../../recovery/recovery-decision.ts';

/** What is decided for one job: a value, complete enough to apply, to show and to explain. */
export type JobDecision = {
  readonly key: string;
  readonly kind: 'hold' | 'rescale' | 'restore' | 'quarantine' | 'suspend' | 'resume' | 'restart';
  /** PascalCase, one of docs/reasons.md. */
  readonly reason: string;
  readonly message: string;
  /** The operation after this decision; a new one (higher epoch) is persisted before its effects are written. */
  readonly operation: Operation | undefined;
  /** Writes that carry the operation on. Repeating them changes nothing. */
  readonly effects: readonly Effect[];
  readonly recovery: RecoveryStatus | undefined;
  readonly scaling: ScalingHistory;
  /** The size its load asks for, when it is known. */
  readonly wanted: Readonly<Record<VertexId, number>> | undefined;
  /** When to look again before the next tick. */
  readonly recheckAfterSeconds: number | undefined;
  readonly evidence: unknown;
};
