import type { EpochMillis } from '../../../lib/model/instant.ts';
import { advance } from '../job-model/advance.ts';
import { cancelJob, requireResources, triggerSavepoint } from '../job-model/commands.ts';
import type { JobState } from '../job-model/state.ts';
import { json, jobNotRunning, noSuchPath, notFound, ok, refused, type Answer } from './answer.ts';
import { createGraphCache, createMetricCache } from './caches.ts';
import { checkpoints } from './checkpoints.ts';
import { jobManagerMetrics, jobMetrics, taskManagerMetrics } from './cluster-metrics.ts';
import { configuration } from './configuration.ts';
import { exceptions } from './exceptions.ts';
import { jobDetails } from './job-details.ts';
import type { Look } from './look.ts';
import { clusterOverview, jobs, jobsOverview, jobStatus } from './overview.ts';
import { parseRequirements, readRequirements } from './resource-requirements.ts';
import { parseSavepoint, savepointStatus, triggered } from './savepoints.ts';
import { taskManagers } from './task-managers.ts';
import { subtaskMetrics } from './vertex-metrics.ts';

/** A JobManager with one job, in the time of whoever asks. */
export type JobManager = {
  /** Flink's REST API, with and without the prefix `/v1`. */
  readonly answer: (request: Request) => Promise<Response>;
  /** The job as it is now. */
  readonly state: () => JobState;
  /** What happens to the job beside the API: failures, TaskManagers that come and go (`commands.ts`). */
  readonly change: (command: (state: JobState, at: EpochMillis) => JobState) => void;
};

/** Starts a JobManager over a job that was made with `createJob`. */
export const createJobManager = (now: () => EpochMillis, job: JobState): JobManager => {
  let current = job;
  const state = (): JobState => (current = advance(current, now()));
  const change: JobManager['change'] = (command) => {
    current = command(state(), now());
  };
  const graphOf = createGraphCache(job.settings);
  const metricsOf = createMetricCache(job.settings);

  const answerOf = (call: Call): Answer => {
    const live = state();
    const look: Look = { live, graph: () => graphOf(live), metrics: () => metricsOf(live) };
    const [first, jobId, part, ...rest] = call.path;
    if (first !== 'jobs') return ofCluster(look, call);
    if (jobId === undefined) return jobs(live);
    if (jobId === 'overview') return jobsOverview(live);
    if (jobId !== live.spec.id) return ofUnknownJob(jobId, part);
    if (call.method === 'GET') return ofJob(look, part, rest, call.query) ?? noSuchPath(call.path.join('/'));
    return write(live, part, call, change);
  };

  return { answer: async (request) => json(answerOf(await parseCall(request))), state, change };
};

type Call = {
  readonly method: string;
  readonly path: readonly string[];
  readonly query: URLSearchParams;
  /** Undefined where there is none or it is no JSON. */
  readonly body: unknown;
};

const parseCall = async (request: Request): Promise<Call> => {
  const { pathname, searchParams } = new URL(request.url);
  const path = pathname.split('/').filter((part) => part !== '');
  return {
    method: request.method,
    path: path[0] === 'v1' ? path.slice(1) : path,
    query: searchParams,
    body: request.method === 'GET' ? undefined : parseJson(await request.text()),
  };
};

const parseJson = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};

const ofCluster = (look: Look, { path, query }: Call): Answer => {
  switch (path.join('/')) {
    case 'overview':
      return clusterOverview(look.live);
    case 'taskmanagers':
      return taskManagers(look.live);
    case 'taskmanagers/metrics':
      return taskManagerMetrics(look, query);
    case 'jobmanager/metrics':
      return jobManagerMetrics(look, query);
    default:
      return noSuchPath(path.join('/'));
  }
};

/** Those that show a job know it is not there; those that speak to its master fail. */
const ofUnknownJob = (jobId: string, part: string | undefined): Answer => {
  if (part === 'metrics' || part === 'vertices') return ok([]);
  const speaks = part === 'resource-requirements' || part === 'savepoints' || part === 'stop';
  return speaks ? jobNotRunning(jobId) : notFound(`Job ${jobId} not found`);
};

const ofJob = (
  look: Look,
  part: string | undefined,
  [id, ...rest]: readonly string[],
  query: URLSearchParams,
): Answer | undefined => {
  switch (part) {
    case undefined:
      return jobDetails(look);
    case 'status':
      return jobStatus(look.live);
    case 'metrics':
      return jobMetrics(look, query);
    case 'checkpoints':
      return checkpoints(look);
    case 'exceptions':
      return exceptions(look, query.get('maxExceptions'));
    case 'resource-requirements':
      return readRequirements(look.live);
    case 'jobmanager':
      return id === 'config' ? configuration(look.live) : undefined;
    case 'savepoints':
      return id === undefined ? undefined : savepointStatus(look.live, id);
    case 'vertices':
      return id !== undefined && rest.join('/') === 'subtasks/metrics' ? subtaskMetrics(look, id, query) : undefined;
    default:
      return undefined;
  }
};

const write = (
  live: JobState,
  part: string | undefined,
  { method, path, query, body }: Call,
  change: JobManager['change'],
): Answer => {
  if (method === 'PUT' && part === 'resource-requirements') {
    const bounds = parseRequirements(live, body);
    if ('status' in bounds) return bounds;
    change((state, at) => requireResources(state, at, bounds));
    return ok({});
  }
  if (method === 'POST' && (part === 'savepoints' || part === 'stop')) {
    const wish = parseSavepoint(live, body, part === 'stop');
    if ('status' in wish) return wish;
    change((state, at) => triggerSavepoint(state, at, wish));
    return triggered(wish);
  }
  if (method === 'PATCH' && part === undefined && (query.get('mode') ?? 'cancel') === 'cancel') {
    if (live.phase.kind === 'Ended' && live.phase.as !== 'CANCELED') {
      return refused(
        409,
        `Job cancellation failed because the job has already reached another terminal state (${live.phase.as}).`,
      );
    }
    change(cancelJob);
    return { status: 202, body: {} };
  }
  return noSuchPath(path.join('/'));
};
