import { statusOf, sum, type JobState } from '../job-model/state.ts';
import { usedSlots } from '../job-model/slots.ts';
import { ok, type Answer } from './answer.ts';
import { endTimeOf, hasGraph } from './look.ts';
import { allTasks, TASK_STATES } from './tasks.ts';

/** `GET /jobs/overview`: live. */
export const jobsOverview = (live: JobState): Answer => {
  const { spec, settings, startedAt, timestamps, now } = live;
  const endTime = endTimeOf(live);
  const isNew = settings.version === '2.x';
  const byState = Object.fromEntries(TASK_STATES.map((state) => [state.toLowerCase(), allTasks(live, state)]));
  return ok({
    jobs: [
      {
        jid: spec.id,
        name: spec.name,
        ...(isNew && { jobType: 'STREAMING', schedulerType: 'Adaptive' }),
        'start-time': startedAt,
        'end-time': endTime,
        duration: (endTime < 0 ? now : endTime) - startedAt,
        state: statusOf(live),
        'last-modification': hasGraph(live) || endTime >= 0 ? Math.max(...Object.values(timestamps)) : 0,
        tasks: { ...byState, total: sum(TASK_STATES.map((state) => allTasks(live, state))) },
        ...(isNew && { 'pending-operators': 0 }),
      },
    ],
  });
};

/** `GET /jobs` */
export const jobs = (live: JobState): Answer => ok({ jobs: [{ id: live.spec.id, status: statusOf(live) }] });

/** `GET /jobs/:id/status`: live. */
export const jobStatus = (live: JobState): Answer => ok({ status: statusOf(live) });

const RELEASES = { '1.18': '1.18.0', '1.20': '1.20.5', '2.x': '2.3.0' } as const;

/** `GET /overview` */
export const clusterOverview = (live: JobState): Answer => {
  const { phase, taskManagers, settings } = live;
  const total = sum(taskManagers.map((tm) => tm.slots));
  const ended = (as: string): number => (phase.kind === 'Ended' && phase.as === as ? 1 : 0);
  return ok({
    taskmanagers: taskManagers.length,
    'slots-total': total,
    'slots-available': total - sum([...usedSlots(live).values()]),
    'jobs-running': phase.kind === 'Ended' ? 0 : 1,
    'jobs-finished': ended('FINISHED'),
    'jobs-cancelled': ended('CANCELED'),
    'jobs-failed': ended('FAILED'),
    'flink-version': RELEASES[settings.version],
    'flink-commit': '0000000',
  });
};
