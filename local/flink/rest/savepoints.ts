import { z } from 'zod';
import type { JobState, Savepoint } from '../job-model/state.ts';
import { jobNotRunning, notFound, ok, refused, stackTraceOf, type Answer } from './answer.ts';
import { isLive } from './look.ts';

/** Bodies of `POST …/savepoints` and `POST …/stop`, which do not agree on the directory's name. */
const Trigger = z.object({
  triggerId: z.string().nullish(),
  'target-directory': z.string().nullish(),
  targetDirectory: z.string().nullish(),
});

/** The savepoint that a request asks for, or why there will be none. */
export const parseSavepoint = (
  live: JobState,
  body: unknown,
  stops: boolean,
): Pick<Savepoint, 'triggerId' | 'directory' | 'stops'> | Answer => {
  const parsed = Trigger.safeParse(body ?? {});
  if (!parsed.success) return refused(400, 'Request did not match expected format.');
  const { triggerId, targetDirectory, 'target-directory': targetDashDirectory } = parsed.data;
  const again = live.savepoints.find((savepoint) => savepoint.triggerId === triggerId);
  if (again !== undefined) return again;
  if (!isLive(live)) return jobNotRunning(live.spec.id);
  const directory = targetDirectory ?? targetDashDirectory ?? live.settings.savepointDirectory;
  if (directory === undefined) {
    const property = stops ? 'targetDirectory' : 'target-directory';
    return refused(400, `Config key [state.savepoints.dir] is not set. Property [${property}] must be provided.`);
  }
  return {
    triggerId: triggerId ?? (live.savepoints.length + 1).toString(16).padStart(32, '0'),
    directory: directory.replace(/\/$/, ''),
    stops,
  };
};

export const triggered = ({ triggerId }: Pick<Savepoint, 'triggerId'>): Answer => ({
  status: 202,
  body: { 'request-id': triggerId },
});

/** `GET /jobs/:id/savepoints/:trigger`: of savepoints and of stops. */
export const savepointStatus = ({ savepoints, spec }: JobState, triggerId: string): Answer => {
  const outcome = savepoints.find((savepoint) => savepoint.triggerId === triggerId)?.outcome;
  if (outcome === undefined) {
    return notFound(`There is no savepoint operation with triggerId=${triggerId} for job ${spec.id}.`);
  }
  if (outcome.kind === 'in-progress') return ok({ status: { id: 'IN_PROGRESS' }, operation: null });
  const operation =
    outcome.kind === 'completed'
      ? { location: outcome.location }
      : {
          'failure-cause': {
            class: outcome.exceptionName,
            'stack-trace': stackTraceOf(outcome.exceptionName, outcome.message),
          },
        };
  return ok({ status: { id: 'COMPLETED' }, operation });
};
