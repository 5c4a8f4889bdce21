import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { basename } from 'node:path';
import { describe, test } from 'node:test';
import { isDeepStrictEqual } from 'node:util';
import { failJob, requireResources } from '../../../local/flink/job-model/commands.ts';
import type { FlinkVersion } from '../../../local/flink/job-model/spec.ts';
import { recorded, type Version } from '../../clients/flink/recorded.ts';
import { cluster, type Cluster } from './support/cluster.ts';
import { JOB, probe, SINK, SOURCE, WORK } from './support/jobs.ts';
import { shapeDifferences } from './support/shape.ts';

const SIMULATED: Readonly<Record<Version, FlinkVersion>> = { '1.18.0': '1.18', '1.20.5': '1.20', '2.3.0': '2.x' };

const AS_RECORDED = { source: { maxParallelism: 24 }, work: { maxParallelism: 24 }, sink: { maxParallelism: 24 } };
/** The recorded clusters refreshed every half second, and their first jobs kept no checkpoint beyond their end. */
const start = (version: Version): Cluster =>
  cluster(probe(100, AS_RECORDED), { version: SIMULATED[version], settings: { refreshMillis: 500 } });

const fail = (there: Cluster, final = false): void =>
  there.manager.change((state, at) => failJob(state, at, { message: 'probe failure injected', vertex: 1, final }));

/** How the stand-in comes into the state that was recorded. */
const STATES: Readonly<Record<string, (there: Cluster, version: Version) => Promise<void>>> = {
  // The running job of 1.20 was recorded before its first checkpoint.
  running: async ({ pass }, version) => pass(version === '1.20.5' ? 8 : 55),
  restarting: async (there, version) => {
    there.pass(version === '2.3.0' ? 20.41 : 15); // a checkpoint is under way, and fails with the job
    fail(there);
    there.pass(10);
    fail(there);
    there.pass(0.5);
  },
  recovered: async (there, version) => {
    there.pass(25);
    if (version === '2.3.0') there.pass(5.41); // the same
    fail(there);
    there.pass(20);
  },
  failed: async (there) => {
    there.pass(15);
    fail(there, true);
    there.pass(1);
  },
  canceled: async (there, version) => {
    await STATES['recovered']!(there, version);
    await there.flink.cancel(JOB);
    there.pass(1);
  },
  finished: async (there) => {
    there.pass(15);
    await there.flink.stopWithSavepoint({ jobId: JOB, triggerId: 'a'.repeat(32) });
    there.pass(5);
  },
  // Waiting for a lower bound that there are no slots for, and on 2.3 tired of it.
  'lower8-failed': async (there, version) => {
    there.pass(5);
    there.manager.change((state, at) =>
      requireResources(
        state,
        at,
        [1, 8, 1].map((lower) => ({ lower, upper: 8 })),
      ),
    );
    fail(there);
    there.pass(version === '2.3.0' ? 400 : 10);
  },
};

const PARTS: Readonly<Record<string, string>> = {
  'jobs-overview': '/jobs/overview',
  job: `/jobs/${JOB}`,
  'job-checkpoints': `/jobs/${JOB}/checkpoints`,
  'job-exceptions': `/jobs/${JOB}/exceptions`,
  'job-metrics': `/jobs/${JOB}/metrics?get=numRestarts,uptime`,
  'job-status': `/jobs/${JOB}/status`,
  'job-resource-requirements': `/jobs/${JOB}/resource-requirements`,
  overview: '/overview',
  taskmanagers: '/taskmanagers',
};

/** Of 1.18 a running job and one that failed were recorded, and not all of them. */
const RECORDED_1_18 = new Set([
  'running-jobs-overview',
  'running-job',
  'running-job-checkpoints',
  'running-job-exceptions',
  'running-job-metrics',
  'failed-job',
  'failed-job-checkpoints',
  'failed-job-exceptions',
  'failed-job-metrics',
]);

/** What was recorded and is not compared, and why. */
const LEFT_OUT: readonly (readonly [file: RegExp, why: string])[] = [
  [
    /^finished-job-checkpoints$/,
    'a finite source had run out before any checkpoint; the model has no such sources, its jobs finish with a savepoint',
  ],
  [/^restarting-again-/, 'the same state as restarting, later'],
  [/^rescale-(get|job|job-metrics|checkpoints|exceptions)-after/, 'running jobs, compared as running and recovered'],
  [/^rescale-put-work/, 'accepted with 200 and {}: tests of the scheduler'],
  [
    /-vertex-\w+-subtasks?-|-subtasks-agg|-metrics-(list|get|agg)$|-taskmanager-metrics$/,
    'metrics by name: compared with what upstream asked',
  ],
  [
    /^upstream-(rescales|running-subtasks|vertex-taskmanagers)|^vertex-taskmanagers/,
    'nobody asks: details of the web UI',
  ],
  [
    /-vertex-[\w-]+$|-taskmanager$|-job-plan$|-jobs$|-config$|-jobmanager-metrics$/,
    'nobody asks: details of the web UI, and configuration that the job has too',
  ],
  [/-body$/, 'requests, not answers'],
];

describe('answers have the structure that real clusters answered with', () => {
  for (const version of ['1.18.0', '1.20.5', '2.3.0'] as const) {
    for (const [state, bring] of Object.entries(STATES)) {
      for (const [part, path] of Object.entries(PARTS)) {
        const file = `${state}-${part}`;
        if (LEFT_OUT.some(([pattern]) => pattern.test(file))) continue;
        if (version === '1.18.0' && !RECORDED_1_18.has(file)) continue;
        test(`${version}: ${file}`, async () => {
          const there = start(version);
          await bring(there, version);
          const expected = recorded(version, file);
          // Whoever recorded metrics and got some had asked before.
          const isFetched = part === 'job-metrics' && !isDeepStrictEqual(expected.body, []);
          if (isFetched) await there.get(path).then(() => there.pass(1));
          const simulated = await there.get(path);
          assert.equal(simulated.status, expected.status);
          assert.deepEqual(shapeDifferences(expected.body, simulated.body), []);
        });
      }
    }
  }
});

const NO_JOB = '0'.repeat(32);
const NO_VERTEX = '0'.repeat(32);
const bounds = (lowerBound: number, upperBound: number) => ({ parallelism: { lowerBound, upperBound } });
const ALL = { [SOURCE]: bounds(1, 1), [WORK]: bounds(1, 1), [SINK]: bounds(1, 1) };

/** The first lines: what Flink says before the stack. Which vertex it names first is chance. */
const sentences = (body: unknown): readonly string[] =>
  (body as { errors: string[] }).errors
    .flatMap((error) => error.split('\n'))
    .filter((line) => !/^\s+at |^\s*\.\.\. |^End of|^Caused by|^$/.test(line))
    .map((line) => line.replace(/^.*RestHandlerException: /, ''))
    .sort();

const withoutIds = (lines: readonly string[]): readonly string[] =>
  lines.map((line) => line.replaceAll(/[0-9a-f]{32}/g, 'ID'));

const REFUSED: readonly (readonly [file: string, body: unknown])[] = [
  ['rescale-put-above-max', { ...ALL, [WORK]: bounds(1, 99) }],
  ['rescale-put-empty', {}],
  ['rescale-put-lower-gt-upper', { ...ALL, [WORK]: bounds(2, 1) }],
  ['rescale-put-missing-vertex', { [WORK]: bounds(1, 1) }],
  ['rescale-put-unknown-vertex', { ...ALL, [NO_VERTEX]: bounds(1, 1) }],
  ['rescale-put-zero-upper', { ...ALL, [WORK]: bounds(0, 0) }],
];

const GONE = [
  ['rescale-job-unknown', `/jobs/${NO_JOB}`],
  ['rescale-get-unknown-job', `/jobs/${NO_JOB}/resource-requirements`],
  ['failed-job-resource-requirements', `/jobs/${JOB}/resource-requirements`],
] as const;

describe('refusals have the status and the words that real clusters refused with', () => {
  for (const version of ['1.20.5', '2.3.0'] as const) {
    for (const [file, body] of REFUSED) {
      test(`${version}: ${file}`, async () => {
        const there = start(version);
        there.pass(30);
        const expected = recorded(version, file);
        const simulated = await there.send({ method: 'PUT', path: `/jobs/${JOB}/resource-requirements`, body });
        assert.equal(simulated.status, expected.status);
        assert.deepEqual(sentences(simulated.body), sentences(expected.body));
      });
    }

    test(`${version}: unknown and ended jobs`, async () => {
      const there = start(version);
      await STATES['failed']!(there, version);
      for (const [file, path] of GONE) {
        const simulated = await there.get(path);
        const expected = recorded(version, file);
        assert.equal(simulated.status, expected.status, file);
        assert.deepEqual(withoutIds(sentences(simulated.body)), withoutIds(sentences(expected.body)), file);
      }
    });
  }
});

/** The calls of the upstream autoscaler: what it asked 2.3.0, and what it was answered. */
const UPSTREAM: Readonly<Record<string, string>> = {
  'upstream-jobs-overview': '/v1/jobs/overview',
  'upstream-job-jobmanager-config': `/v1/jobs/${JOB}/jobmanager/config`,
  'upstream-job': `/v1/jobs/${JOB}`,
  'upstream-source-metric-names': `/v1/jobs/${JOB}/vertices/${SOURCE}/subtasks/metrics`,
  'upstream-source-metrics':
    `/v1/jobs/${JOB}/vertices/${SOURCE}/subtasks/metrics?get=busyTimeMsPerSecond,backPressuredTimeMsPerSecond,` +
    'Source__lag-source.numRecordsIn,Source__lag-source.numRecordsInPerSecond,Source__lag-source.numRecordsOut,Source__lag-source.pendingRecords',
  'upstream-work-metric-names': `/v1/jobs/${JOB}/vertices/${WORK}/subtasks/metrics`,
  'upstream-work-metrics': `/v1/jobs/${JOB}/vertices/${WORK}/subtasks/metrics?get=busyTimeMsPerSecond`,
  'upstream-jobmanager-metrics': '/v1/jobmanager/metrics?get=taskSlotsTotal,taskSlotsAvailable',
  'upstream-taskmanagers-metrics':
    '/v1/taskmanagers/metrics?get=Status.JVM.Memory.Heap.Used,Status.JVM.Memory.Metaspace.Used,Status.Flink.Memory.Managed.Used,' +
    'Status.JVM.Memory.Heap.Max,Status.JVM.GarbageCollector.All.TimeMsPerSecond&agg=min,max,avg',
  'running-job-resource-requirements': `/v1/jobs/${JOB}/resource-requirements`,
};

describe('the nine calls of the upstream autoscaler are answered in the recorded structure', () => {
  for (const [file, path] of Object.entries(UPSTREAM)) {
    test(file, async () => {
      const there = start('2.3.0');
      there.pass(30);
      await there.get('/jobmanager/metrics');
      there.pass(11);
      const simulated = await there.get(path);
      assert.deepEqual(shapeDifferences(recorded('2.3.0', file).body, simulated.body), []);
    });
  }

  test('no metric name is made up', async () => {
    const there = start('2.3.0');
    there.pass(30);
    await there.get('/jobmanager/metrics');
    there.pass(1);
    const names = (body: unknown): readonly string[] => (body as { id: string }[]).map(({ id }) => id);
    for (const vertex of ['source', 'work']) {
      const file = `upstream-${vertex}-metric-names`;
      const real = names(recorded('2.3.0', file).body);
      const simulated = names((await there.get(UPSTREAM[file]!)).body);
      assert.deepEqual(
        simulated.filter((name) => !real.includes(name)),
        [],
      );
    }
  });
});

test('every recording is compared, or left out for a reason', () => {
  const compared = new Set([
    ...Object.keys(STATES).flatMap((state) => Object.keys(PARTS).map((part) => `${state}-${part}`)),
    ...Object.keys(UPSTREAM),
    ...REFUSED.map(([file]) => file),
    ...GONE.map(([file]) => file),
  ]);
  const folder = new URL('../../fixtures/flink/', import.meta.url);
  const forgotten = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.json'))
    .map((path) => basename(path, '.json'))
    .filter((file) => !compared.has(file) && !LEFT_OUT.some(([pattern]) => pattern.test(file)));
  assert.deepEqual(forgotten, []);
});
