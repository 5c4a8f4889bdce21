import { z } from 'zod';
import { ScalingHistory } from '../../autoscale/scaling-history.ts';
import { JobMemory } from '../../clients/flink/job-memory.ts';
import type { ConfigMap } from '../../clients/kubernetes/kinds.ts';
import { HISTORY_NAMESPACE, TENANT_LABEL } from '../../model/group.ts';
import type { EpochMillis } from '../../model/instant.ts';
import type { MetricSample } from '../../model/job-graph.ts';
import { RestorePoint } from '../../model/managed-job.ts';
import { decodeSample, encodeSample, StoredSample } from './sample-codec.ts';

const StoredJob = z.object({
  samples: z.array(StoredSample).default([]),
  scaling: ScalingHistory.default({}),
  /** The run of the tasks that was seen last, and since when all of them have been running in it. */
  run: z.object({ id: z.string(), runningSince: z.number() }).optional(),
  memory: JobMemory.optional(),
  /** Newest checkpoint that the JobManager told of: still known when the JobManager is gone. */
  latestCheckpoint: RestorePoint.optional(),
});

/** What `work` remembers of one job from look to look. Losing it costs time to decide, never state. */
export type JobHistory = Omit<z.infer<typeof StoredJob>, 'samples'> & { readonly samples: readonly MetricSample[] };

export const EMPTY_HISTORY: JobHistory = { samples: [], scaling: {} };

/** A tenant's history by job (`namespace/name`), and the object it was read from. */
export type TenantHistory = {
  readonly jobs: Readonly<Record<string, JobHistory>>;
  readonly current: ConfigMap | undefined;
};

/** Name of a tenant's history object in `headgate-history`. */
export const historyName = (tenant: string): string => `history-${tenant}`;

// A ConfigMap key may hold letters, digits, '-', '_' and '.'; a namespace holds no '.'.
const toDataKey = (job: string): string => job.replace('/', '.');
const fromDataKey = (key: string): string => key.replace('.', '/');

/** Reads what is there; a record that does not parse is forgotten, and the job is watched afresh. */
export const readHistory = (current: ConfigMap | undefined): TenantHistory => {
  const jobs: Record<string, JobHistory> = {};
  for (const [key, text] of Object.entries(current?.data ?? {})) {
    const parsed = StoredJob.safeParse(parseJson(text));
    if (parsed.success) jobs[fromDataKey(key)] = { ...parsed.data, samples: parsed.data.samples.map(decodeSample) };
  }
  return { jobs, current };
};

const parseJson = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};

/** The object as `headgate-history` applies it: all of the tenant's jobs, every time. */
export const historyObject = (
  tenant: string,
  jobs: Readonly<Record<string, JobHistory>>,
  current: ConfigMap | undefined,
): ConfigMap => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: {
    name: historyName(tenant),
    namespace: HISTORY_NAMESPACE,
    ...(current?.metadata.resourceVersion === undefined ? {} : { resourceVersion: current.metadata.resourceVersion }),
    labels: { [TENANT_LABEL]: tenant },
  },
  data: Object.fromEntries(
    Object.entries(jobs).map(([job, history]) => [
      toDataKey(job),
      JSON.stringify({ ...history, samples: history.samples.map(encodeSample) }),
    ]),
  ),
});

/** Samples beyond this many are dropped even inside the window, so that one object holds a large tenant. */
const MOST_SAMPLES = 40;

/** The samples with a new one, without those that no decision will look at any more. */
export const withSample = (
  samples: readonly MetricSample[],
  sample: MetricSample | undefined,
  oldest: EpochMillis,
): readonly MetricSample[] => {
  if (sample === undefined) return samples;
  const kept = samples.filter((s) => s.at >= oldest && s.at < sample.at);
  return [...kept, sample].slice(-MOST_SAMPLES);
};

/** While an operation is under way a job is looked at every few seconds; samples closer than this tell a rate no better. */
const LEAST_SPACING_MILLIS = 8_000;

/** What is worth storing: the newest sample only once it is far enough from the one before it in the same run. */
export const spaced = (samples: readonly MetricSample[]): readonly MetricSample[] => {
  const [before, newest] = samples.slice(-2);
  const isClose =
    before !== undefined &&
    newest !== undefined &&
    before.run === newest.run &&
    newest.at - before.at < LEAST_SPACING_MILLIS;
  return isClose ? samples.slice(0, -1) : samples;
};

/** The same history with few samples of each job: for a tenant that has outgrown its object. */
export const shortened = (jobs: Readonly<Record<string, JobHistory>>): Readonly<Record<string, JobHistory>> =>
  Object.fromEntries(Object.entries(jobs).map(([key, job]) => [key, { ...job, samples: job.samples.slice(-4) }]));
