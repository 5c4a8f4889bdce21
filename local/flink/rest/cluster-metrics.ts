import { usedSlots } from '../job-model/slots.ts';
import { sum, type JobState } from '../job-model/state.ts';
import { aggregated, plain } from './aggregation.ts';
import type { Answer } from './answer.ts';
import { checkpointMetrics } from './checkpoints.ts';
import { hasGraph, type Look } from './look.ts';

/** `GET /jobs/:id/metrics`: as last fetched, and nothing before the first time. */
export const jobMetrics = ({ metrics }: Look, query: URLSearchParams): Answer => {
  const job = metrics()?.job;
  return plain(job === undefined ? {} : valuesOfJob(job), query);
};

const valuesOfJob = (job: JobState): Readonly<Record<string, number | string>> => {
  const runs = job.phase.kind === 'Running';
  const runningSince = job.timestamps.RUNNING ?? job.now;
  const uptime = runs ? job.now - runningSince : 0;
  return {
    numRestarts: job.restarts,
    ...(job.settings.version === '2.x' ? { numRescales: job.rescales } : { fullRestarts: job.restarts }),
    uptime,
    downtime: 0,
    runningTime: uptime,
    restartingTime: 0,
    ...(runs && hasGraph(job) && checkpointMetrics(job)),
  };
};

/** `GET /jobmanager/metrics` */
export const jobManagerMetrics = ({ metrics }: Look, query: URLSearchParams): Answer => {
  const job = metrics()?.job;
  if (job === undefined) return plain({}, query);
  const total = sum(job.taskManagers.map((tm) => tm.slots));
  return plain(
    {
      numRegisteredTaskManagers: job.taskManagers.length,
      numRunningJobs: job.phase.kind === 'Ended' ? 0 : 1,
      taskSlotsAvailable: total - sum([...usedSlots(job).values()]),
      taskSlotsTotal: total,
    },
    query,
  );
};

/** A TaskManager in good health; the model knows no memory. */
const HEALTHY: Readonly<Record<string, number>> = {
  'Status.JVM.Memory.Heap.Used': 40_000_000,
  'Status.JVM.Memory.Heap.Max': 162_201_600,
  'Status.JVM.Memory.Metaspace.Used': 45_000_000,
  'Status.Flink.Memory.Managed.Used': 0,
  'Status.JVM.GarbageCollector.All.TimeMsPerSecond': 2,
  'Status.JVM.CPU.Load': 0.1,
};

/** `GET /taskmanagers/metrics` */
export const taskManagerMetrics = ({ metrics }: Look, query: URLSearchParams): Answer => {
  const taskManagers = metrics()?.job.taskManagers ?? [];
  return aggregated(
    taskManagers.length === 0 ? [] : Object.keys(HEALTHY),
    (name) => taskManagers.map(() => HEALTHY[name] ?? 0),
    query,
  );
};
