import type { z } from 'zod';
import type { FlinkJob, FlinkObservation } from '../../model/flink-job.ts';
import type { EpochMillis } from '../../model/instant.ts';
import type { JobGraph, VertexCounters, VertexId } from '../../model/job-graph.ts';
import { HeadgateError } from '../../runtime/errors.ts';
import { Checkpoints, Exceptions, JobDetails, JobsOverview, Metrics } from './answers.ts';
import { dateCounters, parseCounterClock } from './counter-clock.ts';
import { parseFailure } from './failure.ts';
import { parseCounters, parseGraph, parseJob, parseRun } from './job-details.ts';
import type { JobMemory } from './job-memory.ts';
import { readFlink, type SendToFlink } from './rest.ts';
import { parseLatestCheckpoint } from './restore-point.ts';
import {
  listSourceMetrics,
  namesStillDo,
  readSourceMetrics,
  withSourceMetrics,
  type SourceNames,
} from './source-metrics.ts';

/** Waiting and the time, as `World` has them; `sleep` is to carry the invocation's abort signal. */
export type FlinkClock = { readonly now: () => EpochMillis; readonly sleep: (millis: number) => Promise<void> };

export type ObserveOptions = {
  /** The job to look at (a session cluster runs many), as the workload reports it. */
  readonly jobId?: string;
  /** What the last look left. */
  readonly memory?: JobMemory;
};

/** A look at a job, and what makes the next look cheaper. */
export type FlinkLook = FlinkObservation & { readonly memory: JobMemory | undefined };

/** The JobManager asks its TaskManagers for metrics when it is queried, and answers that query with what it had. */
const FETCH_MILLIS = 1_000;

/**
 * Looks at one job. In a steady world, with the job known and one source, that is four calls:
 *
 *     GET /jobs/:id/metrics?get=numRestarts     makes the JobManager fetch fresh metrics (MetricFetcher), then one second's wait
 *     GET /jobs/:id                             state, tasks, graph and counters, as of one moment
 *     GET /jobs/:id/checkpoints
 *     GET /jobs/:id/vertices/:source/subtasks/metrics?get=…      once per source: backlog, records emitted
 *
 * `GET /jobs/:id` comes from a cache of three seconds (`web.refresh-interval`) that only another reader can have filled, so
 * after a minute's silence it is as live as `/jobs/overview`, and its state, graph and counters belong together. The overview is
 * asked for when the job is not known or has ended. Exceptions are asked for when the run is new or not all tasks run; metric
 * names when they are not known. What cannot be read goes to `missing`; only the end of the invocation rejects.
 */
export const observe = async (
  send: SendToFlink,
  clock: FlinkClock,
  { jobId, memory }: ObserveOptions = {},
): Promise<FlinkLook> => {
  const missing: string[] = [];
  const wanted = jobId ?? memory?.jobId;
  const look = wanted === undefined ? undefined : await lookAt(send, clock, wanted, memory, missing);
  if (look !== undefined && !hasEnded(look.job)) return look;
  // Not asked before, or unknown there, or ended: another may have taken its place. Unreachable: so is the overview.
  if (look === undefined && missing.length > 0) return blank(clock.now(), missing);
  const newest = newestOf((await unless(missing, 'jobs', readJobs(send))) ?? []);
  if (newest === undefined || newest.id === wanted) return look ?? blank(clock.now(), missing);
  const missingThere: string[] = [];
  const lookThere = await lookAt(send, clock, newest.id, memory, missingThere);
  return lookThere ?? blank(clock.now(), missingThere);
};

/** All jobs of the cluster, live. */
export const readJobs = async (send: SendToFlink): Promise<readonly FlinkJob[]> => {
  const { jobs } = await readFlink(send, { method: 'GET', path: '/jobs/overview' }, JobsOverview);
  return jobs.map((job) => ({
    id: job.jid,
    name: job.name,
    state: job.state,
    startedAt: job['start-time'],
    tasks: { total: job.tasks.total, running: job.tasks.running + job.tasks.finished },
  }));
};

type Seen = FlinkLook & { readonly job: FlinkJob };

/** Undefined when the job is not there (nothing is added to `missing`) or cannot be asked for (the reason is). */
const lookAt = async (
  send: SendToFlink,
  clock: FlinkClock,
  jobId: string,
  memory: JobMemory | undefined,
  missing: string[],
): Promise<Seen | undefined> => {
  const get = <T>(path: string, schema: z.ZodType<T>, query?: Record<string, string>): Promise<T> =>
    readFlink(send, { method: 'GET', path: `/jobs/${jobId}${path}`, ...(query && { query }) }, schema);

  const primed = await unlessGone(missing, 'job', get('/metrics', Metrics, { get: 'numRestarts' }));
  if (primed === undefined) return undefined;
  await clock.sleep(FETCH_MILLIS);

  const missingCheckpoints: string[] = [];
  const [details, checkpoints] = await Promise.all([
    unlessGone(missing, 'job', get('', JobDetails)),
    // Of a job that has ended, 1.18 with the adaptive scheduler knows none: 404.
    unless(missingCheckpoints, 'checkpoints', get('/checkpoints', Checkpoints)),
  ]);
  if (details === undefined) return undefined;
  missing.push(...missingCheckpoints);
  const at = clock.now();

  const job = parseJob(details);
  const graph = parseGraph(details);
  const run = parseRun(details);
  const runs = job.state === 'RUNNING' && job.tasks.running === job.tasks.total;
  const sameRun = memory?.jobId === jobId && memory.run === run;
  const counters = dateCounters(parseCounterClock(details), sameRun ? memory.clockOffset : undefined, at);

  const remembered = memory?.jobId === jobId ? memory.sources : {};
  const [sources, exceptions] = await Promise.all([
    // What a job shows that does not run are its last values: not a measurement.
    runs && graph ? readSources(send, { jobId, graph, at, remembered, missing }) : undefined,
    runs && sameRun ? undefined : unless(missing, 'exceptions', get('/exceptions', Exceptions, { maxExceptions: '1' })),
  ]);
  if (graph === undefined) missing.push('graph: Flink shows no plan before the first start');
  if (sources === undefined) missing.push(`sample: ${job.state}, ${job.tasks.running} of ${job.tasks.total} tasks run`);

  return {
    at,
    job,
    graph,
    sample: sources && { at: counters.at, run, vertices: countersOf(details, sources) },
    latestCheckpoint: checkpoints && parseLatestCheckpoint(checkpoints),
    restarts: parseRestarts(primed),
    failure: exceptions && parseFailure(exceptions),
    missing,
    memory: {
      jobId,
      run,
      ...(counters.offset !== undefined && { clockOffset: counters.offset }),
      sources: sources === undefined ? remembered : namesOf(sources),
    },
  };
};

type SourceLook = { readonly names: SourceNames | undefined; readonly values: ReadonlyMap<string, number> };
type SourceLooks = ReadonlyMap<VertexId, SourceLook>;

const readSources = async (
  send: SendToFlink,
  context: {
    readonly jobId: string;
    readonly graph: JobGraph;
    readonly at: EpochMillis;
    readonly remembered: JobMemory['sources'];
    readonly missing: string[];
  },
): Promise<SourceLooks> => {
  const { jobId, graph, at, remembered, missing } = context;
  const sources = graph.vertices.filter((v) => v.inputs.length === 0);
  const looks = sources.map(async ({ id, name }): Promise<[VertexId, SourceLook]> => {
    const old = remembered[id];
    const names = namesStillDo(old, at)
      ? old
      : await unless(missing, `metric names of ${name}`, listSourceMetrics(send, jobId, id, at));
    const values = names && (await unless(missing, `metrics of ${name}`, readSourceMetrics(send, jobId, id, names)));
    return [id, { names, values: values ?? new Map() }];
  });
  return new Map(await Promise.all(looks));
};

const countersOf = (details: JobDetails, sources: SourceLooks): Readonly<Record<VertexId, VertexCounters>> =>
  Object.fromEntries(
    details.vertices.map((vertex) => {
      const source = sources.get(vertex.id);
      const counters = parseCounters(vertex);
      return [vertex.id, source === undefined ? counters : withSourceMetrics(counters, source.names, source.values)];
    }),
  );

/** Names to remember: not those of a blank answer, since one of them is gone and the list must be asked for again. */
const namesOf = (sources: SourceLooks): JobMemory['sources'] =>
  Object.fromEntries(
    [...sources].flatMap(([id, { names, values }]) =>
      names === undefined || (names.names.length > 0 && values.size === 0) ? [] : [[id, names]],
    ),
  );

const parseRestarts = (metrics: Metrics): number | undefined => {
  const value = Number(metrics.find((m) => m.id === 'numRestarts')?.value ?? Number.NaN);
  return Number.isSafeInteger(value) ? value : undefined;
};

const hasEnded = ({ state }: FlinkJob): boolean => state === 'FAILED' || state === 'FINISHED' || state === 'CANCELED';

/** The newest job that has not ended, else the newest. */
const newestOf = (jobs: readonly FlinkJob[]): FlinkJob | undefined => {
  const newestFirst = [...jobs].sort((a, b) => b.startedAt - a.startedAt);
  return newestFirst.find((job) => !hasEnded(job)) ?? newestFirst[0];
};

const blank = (at: EpochMillis, missing: readonly string[]): FlinkLook => ({
  at,
  job: undefined,
  graph: undefined,
  sample: undefined,
  latestCheckpoint: undefined,
  restarts: undefined,
  failure: undefined,
  missing,
  memory: undefined,
});

/** What `reading` gives, or undefined with the reason noted. The end of the invocation is nobody's missing part. */
const unless = async <T>(missing: string[], what: string, reading: Promise<T>): Promise<T | undefined> => {
  try {
    return await reading;
  } catch (error) {
    if (!(error instanceof HeadgateError) || error.code === 'DeadlineExceeded') throw error;
    missing.push(`${what}: ${error.message}`);
    return undefined;
  }
};

/** The same, but what Flink does not know is simply not there. */
const unlessGone = <T>(missing: string[], what: string, reading: Promise<T>): Promise<T | undefined> =>
  unless(
    missing,
    what,
    reading.catch((error: unknown) => {
      if (error instanceof HeadgateError && error.code === 'NotFound') return undefined;
      throw error;
    }),
  );
