import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { createFlink, type Flink } from '../../../lib/clients/flink/flink.ts';
import type { FlinkAnswer, FlinkRequest } from '../../../lib/clients/flink/rest.ts';
import type { EpochMillis } from '../../../lib/model/instant.ts';

/** What real clusters answered (`tests/fixtures/flink/<version>/`). */
export type Version = '1.18.0' | '1.20.5' | '2.3.0';

/** Those of which everything was recorded; of 1.18 a running and a failed job. */
export const VERSIONS = ['1.20.5', '2.3.0'] as const;

const Recording = z.object({ response: z.object({ status: z.number(), body: z.unknown() }) });

export const recorded = (version: Version, name: string): FlinkAnswer => {
  const file = new URL(`../../fixtures/flink/${version}/${name}.json`, import.meta.url);
  return Recording.parse(JSON.parse(readFileSync(file, 'utf8'))).response;
};

/** The id of the job that a recording is about. */
export const jobIdOf = (version: Version, name: string): string =>
  z.object({ jid: z.string() }).parse(recorded(version, name).body).jid;

/** The source, the only vertex without input, of every recorded `probe` job; then its map and its sink. */
export const SOURCE = 'f362c87ffabe89c8a91fa7d0a523ba6c';
export const WORK = '674df9b0384c0348e0b9d1034a44c46c';
export const SINK = '2e588ce1c86a9d46e2e85186773ce4fd';

export const EMITTED = 'Source__lag-source.numRecordsOut';
export const PENDING = 'Source__lag-source.pendingRecords';

/** Parts of the REST API, as the tests name them. */
export type Part =
  | 'overview'
  | 'job'
  | 'metrics'
  | 'checkpoints'
  | 'exceptions'
  | 'source names'
  | 'source values'
  | 'other';

export const partOf = ({ path, query }: FlinkRequest): Part => {
  if (path === '/jobs/overview') return 'overview';
  if (path.endsWith('/subtasks/metrics')) return query === undefined ? 'source names' : 'source values';
  if (path.endsWith('/metrics')) return 'metrics';
  if (path.endsWith('/checkpoints')) return 'checkpoints';
  if (path.endsWith('/exceptions')) return 'exceptions';
  return /^\/jobs\/[0-9a-f]{32}$/.test(path) ? 'job' : 'other';
};

/** Emitted and pending records, as aggregated metrics come. */
export const sums = (values: Readonly<Record<string, number | 'NaN'>>): FlinkAnswer => ({
  status: 200,
  body: Object.entries(values).map(([id, sum]) => ({ id, sum })),
});

export type Scripted = {
  readonly flink: Flink;
  readonly sent: readonly FlinkRequest[];
  /** What was asked, in order. */
  readonly parts: () => readonly Part[];
  readonly slept: () => number;
};

export const NOW = Date.UTC(2026, 10, 23, 16);

/** A Flink client whose other side is scripted; time moves only when somebody sleeps. */
export const scripted = (
  answer: (request: FlinkRequest, part: Part) => FlinkAnswer | Error,
  start: EpochMillis = NOW,
): Scripted => {
  const sent: FlinkRequest[] = [];
  let now = start;
  const flink = createFlink(
    async (request) => {
      sent.push(request);
      const given = answer(request, partOf(request));
      if (given instanceof Error) throw given;
      return given;
    },
    {
      now: () => now,
      sleep: async (millis) => {
        now += millis;
      },
    },
  );
  return { flink, sent, parts: () => sent.map(partOf), slept: () => now - start };
};

/** A cluster as it was recorded in one state; single parts may answer otherwise. */
export const cluster = (
  version: Version,
  state: string,
  instead: Partial<Record<Part, FlinkAnswer | Error>> = {},
  laterMillis = 0,
): Scripted => {
  const files: Partial<Record<Part, string>> = {
    overview: `${state}-jobs-overview`,
    job: `${state}-job`,
    metrics: `${state}-job-metrics`,
    checkpoints: `${state}-job-checkpoints`,
    exceptions: `${state}-job-exceptions`,
    'source names': 'running-vertex-lag-source-subtask-metrics-list',
  };
  return scripted((request, part) => {
    const other = instead[part];
    if (other !== undefined) return other;
    const file = files[part];
    if (file !== undefined) return recorded(version, file);
    return part === 'source values'
      ? sums({ [EMITTED]: 12_536, [PENDING]: 40 })
      : { status: 404, body: { errors: [`Not found: ${request.path}`] } };
  }, NOW + laterMillis);
};

/** The recorded job after a rescale, long enough for its TaskManagers to have reported. */
export const reported = (version: Version): { readonly job: FlinkAnswer } => ({
  job: recorded(version, 'rescale-job-after-lower8'),
});
