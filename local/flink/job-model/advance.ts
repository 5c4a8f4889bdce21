import type { EpochMillis } from '../../../lib/model/instant.ts';
import { completeWhenPassed, nextCheckpointEventAt, triggerWhenDue } from './checkpoints.ts';
import { flow } from './flow.ts';
import { nextReadingAt, takeReading } from './gauges.ts';
import { changePhase, end, nextPhaseEventAt, reconsiderSize, rescaleAfterCheckpoint } from './scheduler.ts';
import { draftOf, type Checkpoint, type Draft, type JobState, type Savepoint } from './state.ts';

/**
 * The job as it is at a later time. Records flow in whole steps and between events, so how often one looks changes nothing:
 * a look between two steps sees the job as the last step left it.
 */
export const advance = (state: JobState, until: EpochMillis): JobState => {
  if (until <= state.now) return state;
  if (nextStopAt(state) > until) return { ...state, now: until };
  const draft = draftOf(state);
  for (let at = nextStopAt(draft); at <= until; at = nextStopAt(draft)) {
    flow(draft, at);
    draft.now = at;
    happen(draft, at);
  }
  draft.now = until;
  return draft;
};

/** A change from outside, at a time of its own: what happened until then happens first. */
export const change = (state: JobState, at: EpochMillis, apply: (draft: Draft) => void): JobState => {
  const draft = draftOf(advance(state, at));
  flow(draft, at);
  apply(draft);
  return draft;
};

/** The end of the step, or the first thing that happens within it. */
const nextStopAt = (state: JobState): EpochMillis => {
  const { phase, flowedUntil, settings } = state;
  const heartbeat = Math.min(...lostTaskManagers(state).map((tm) => tm.lostAt! + settings.heartbeatMillis));
  if (phase.kind === 'Ended') return heartbeat;
  const stepEnd = (Math.floor(flowedUntil / settings.stepMillis) + 1) * settings.stepMillis;
  return Math.min(stepEnd, nextPhaseEventAt(state), nextCheckpointEventAt(state), nextReadingAt(state), heartbeat);
};

const lostTaskManagers = ({ taskManagers }: JobState): JobState['taskManagers'] =>
  taskManagers.filter((tm) => tm.lostAt !== undefined);

const happen = (draft: Draft, at: EpochMillis): void => {
  const gone = lostTaskManagers(draft).filter((tm) => at >= tm.lostAt! + draft.settings.heartbeatMillis);
  if (gone.length > 0) {
    draft.taskManagers = draft.taskManagers.filter((tm) => !gone.includes(tm));
    reconsiderSize(draft, at);
  }
  if (at >= nextReadingAt(draft)) takeReading(draft, at);
  if (draft.phase.kind === 'Running') {
    for (const checkpoint of completeWhenPassed(draft, at)) {
      if (checkpoint.isSavepoint) finishSavepoint(draft, checkpoint, at);
      else rescaleAfterCheckpoint(draft, at);
    }
  }
  if (draft.phase.kind === 'Running') triggerWhenDue(draft, at);
  changePhase(draft, at);
};

/** Tells whoever asked for it, and stops the job where that was asked for. */
const finishSavepoint = (draft: Draft, { id }: Checkpoint, at: EpochMillis): void => {
  const done = draft.checkpoints.history.find((c) => c.id === id)?.outcome;
  if (done?.kind !== 'completed') return;
  const belongs = ({ outcome }: Savepoint): boolean => outcome.kind === 'in-progress' && outcome.checkpoint === id;
  const stops = draft.savepoints.some((savepoint) => belongs(savepoint) && savepoint.stops);
  draft.savepoints = draft.savepoints.map((savepoint) =>
    belongs(savepoint) ? { ...savepoint, outcome: { kind: 'completed', location: done.location } } : savepoint,
  );
  if (stops) end(draft, at, 'FINISHED');
};
