import { add, sum, times, ZERO, type Resources } from '../model/resources.ts';

/** What one job asks for: its JobManager pods in all, and so many TaskManagers of one size. */
export type JobFootprint = {
  readonly jobManagers: Resources;
  readonly taskManager: Resources;
  /** At the size its load asks for. */
  readonly taskManagers: number;
};

/** What the jobs ask for together, JobManager pods included: those are charged to the quota like any pod. */
export const demandOf = (jobs: readonly JobFootprint[]): Resources =>
  sum(jobs.map((job) => add(job.jobManagers, times(job.taskManager, job.taskManagers))));

/**
 * The step in which a tenant is given room for TaskManagers: their size where all are alike; else a step of the shape of
 * all of them together, no larger than the smallest one in either resource. Zero when nobody asks for a TaskManager.
 */
export const quantumOf = (jobs: readonly JobFootprint[]): Resources => {
  const asking = jobs.filter((job) => job.taskManagers > 0);
  if (asking.length === 0) return ZERO;
  const total = sum(asking.map((job) => times(job.taskManager, job.taskManagers)));
  const steps = Math.max(
    stepsOf(
      total.cpuMillis,
      asking.map((job) => job.taskManager.cpuMillis),
    ),
    stepsOf(
      total.memoryBytes,
      asking.map((job) => job.taskManager.memoryBytes),
    ),
  );
  return { cpuMillis: Math.ceil(total.cpuMillis / steps), memoryBytes: Math.ceil(total.memoryBytes / steps) };
};

/** How many steps of the smallest size that is not nothing make up the total; 1 when nothing is asked for. */
const stepsOf = (total: number, sizes: readonly number[]): number =>
  total === 0 ? 1 : Math.ceil(total / Math.min(...sizes.filter((size) => size > 0)));
