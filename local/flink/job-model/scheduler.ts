import type { EpochMillis } from '../../../lib/model/instant.ts';
import { abortCheckpoints, discardAfterEnd, latestRestorable } from './checkpoints.ts';
import { takeReading } from './gauges.ts';
import { hasDesiredSlots, sizeFor, slotsFor } from './slots.ts';
import { copyLog, emptyFlows, enter, type Draft, type Failure, type JobState, type Savepoint } from './state.ts';

/** From the final failure to FAILED, and from a cancel to CANCELED. */
const ENDING_MILLIS = { FAILED: 30, CANCELED: 100 } as const;

/** When the job's phase changes by itself. */
export const nextPhaseEventAt = (state: JobState): EpochMillis => {
  const { phase, settings } = state;
  switch (phase.kind) {
    case 'Waiting':
      return phase.readyAt ?? phase.since + settings.resourceWaitMillis;
    case 'Running':
      return waitsForCheckpoint(state) ? Infinity : rescaleDueAt(state);
    case 'Restarting':
    case 'Ending':
      return phase.until;
    case 'Ended':
      return Infinity;
  }
};

/** Changes the phase when it is due. */
export const changePhase = (draft: Draft, at: EpochMillis): void => {
  if (at < nextPhaseEventAt(draft)) return;
  const { phase } = draft;
  if (phase.kind === 'Waiting') {
    if (phase.readyAt === undefined) fail(draft, at, noResources(at));
    else beginRun(draft, at);
  } else if (phase.kind === 'Running') {
    beginRescale(draft, at);
  } else if (phase.kind === 'Restarting') {
    // 1.x lets go of its slots and waits for all it wants; 2.x takes what there is.
    const goesOn = phase.rescale && sizeFor(draft) !== undefined;
    if (goesOn && (hasDesiredSlots(draft) || draft.settings.version === '2.x')) beginRun(draft, at);
    else beginWaiting(draft, at);
  } else if (phase.kind === 'Ending') {
    end(draft, at, phase.as);
  }
};

/** Looks at slots and bounds anew, after either has changed. */
export const reconsiderSize = (draft: Draft, at: EpochMillis): void => {
  const { phase, parallelism } = draft;
  if (phase.kind === 'Waiting') {
    draft.phase = { ...phase, readyAt: readyAt(draft, phase.since, at) };
  } else if (phase.kind === 'Running') {
    const size = sizeFor(draft);
    const differs = size !== undefined && size.some((subtasks, v) => subtasks !== parallelism[v]);
    draft.rescaleWishedAt = differs ? (draft.rescaleWishedAt ?? at) : undefined;
  }
};

/** A completed checkpoint is what 2.x waits for before it rescales (`rescale-trigger`). */
export const rescaleAfterCheckpoint = (draft: Draft, at: EpochMillis): void => {
  if (draft.phase.kind === 'Running' && waitsForCheckpoint(draft) && at >= rescaleDueAt(draft)) beginRescale(draft, at);
};

const waitsForCheckpoint = ({ settings }: JobState): boolean =>
  settings.version === '2.x' && settings.checkpoints !== undefined;

/**
 * Not before the cooldown is over; 2.x also waits for the rest of the slots that it wants, but not longer than the
 * stabilization time, which counts from the first change (`DefaultStateTransitionManager`).
 */
const rescaleDueAt = (state: JobState): EpochMillis => {
  const { rescaleWishedAt, settings, timestamps } = state;
  if (rescaleWishedAt === undefined) return Infinity;
  const stabilizing = settings.version === '2.x' && !hasDesiredSlots(state) ? settings.executingStabilizationMillis : 0;
  return Math.max(rescaleWishedAt + stabilizing, (timestamps.RUNNING ?? 0) + settings.cooldownMillis);
};

const beginRescale = (draft: Draft, at: EpochMillis): void => {
  const { settings, spec } = draft;
  const before = slotsFor(spec, draft.parallelism);
  const after = slotsFor(spec, sizeFor(draft) ?? draft.parallelism);
  if (after < before) draft.heldSlots = { slots: before, until: at + settings.restartMillis + settings.slotIdleMillis };
  draft.restarts += 1;
  draft.rescales += 1;
  draft.rescaleWishedAt = undefined;
  stopTasks(draft, at);
  enter(draft, { kind: 'Restarting', until: at + settings.restartMillis, rescale: true }, at);
};

/** Without an execution graph there is nothing that Flink could tell but when the job was submitted. */
const beginWaiting = (draft: Draft, at: EpochMillis): void => {
  draft.timestamps = { INITIALIZING: draft.startedAt };
  draft.phase = { kind: 'Waiting', since: at, readyAt: readyAt(draft, at, at) };
};

/** With all the slots it wants a job starts at once, with fewer when it has waited for more, below its lower bounds never. */
export const readyAt = (draft: Draft, since: EpochMillis, at: EpochMillis): EpochMillis | undefined => {
  const { restartMillis, submissionStabilizationMillis } = draft.settings;
  if (sizeFor(draft) === undefined) return undefined;
  return (hasDesiredSlots(draft) ? at : Math.max(at, since + submissionStabilizationMillis)) + restartMillis;
};

/** All tasks run: a new execution with counters at zero, reading on from the last checkpoint. */
const beginRun = (draft: Draft, at: EpochMillis): void => {
  const { spec, checkpoints } = draft;
  const parallelism = sizeFor(draft);
  if (parallelism === undefined) return beginWaiting(draft, at);
  const restored = latestRestorable(checkpoints);
  draft.logs = draft.logs.map((log, v) => {
    const read = restored?.logs[v]?.read ?? draft.origin[v];
    return log && read && copyLog({ ...log, read: [...read] });
  });
  draft.parallelism = parallelism;
  draft.vertices = emptyFlows(spec, parallelism);
  draft.run += 1;
  draft.gauges = [];
  takeReading(draft, at);
  draft.checkpoints = {
    ...checkpoints,
    nextAt: at + (draft.settings.checkpoints?.intervalMillis ?? 0),
    ...(restored?.outcome.kind === 'completed' && {
      restored: checkpoints.restored + 1,
      latestRestored: { id: restored.id, at, isSavepoint: restored.isSavepoint, location: restored.outcome.location },
    }),
  };
  // A new execution graph remembers nothing of the stop before it.
  const { CANCELLING: _, RESTARTING: __, ...timestamps } = draft.timestamps;
  draft.timestamps = { ...timestamps, CREATED: at };
  enter(draft, { kind: 'Running' }, at);
  reconsiderSize(draft, at);
};

/** Nothing flows any more, and what was in progress is lost. */
const stopTasks = (draft: Draft, at: EpochMillis): void => {
  abortCheckpoints(draft, at);
  draft.savepoints = draft.savepoints.map((savepoint): Savepoint =>
    savepoint.outcome.kind === 'in-progress'
      ? {
          ...savepoint,
          outcome: {
            kind: 'failed',
            exceptionName: 'org.apache.flink.runtime.checkpoint.CheckpointException',
            message: 'Checkpoint Coordinator is suspending.',
          },
        }
      : savepoint,
  );
};

/** The job fails: once, and it is restarted; or for good. `backUntil`: nothing can start before. */
export const fail = (draft: Draft, at: EpochMillis, failure: Failure, backUntil: EpochMillis = at): void => {
  if (draft.phase.kind === 'Ended' || draft.phase.kind === 'Ending') return;
  draft.failures = [...draft.failures, failure];
  draft.rescaleWishedAt = undefined;
  stopTasks(draft, at);
  if (failure.final) {
    enter(draft, { kind: 'Ending', until: at + ENDING_MILLIS.FAILED, as: 'FAILED' }, at);
    return;
  }
  draft.restarts += 1;
  const until = Math.max(backUntil, at + draft.settings.failureDelayMillis);
  enter(draft, { kind: 'Restarting', until, rescale: false }, at);
};

const noResources = (at: EpochMillis): Failure => ({
  at,
  exceptionName: 'org.apache.flink.runtime.jobmanager.scheduler.NoResourceAvailableException',
  message: 'Could not acquire the minimum required resources.',
  final: true,
});

/** Stops the job without a savepoint. */
export const cancel = (draft: Draft, at: EpochMillis): void => {
  if (draft.phase.kind === 'Ended' || draft.phase.kind === 'Ending') return;
  stopTasks(draft, at);
  enter(draft, { kind: 'Ending', until: at + ENDING_MILLIS.CANCELED, as: 'CANCELED' }, at);
};

/** The job's life is over. */
export const end = (draft: Draft, at: EpochMillis, as: 'FAILED' | 'CANCELED' | 'FINISHED'): void => {
  abortCheckpoints(draft, at);
  discardAfterEnd(draft, as);
  draft.rescaleWishedAt = undefined;
  enter(draft, { kind: 'Ended', as }, at);
};
