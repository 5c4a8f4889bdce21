import type { EpochMillis } from '../../../lib/model/instant.ts';
import { change } from './advance.ts';
import { trigger } from './checkpoints.ts';
import { cancel, fail, reconsiderSize } from './scheduler.ts';
import { usedSlots } from './slots.ts';
import type { Bounds, Draft, Failure, JobState, Savepoint } from './state.ts';

/** Sets the bounds of every vertex, in the order of the spec. It is noted; the scheduler follows when it may. */
export const requireResources = (state: JobState, at: EpochMillis, requirements: readonly Bounds[]): JobState =>
  change(state, at, (draft) => {
    draft.requirements = requirements;
    reconsiderSize(draft, at);
  });

/** An exception of user code in one vertex; `final`: the restart strategy gives up. */
export const failJob = (
  state: JobState,
  at: EpochMillis,
  failure: {
    readonly message: string;
    readonly exceptionName?: string;
    readonly vertex?: number;
    readonly final?: boolean;
  },
): JobState =>
  change(state, at, (draft) => {
    const { exceptionName = 'java.lang.RuntimeException', final = false } = failure;
    fail(draft, at, { vertex: 0, ...failure, at, exceptionName, final });
  });

/** Cancels the job without a savepoint. */
export const cancelJob = (state: JobState, at: EpochMillis): JobState =>
  change(state, at, (draft) => cancel(draft, at));

/** Asks for a savepoint. The same trigger id again asks for nothing new. */
export const triggerSavepoint = (
  state: JobState,
  at: EpochMillis,
  wish: Pick<Savepoint, 'triggerId' | 'directory' | 'stops'>,
): JobState =>
  state.savepoints.some(({ triggerId }) => triggerId === wish.triggerId)
    ? state
    : change(state, at, (draft) => {
        draft.savepoints = [...draft.savepoints, { ...wish, outcome: beginSavepoint(draft, at) }];
      });

const beginSavepoint = (draft: Draft, at: EpochMillis): Savepoint['outcome'] =>
  draft.phase.kind === 'Running'
    ? { kind: 'in-progress', checkpoint: trigger(draft, at, true) }
    : {
        kind: 'failed',
        exceptionName: 'org.apache.flink.runtime.checkpoint.CheckpointException',
        message: 'The Flink job is currently not executing.',
      };

/** A TaskManager registers. */
export const addTaskManager = (
  state: JobState,
  at: EpochMillis,
  taskManager: { readonly id: string; readonly slots: number },
): JobState =>
  change(state, at, (draft) => {
    draft.taskManagers = [...draft.taskManagers, { ...taskManager, since: at }];
    reconsiderSize(draft, at);
  });

/** A TaskManager says goodbye (SIGTERM): it is gone at once, and the job restarts if it ran there. */
export const removeTaskManager = (state: JobState, at: EpochMillis, id: string): JobState =>
  change(state, at, (draft) => {
    const ran = runsOn(draft, id);
    draft.taskManagers = draft.taskManagers.filter((tm) => tm.id !== id);
    if (ran) fail(draft, at, lost(at, id, 'was shut down'));
    else reconsiderSize(draft, at);
  });

/** A TaskManager dies without a word: listed until its heartbeat times out, and as long every start on it fails. */
export const killTaskManager = (state: JobState, at: EpochMillis, id: string): JobState =>
  change(state, at, (draft) => {
    const ran = runsOn(draft, id);
    draft.taskManagers = draft.taskManagers.map((tm) => (tm.id === id ? { ...tm, lostAt: at } : tm));
    if (ran) fail(draft, at, lost(at, id, 'is no longer reachable'), at + draft.settings.heartbeatMillis);
    else reconsiderSize(draft, at);
  });

const runsOn = (state: JobState, id: string): boolean =>
  state.phase.kind === 'Running' && (usedSlots({ ...state, heldSlots: { slots: 0, until: 0 } }).get(id) ?? 0) > 0;

const lost = (at: EpochMillis, id: string, how: string): Failure => ({
  at,
  exceptionName: 'org.apache.flink.runtime.jobmaster.JobMasterException',
  message: `TaskManager with id ${id} ${how}.`,
  final: false,
});
