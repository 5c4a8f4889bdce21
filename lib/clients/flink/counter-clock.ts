import type { EpochMillis } from '../../model/instant.ts';
import type { JobDetails } from './answers.ts';

/**
 * Counters are up to ten seconds old when they are read (`metrics.fetcher.update-interval`), and two looks within that time show the
 * same ones: by our own clock a job would seem to stand still. But they carry a clock of their own. Flink counts a task's busy time as
 * what is left of the time since its start beside backpressured and idle time (`TaskIOMetricGroup`), so the three add up to the task's
 * age when they were taken. Undefined as long as no running vertex has told all three.
 */
export const parseCounterClock = (details: JobDetails): number | undefined => {
  const ages = details.vertices
    .filter(
      (v) =>
        (v.tasks['FINISHED'] ?? 0) === 0 && v.metrics['read-records-complete'] && v.metrics['write-records-complete'],
    )
    .map(({ parallelism, metrics }) => {
      const times = ['busy', 'backpressured', 'idle'] as const;
      return times.reduce((sum, t) => sum + (metrics[`accumulated-${t}-time`] ?? Number.NaN), 0) / parallelism;
    })
    .filter((age) => Number.isFinite(age));
  return ages.length === 0 ? undefined : ages.reduce((a, b) => a + b, 0) / ages.length;
};

/**
 * When the counters were taken, by our clock: their own clock, plus the smallest distance between the two that was seen in this run. The
 * look that saw it had the freshest counters (the minimum filter of NTP, RFC 5905, section 10).
 */
export const dateCounters = (
  clock: number | undefined,
  knownOffset: number | undefined,
  now: EpochMillis,
): { readonly at: EpochMillis; readonly offset: number | undefined } => {
  if (clock === undefined) return { at: now, offset: knownOffset };
  const offset = Math.min(knownOffset ?? Number.POSITIVE_INFINITY, now - clock);
  return { at: Math.round(clock + offset), offset };
};
