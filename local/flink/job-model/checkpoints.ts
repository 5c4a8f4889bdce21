import type { EpochMillis } from '../../../lib/model/instant.ts';
import { copyLog, sum, type Checkpoint, type Draft, type JobState } from './state.ts';

/** `web.checkpoints.history`. */
export const HISTORY_LENGTH = 10;

const ROUNDING = 1e-6;

/** When the next periodic checkpoint begins, or one in progress could be complete. */
export const nextCheckpointEventAt = ({ phase, settings, checkpoints, now }: JobState): EpochMillis => {
  if (phase.kind !== 'Running') return Infinity;
  const durations = inProgress(checkpoints.history).map((c) => c.triggeredAt + minimumMillis(settings));
  // One whose barrier still waits in buffers is looked at with every step.
  return Math.min(settings.checkpoints ? checkpoints.nextAt : Infinity, ...durations.filter((at) => at > now));
};

const minimumMillis = (settings: JobState['settings']): number => settings.checkpoints?.durationMillis ?? 40;

const inProgress = (history: readonly Checkpoint[]): readonly Checkpoint[] =>
  history.filter((c) => c.outcome.kind === 'in-progress');

/** Begins the periodic checkpoint when it is due; not while another is in progress. */
export const triggerWhenDue = (draft: Draft, at: EpochMillis): void => {
  const { settings, checkpoints } = draft;
  if (settings.checkpoints === undefined || at < checkpoints.nextAt) return;
  draft.checkpoints = { ...checkpoints, nextAt: checkpoints.nextAt + settings.checkpoints.intervalMillis };
  if (inProgress(checkpoints.history).every((c) => c.isSavepoint)) trigger(draft, at, false);
};

/** Begins a checkpoint and answers its number. */
export const trigger = (draft: Draft, at: EpochMillis, isSavepoint: boolean): number => {
  const id = draft.checkpoints.lastId + 1;
  const checkpoint: Checkpoint = {
    id,
    triggeredAt: at,
    isSavepoint,
    subtasks: sum(draft.parallelism),
    logs: draft.logs.map((log) => log && copyLog(log)),
    outcome: { kind: 'in-progress', marks: marksOf(draft) },
  };
  draft.checkpoints = {
    ...draft.checkpoints,
    lastId: id,
    history: shorten([checkpoint, ...draft.checkpoints.history]),
  };
  return id;
};

/** The barrier is behind everything that is in the buffers now, and behind what becomes of it further down. */
const marksOf = ({ spec, vertices, parallelism }: Draft): readonly number[] => {
  const before = spec.vertices.map(() => 0);
  for (const [v, vertex] of spec.vertices.entries()) {
    const coming = vertex.inputs.map(({ from, ship }) => {
      const u = spec.vertices.findIndex((other) => other.id === from);
      const copies = ship === 'BROADCAST' ? parallelism[v]! : 1;
      return before[u]! * (spec.vertices[u]!.selectivity ?? 1) * copies;
    });
    before[v] = sum(coming) + sum(vertices[v]!.buffered.map(sum));
  }
  return vertices.map(({ read }, v) => sum(read) + before[v]!);
};

/** Completes what is complete; answers those. */
export const completeWhenPassed = (draft: Draft, at: EpochMillis): readonly Checkpoint[] => {
  const { settings, checkpoints, vertices } = draft;
  const passed = inProgress(checkpoints.history).filter(
    ({ triggeredAt, outcome }) =>
      at >= triggeredAt + minimumMillis(settings) &&
      outcome.kind === 'in-progress' &&
      outcome.marks.every((mark, v) => sum(vertices[v]!.read) >= mark - ROUNDING * Math.max(1, mark)),
  );
  for (const checkpoint of passed) complete(draft, checkpoint, at);
  return passed;
};

const complete = (draft: Draft, checkpoint: Checkpoint, at: EpochMillis): void => {
  const { settings, checkpoints } = draft;
  const location = checkpoint.isSavepoint
    ? savepointLocation(draft, checkpoint)
    : checkpointLocation(draft, checkpoint);
  const retained = settings.checkpoints?.retained ?? 1;
  let newer = 0;
  const history = checkpoints.history.map((c): Checkpoint => {
    const outcome =
      c.id === checkpoint.id ? ({ kind: 'completed', at, location, discarded: false } as const) : c.outcome;
    if (c.isSavepoint || outcome.kind !== 'completed') return { ...c, outcome };
    newer += 1;
    return { ...c, outcome: { ...outcome, discarded: outcome.discarded || newer > retained } };
  });
  draft.checkpoints = { ...checkpoints, completed: checkpoints.completed + 1, history };
};

const checkpointLocation = ({ spec, settings }: Draft, { id }: Checkpoint): string => {
  const directory = settings.checkpoints?.directory;
  return directory === undefined ? '<checkpoint-not-externally-addressable>' : `${directory}/${spec.id}/chk-${id}`;
};

/** `savepoint-<first six digits of the job>-<twelve digits>`; Flink draws the latter by lot. */
const savepointLocation = ({ spec, savepoints }: Draft, { id }: Checkpoint): string => {
  const wish = savepoints.find(({ outcome }) => outcome.kind === 'in-progress' && outcome.checkpoint === id);
  return `${wish?.directory ?? ''}/savepoint-${spec.id.slice(0, 6)}-${id.toString(16).padStart(12, '0')}`;
};

/** What is in progress when the tasks stop has failed. */
export const abortCheckpoints = (draft: Draft, at: EpochMillis): void => {
  const { checkpoints } = draft;
  const message = 'Checkpoint Coordinator is suspending.';
  const failed = inProgress(checkpoints.history).length;
  if (failed === 0) return;
  const history = checkpoints.history.map((c): Checkpoint =>
    c.outcome.kind === 'in-progress' ? { ...c, outcome: { kind: 'failed', at, message } } : c,
  );
  draft.checkpoints = { ...checkpoints, failed: checkpoints.failed + failed, history };
};

/** What Flink goes back to: the newest completed one. */
export const latestRestorable = ({ history }: JobState['checkpoints']): Checkpoint | undefined =>
  history.find((c) => c.outcome.kind === 'completed' && !c.outcome.discarded);

/** A job that has ended leaves its savepoints, and its checkpoints only where it is told to. */
export const discardAfterEnd = (draft: Draft, as: 'FAILED' | 'CANCELED' | 'FINISHED'): void => {
  if (as !== 'FINISHED' && draft.settings.checkpoints?.keptAfterEnd) return;
  const history = draft.checkpoints.history.map((c): Checkpoint =>
    c.isSavepoint || c.outcome.kind !== 'completed' ? c : { ...c, outcome: { ...c.outcome, discarded: true } },
  );
  draft.checkpoints = { ...draft.checkpoints, history };
};

/** Drops the old ones, but never those that are the latest of their kind. */
const shorten = (history: readonly Checkpoint[]): readonly Checkpoint[] => {
  const latest = new Set([
    history.find((c) => c.outcome.kind === 'failed'),
    history.find((c) => c.outcome.kind === 'completed' && c.isSavepoint),
    history.find((c) => c.outcome.kind === 'completed' && !c.isSavepoint),
  ]);
  return history.filter((c, i) => i < HISTORY_LENGTH || latest.has(c));
};
