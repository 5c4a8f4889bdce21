import { HISTORY_LENGTH } from '../job-model/checkpoints.ts';
import type { Checkpoint, JobState } from '../job-model/state.ts';
import { notFound, ok, type Answer } from './answer.ts';
import { hasGraph, isLive, type Look } from './look.ts';

/** State has no size in the model. */
const STATE_BYTES = 554;

/** `GET /jobs/:id/checkpoints`: as cached. 1.18 with the adaptive scheduler has none of a job that has ended. */
export const checkpoints = ({ graph: readGraph }: Look): Answer => {
  const graph = readGraph();
  const { spec, settings, checkpoints: log } = graph;
  if (settings.version === '1.18' && !isLive(graph)) return notFound(`Job ${spec.id} not found`);
  const history = hasGraph(graph) ? log.history : [];
  const completed = history.filter((c) => c.outcome.kind === 'completed');
  const known = <T>(count: T, none: T): T => (hasGraph(graph) ? count : none);
  const inProgress = history.filter((c) => c.outcome.kind === 'in-progress').length;
  const { latestRestored: restored } = log;
  return ok({
    counts: {
      restored: known(log.restored, 0),
      total: known(log.completed + log.failed + inProgress, 0),
      in_progress: inProgress,
      completed: known(log.completed, 0),
      failed: known(log.failed, 0),
    },
    summary: {
      checkpointed_size: statistics(completed.map(() => STATE_BYTES)),
      state_size: statistics(completed.map(() => STATE_BYTES)),
      end_to_end_duration: statistics(completed.map(durationOf)),
      alignment_buffered: statistics([0]),
      processed_data: statistics(completed.map(() => 0)),
      persisted_data: statistics(completed.map(() => 0)),
    },
    latest: {
      completed: show(completed.find((c) => !c.isSavepoint)),
      savepoint: show(completed.find((c) => c.isSavepoint)),
      failed: show(history.find((c) => c.outcome.kind === 'failed')),
      restored:
        hasGraph(graph) && restored !== undefined
          ? {
              id: restored.id,
              restore_timestamp: restored.at,
              is_savepoint: restored.isSavepoint,
              external_path: restored.location,
            }
          : null,
    },
    history: history.slice(0, HISTORY_LENGTH).map(show),
  });
};

const durationOf = ({ triggeredAt, outcome }: Checkpoint): number =>
  outcome.kind === 'in-progress' ? 0 : outcome.at - triggeredAt;

const show = (checkpoint: Checkpoint | undefined): object | null => {
  if (checkpoint === undefined) return null;
  const { id, triggeredAt, isSavepoint, subtasks, outcome } = checkpoint;
  const isDone = outcome.kind === 'completed';
  const className = outcome.kind.replace('-', '_');
  return {
    className,
    id,
    status: className.toUpperCase(),
    is_savepoint: isSavepoint,
    savepointFormat: isSavepoint ? 'CANONICAL' : null,
    trigger_timestamp: triggeredAt,
    latest_ack_timestamp: isDone ? outcome.at : -1,
    checkpointed_size: STATE_BYTES,
    state_size: STATE_BYTES,
    end_to_end_duration: durationOf(checkpoint),
    alignment_buffered: 0,
    processed_data: 0,
    persisted_data: 0,
    num_subtasks: subtasks,
    num_acknowledged_subtasks: isDone ? subtasks : 0,
    checkpoint_type: isSavepoint ? 'SAVEPOINT' : 'CHECKPOINT',
    tasks: {},
    ...(isDone && { external_path: outcome.location, discarded: outcome.discarded }),
    ...(outcome.kind === 'failed' && { failure_timestamp: outcome.at, failure_message: outcome.message }),
  };
};

/** Java has no percentiles of nothing. */
const statistics = (values: readonly number[]): object => {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (share: number): number | 'NaN' =>
    sorted.length === 0 ? 'NaN' : sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))]!;
  return {
    min: sorted[0] ?? 0,
    max: sorted.at(-1) ?? 0,
    avg: sorted.length === 0 ? 0 : Math.floor(sorted.reduce((a, b) => a + b, 0) / sorted.length),
    p50: at(0.5),
    p90: at(0.9),
    p95: at(0.95),
    p99: at(0.99),
    p999: at(0.999),
  };
};

/** What the JobManager's metrics say of checkpoints. */
export const checkpointMetrics = ({ checkpoints: log }: JobState): Readonly<Record<string, number | string>> => {
  const last = log.history.find((c) => c.outcome.kind === 'completed');
  return {
    lastCheckpointSize: last === undefined ? -1 : STATE_BYTES,
    lastCheckpointDuration: last === undefined ? -1 : durationOf(last),
    lastCheckpointExternalPath: last?.outcome.kind === 'completed' ? last.outcome.location : 'n/a',
    lastCompletedCheckpointId: last?.id ?? -1,
    numberOfCompletedCheckpoints: log.completed,
    numberOfFailedCheckpoints: log.failed,
    numberOfInProgressCheckpoints: log.history.filter((c) => c.outcome.kind === 'in-progress').length,
    totalNumberOfCheckpoints: log.lastId,
  };
};
