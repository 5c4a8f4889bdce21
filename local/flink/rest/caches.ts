import type { EpochMillis } from '../../../lib/model/instant.ts';
import type { FlinkSettings } from '../job-model/spec.ts';
import type { JobState } from '../job-model/state.ts';

/** `web.refresh-interval`: a job's graph and checkpoints are shown as they were up to that long ago. */
export const createGraphCache = ({ refreshMillis }: FlinkSettings): ((live: JobState) => JobState) => {
  let cached: JobState | undefined;
  return (live) => {
    if (cached === undefined || live.now - cached.now >= refreshMillis) cached = live;
    return cached;
  };
};

/** What the JobManager has fetched: how the job stood, and its tasks when they last ran. */
export type Fetched = { readonly job: JobState; readonly tasks: JobState | undefined };

/**
 * The `MetricFetcher`: metrics come from the TaskManagers only when somebody asks, at most once per
 * `metrics.fetcher.update-interval`, and whoever asks gets what was there before. Undefined: nothing was fetched yet.
 */
export const createMetricCache = ({
  fetcherIntervalMillis,
  fetchMillis,
}: FlinkSettings): ((live: JobState) => Fetched | undefined) => {
  let fetched: Fetched | undefined;
  let coming: { readonly metrics: JobState; readonly at: EpochMillis } | undefined;
  let askedAt = -Infinity;
  return (live) => {
    if (coming !== undefined && live.now >= coming.at) {
      // Of tasks that do not run nothing comes, and the old values stay.
      const runs = coming.metrics.phase.kind === 'Running';
      fetched = { job: coming.metrics, tasks: runs ? coming.metrics : fetched?.tasks };
      coming = undefined;
    }
    if (live.now - askedAt >= fetcherIntervalMillis) {
      askedAt = live.now;
      coming = { metrics: live, at: live.now + fetchMillis };
    }
    return fetched;
  };
};
