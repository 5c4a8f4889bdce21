import type { Failure, JobState } from '../job-model/state.ts';
import { ok, stackTraceOf, type Answer } from './answer.ts';
import type { Look } from './look.ts';

/** `web.exception-history-size`. */
const HISTORY_LENGTH = 16;

/** `GET /jobs/:id/exceptions`: as cached. 1.x also names the exception that ended the job. */
export const exceptions = ({ graph }: Look, maxExceptions: string | null): Answer => {
  const state = graph();
  const most = Math.min(HISTORY_LENGTH, maxExceptions === null ? HISTORY_LENGTH : Number(maxExceptions));
  const newestFirst = state.failures.toReversed();
  const exceptionHistory = {
    entries: newestFirst.slice(0, most).map((failure) => ({
      exceptionName: failure.exceptionName,
      stacktrace: stackTraceOf(failure.exceptionName, failure.message),
      timestamp: failure.at,
      failureLabels: {},
      concurrentExceptions: [],
    })),
    truncated: newestFirst.length > most,
  };
  return ok(state.settings.version === '2.x' ? { exceptionHistory } : { ...rootOf(state), exceptionHistory });
};

const rootOf = (state: JobState): object => {
  const last = state.failures.at(-1);
  const ended = last?.final === true ? last : undefined;
  return {
    'root-exception': ended === undefined ? null : suppressed(ended),
    timestamp: ended?.at ?? null,
    'all-exceptions': ended === undefined ? [] : [ofTask(state, ended)],
    truncated: false,
  };
};

/** Why no restart followed, and what had happened. */
const suppressed = ({ exceptionName, message }: Failure): string =>
  `${stackTraceOf('org.apache.flink.runtime.JobException', 'Recovery is suppressed by NoRestartBackoffTimeStrategy')}Caused by: ${stackTraceOf(exceptionName, message)}`;

const ofTask = ({ spec, parallelism, taskManagers, settings }: JobState, failure: Failure): object => {
  const vertex = failure.vertex ?? 0;
  return {
    exception: stackTraceOf(failure.exceptionName, failure.message),
    task: `${spec.vertices[vertex]!.name} (1/${parallelism[vertex]})`,
    location: 'localhost:6122',
    ...(settings.version !== '1.18' && { endpoint: 'localhost:6122' }),
    timestamp: failure.at,
    taskManagerId: taskManagers[0]?.id ?? '(unassigned)',
  };
};
