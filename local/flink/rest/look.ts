import type { JobState } from '../job-model/state.ts';
import type { Fetched } from './caches.ts';

/** What the JobManager has before its eyes when it answers: some of it live, some of it cached. */
export type Look = {
  readonly live: JobState;
  /** Of the last few seconds (`web.refresh-interval`). */
  readonly graph: () => JobState;
  /** As last fetched (`metrics.fetcher.update-interval`). Asking makes it fetch. */
  readonly metrics: () => Fetched | undefined;
};

/** Without an execution graph (before the first start, or waiting for slots) there is no plan, and no checkpoint is known. */
export const hasGraph = ({ timestamps }: JobState): boolean => timestamps.RUNNING !== undefined;

/** When the job's life ended; -1 while it lives. */
export const endTimeOf = ({ phase, timestamps }: JobState): number =>
  phase.kind === 'Ended' ? (timestamps[phase.as] ?? -1) : -1;

/** Whether the dispatcher still runs the job. */
export const isLive = ({ phase }: JobState): boolean => phase.kind !== 'Ended';
