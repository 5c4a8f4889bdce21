import type { FlinkObservation } from '../../model/flink-job.ts';
import type { EpochMillis } from '../../model/instant.ts';
import type { VertexId } from '../../model/job-graph.ts';
import type { RestorePoint } from '../../model/managed-job.ts';
import type { JobMemory } from './job-memory.ts';

/** One call of Flink's REST API. `path` starts with a slash and knows nothing of where the JobManager is. */
export type FlinkRequest = {
  readonly method: 'GET' | 'PUT' | 'POST' | 'PATCH';
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly body?: unknown;
};

/** What came back, whatever its status; `body` as parsed JSON, or as text where it was none. */
export type FlinkAnswer = { readonly status: number; readonly body: unknown };

/** Carries a call to a JobManager: the Kubernetes service proxy, or `createDirectSend`. Rejects with a HeadgateError when no answer came. */
export type SendToFlink = (request: FlinkRequest) => Promise<FlinkAnswer>;

/** Waiting and the time, as `World` has them; `sleep` is to carry the invocation's abort signal. */
export type FlinkClock = { readonly now: () => EpochMillis; readonly sleep: (millis: number) => Promise<void> };

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

/** A look at a job, and what makes the next look cheaper. */
export type FlinkLook = FlinkObservation & { readonly memory: JobMemory | undefined };

/** Flink's REST API, 1.18 to 2.x. Every call rejects with a HeadgateError; `observe` alone reports most of them in `missing`. */
export type Flink = {
  /**
   * Everything about one job. `jobId` names it (a session cluster runs many); without it, or when that job has ended,
   * the newest job that has not, or else the newest.
   */
  readonly observe: (options?: { readonly jobId?: string; readonly memory?: JobMemory }) => Promise<FlinkLook>;
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
