import { sum, type JobState } from '../job-model/state.ts';
import { hasGraph } from './look.ts';

/** Flink's `ExecutionState`. */
export const TASK_STATES = [
  'CREATED',
  'SCHEDULED',
  'DEPLOYING',
  'INITIALIZING',
  'RUNNING',
  'FINISHED',
  'CANCELING',
  'CANCELED',
  'FAILED',
  'RECONCILING',
] as const;
export type TaskState = (typeof TASK_STATES)[number];

/** The state that most subtasks of a vertex are in; of a vertex that failed the job, one is FAILED and the rest like the others. */
const commonState = ({ phase }: JobState): TaskState => {
  if (phase.kind === 'Waiting') return 'CREATED';
  if (phase.kind === 'Running') return 'RUNNING';
  if (phase.kind === 'Ending') return 'CANCELING';
  return phase.kind === 'Ended' && phase.as === 'FINISHED' ? 'FINISHED' : 'CANCELED';
};

/** The vertex whose failure stopped the tasks that are shown. */
const failedVertex = ({ phase, failures, timestamps }: JobState): number | undefined => {
  const last = failures.at(-1);
  const failed =
    (phase.kind === 'Restarting' && !phase.rescale) ||
    (phase.kind !== 'Running' && 'as' in phase && phase.as === 'FAILED');
  return failed && last !== undefined && last.at >= (timestamps.RUNNING ?? Infinity) ? last.vertex : undefined;
};

/** The state of a vertex as a whole. */
export const vertexState = (state: JobState, vertex: number): TaskState => {
  if (!hasGraph(state)) return 'CREATED';
  return failedVertex(state) === vertex ? 'FAILED' : commonState(state);
};

/** Subtasks of a vertex by state. All zero where there is no execution graph. */
export const taskCounts = (state: JobState, vertex: number): Readonly<Record<TaskState, number>> => {
  const subtasks = hasGraph(state) ? (state.parallelism[vertex] ?? 0) : 0;
  const failed = subtasks > 0 && failedVertex(state) === vertex ? 1 : 0;
  const counts = { ...NO_TASKS, [commonState(state)]: subtasks - failed };
  return failed === 0 ? counts : { ...counts, FAILED: counts.FAILED + failed };
};

/** Vertices by state. */
export const vertexCounts = (state: JobState): Readonly<Record<TaskState, number>> => {
  const counts = { ...NO_TASKS };
  for (const v of state.spec.vertices.keys()) counts[vertexState(state, v)] += 1;
  return counts;
};

/** Subtasks of the whole job by state. */
export const allTasks = (state: JobState, of: TaskState): number =>
  sum(state.spec.vertices.map((_, v) => taskCounts(state, v)[of]));

const NO_TASKS: Readonly<Record<TaskState, number>> = {
  CREATED: 0,
  SCHEDULED: 0,
  DEPLOYING: 0,
  INITIALIZING: 0,
  RUNNING: 0,
  FINISHED: 0,
  CANCELING: 0,
  CANCELED: 0,
  FAILED: 0,
  RECONCILING: 0,
};
