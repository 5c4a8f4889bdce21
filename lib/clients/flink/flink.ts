import { z } from 'zod';
import type { FlinkJob } from '../../model/flink-job.ts';
import { toTimestamp, type EpochMillis } from '../../model/instant.ts';
import type { VertexId } from '../../model/job-graph.ts';
import type { RestorePoint } from '../../model/managed-job.ts';
import { Configuration, ResourceRequirements, SavepointStatus, TaskManagers } from './answers.ts';
import { summariseStackTrace } from './failure.ts';
import { observe, readJobs, type FlinkClock, type FlinkLook, type ObserveOptions } from './observe.ts';
import { readFlink, type FlinkRequest, type SendToFlink } from './rest.ts';

export type { FlinkLook } from './observe.ts';

/** A TaskManager as the JobManager lists it. A dead one stays listed until its heartbeat times out. */
export type TaskManager = {
  readonly id: string;
  readonly slots: number;
  readonly freeSlots: number;
  readonly heartbeatAt: EpochMillis;
};

/** How a savepoint that was asked for stands. */
export type SavepointProgress =
  | { readonly kind: 'in-progress' }
  | { readonly kind: 'completed'; readonly restorePoint: RestorePoint }
  | { readonly kind: 'failed'; readonly why: string };

export type SavepointWish = {
  readonly jobId: string;
  /** 32 hexadecimal digits, chosen by the caller, so that asking again starts nothing new (Flink >= 1.15). */
  readonly triggerId: string;
  /** Without it Flink uses its configured savepoint directory. */
  readonly directory?: string;
};

/** Flink's REST API, 1.18 to 2.x. Every call rejects with a HeadgateError; `observe` alone reports most of them in `missing`. */
export type Flink = {
  /**
   * Everything about one job: the one that is named or remembered, as long as it has not ended, else the newest that has not
   * ended, else the newest. Parts that could not be read are named in `missing`; rejects only when the invocation ends.
   */
  readonly observe: (options?: ObserveOptions) => Promise<FlinkLook>;
  /** All jobs of the cluster, live. */
  readonly jobs: () => Promise<readonly FlinkJob[]>;
  /**
   * Asks the adaptive scheduler for these parallelisms; every vertex of the job must be named. Resolves when Flink noted
   * the wish, not when the job runs so. Refused content: `Invalid` in Flink's words; an unknown or ended job: `NotFound`.
   */
  readonly setResourceRequirements: (jobId: string, upper: Readonly<Record<VertexId, number>>) => Promise<void>;
  /** What was asked for last (not what runs). */
  readonly getResourceRequirements: (jobId: string) => Promise<Readonly<Record<VertexId, number>>>;
  readonly taskManagers: () => Promise<readonly TaskManager[]>;
  /** The effective configuration of a job's JobManager, operator defaults included. */
  readonly jobManagerConfiguration: (jobId: string) => Promise<Readonly<Record<string, string>>>;
  readonly triggerSavepoint: (wish: SavepointWish) => Promise<void>;
  readonly stopWithSavepoint: (wish: SavepointWish & { readonly drain?: boolean }) => Promise<void>;
  /** Of either of the two above. */
  readonly savepointProgress: (jobId: string, triggerId: string) => Promise<SavepointProgress>;
  /** Cancels without a savepoint. */
  readonly cancel: (jobId: string) => Promise<void>;
};

/** Answers whose content is of no interest: 202 with a request id, or `{}`. */
const Accepted = z.unknown();

/** A client of one JobManager, for one invocation. */
export const createFlink = (send: SendToFlink, clock: FlinkClock): Flink => {
  const read = <T>(path: string, schema: z.ZodType<T>): Promise<T> => readFlink(send, { method: 'GET', path }, schema);
  const write = async (request: FlinkRequest): Promise<void> => {
    await readFlink(send, request, Accepted);
  };
  return {
    observe: (options) => observe(send, clock, options),
    jobs: () => readJobs(send),
    setResourceRequirements: (jobId, upper) =>
      write({ method: 'PUT', path: `/jobs/${jobId}/resource-requirements`, body: requirementsOf(upper) }),
    getResourceRequirements: async (jobId) => {
      const requirements = await read(`/jobs/${jobId}/resource-requirements`, ResourceRequirements);
      return Object.fromEntries(Object.entries(requirements).map(([id, r]) => [id, r.parallelism.upperBound]));
    },
    taskManagers: async () => {
      const { taskmanagers } = await read('/taskmanagers', TaskManagers);
      return taskmanagers.map((tm) => ({
        id: tm.id,
        slots: tm.slotsNumber,
        freeSlots: tm.freeSlots,
        heartbeatAt: tm.timeSinceLastHeartbeat,
      }));
    },
    jobManagerConfiguration: async (jobId) => {
      const entries = await read(`/jobs/${jobId}/jobmanager/config`, Configuration);
      return Object.fromEntries(entries.map(({ key, value }) => [key, value]));
    },
    triggerSavepoint: ({ jobId, triggerId, directory }) =>
      write({
        method: 'POST',
        path: `/jobs/${jobId}/savepoints`,
        body: { triggerId, 'cancel-job': false, ...(directory !== undefined && { 'target-directory': directory }) },
      }),
    stopWithSavepoint: ({ jobId, triggerId, directory, drain = false }) =>
      write({
        method: 'POST',
        path: `/jobs/${jobId}/stop`,
        body: { triggerId, drain, ...(directory !== undefined && { targetDirectory: directory }) },
      }),
    savepointProgress: async (jobId, triggerId) => {
      const status = await read(`/jobs/${jobId}/savepoints/${triggerId}`, SavepointStatus);
      return progressOf(status, clock.now());
    },
    cancel: (jobId) => write({ method: 'PATCH', path: `/jobs/${jobId}`, query: { mode: 'cancel' } }),
  };
};

/** The lower bound is always 1: above what exists it is accepted, and kills the job at its next failure. */
const requirementsOf = (upper: Readonly<Record<VertexId, number>>): ResourceRequirements =>
  Object.fromEntries(
    Object.entries(upper).map(([id, upperBound]) => [id, { parallelism: { lowerBound: 1, upperBound } }]),
  );

/** Flink tells no completion time: it is taken as now, which can only make a savepoint look younger by the time between two looks. */
const progressOf = ({ status, operation }: SavepointStatus, now: EpochMillis): SavepointProgress => {
  if (status.id === 'IN_PROGRESS') return { kind: 'in-progress' };
  const location = operation?.location;
  if (location !== null && location !== undefined) {
    return { kind: 'completed', restorePoint: { kind: 'savepoint', location, completedAt: toTimestamp(now) } };
  }
  const cause = operation?.['failure-cause']?.['stack-trace'];
  return { kind: 'failed', why: cause === undefined ? 'Flink gave no reason' : summariseStackTrace(cause) };
};
