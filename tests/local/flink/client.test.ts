import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { FlinkLook } from '../../../lib/clients/flink/flink.ts';
import type { FlinkVersion } from '../../../local/flink/job-model/spec.ts';
import { failJob } from '../../../local/flink/job-model/commands.ts';
import type { Measurement } from '../../../lib/model/measurement.ts';
import { HeadgateError } from '../../../lib/runtime/errors.ts';
import { cluster, type Cluster } from './support/cluster.ts';
import { JOB, probe, SINK, SOURCE, START, WORK } from './support/jobs.ts';

const VERSIONS: readonly FlinkVersion[] = ['1.18', '1.20', '2.x'];
const TRIGGER = 'c'.repeat(32);

const fail = (there: Cluster, final: boolean): void =>
  there.manager.change((state, at) => failJob(state, at, { message: 'boom', vertex: 1, final }));

const valueOf = (measurement: Measurement | undefined): number =>
  measurement?.kind === 'known' ? measurement.value : Number.NaN;

/** Looks every minute, as the worker does, and keeps what each look leaves for the next. */
const looks = async (there: Cluster, count: number): Promise<readonly FlinkLook[]> => {
  const seen: FlinkLook[] = [];
  for (let i = 0; i < count; i += 1) {
    there.pass(60);
    const memory = seen.at(-1)?.memory;
    seen.push(await there.flink.observe({ jobId: JOB, ...(memory && { memory }) }));
  }
  return seen;
};

describe('our client of Flink reads the stand-in as it reads the real one', () => {
  for (const version of VERSIONS) {
    test(`${version}: a running job`, async () => {
      const there = cluster(probe(500), { version });
      const [, look] = (await looks(there, 2)) as [FlinkLook, FlinkLook];
      assert.deepEqual(look.missing, []);
      assert.deepEqual(look.job, {
        id: JOB,
        name: 'probe',
        state: 'RUNNING',
        startedAt: START,
        tasks: { total: 3, running: 3 },
      });
      assert.deepEqual(
        look.graph?.vertices.map(({ id, parallelism, maxParallelism, inputs }) => [
          id,
          parallelism,
          maxParallelism,
          inputs,
        ]),
        [
          [SOURCE, 1, 128, []],
          [WORK, 1, 128, [{ from: SOURCE, ship: 'HASH' }]],
          [SINK, 1, 128, [{ from: WORK, ship: 'FORWARD' }]],
        ],
      );
      assert.equal(look.restarts, 0);
      assert.equal(look.latestCheckpoint?.kind, 'checkpoint');
      assert.match(look.latestCheckpoint.location, new RegExp(`/${JOB}/chk-\\d+$`));
      assert.equal(look.sample?.run, `${JOB}/${START + 400}`);
    });

    test(`${version}: differences of its counters are exact`, async () => {
      const there = cluster(probe(500), { version });
      const seen = await looks(there, 5);
      const [first, last] = [seen[1]!.sample!, seen[4]!.sample!];
      const seconds = (last.at - first.at) / 1000;
      const rate = (vertex: string, counter: 'readRecords' | 'pendingRecords'): number =>
        (valueOf(last.vertices[vertex]![counter]) - valueOf(first.vertices[vertex]![counter])) / seconds;
      assert.ok(Math.abs(rate(WORK, 'readRecords') - 200) < 2, `${rate(WORK, 'readRecords')}`);
      assert.ok(Math.abs(rate(SOURCE, 'readRecords') - 200) < 2);
      assert.ok(Math.abs(rate(SOURCE, 'pendingRecords') - 300) < 6, `${rate(SOURCE, 'pendingRecords')}`);
    });

    test(`${version}: a job that failed for good`, async () => {
      const there = cluster(probe(100), { version });
      there.pass(65);
      fail(there, true);
      there.pass(10);
      const look = await there.flink.observe();
      assert.equal(look.job?.state, 'FAILED');
      assert.match(look.failure!.text, /java.lang.RuntimeException: boom/);
      assert.equal(look.sample, undefined);
      // 1.18 with the adaptive scheduler knows no checkpoints of a job that has ended.
      assert.equal(look.latestCheckpoint?.kind, version === '1.18' ? undefined : 'checkpoint');
      await assert.rejects(
        there.flink.getResourceRequirements(JOB),
        (error) => error instanceof HeadgateError && error.code === 'NotFound',
      );
    });
  }

  test('a look while it restarts is no measurement', async () => {
    const there = cluster(probe(100), { settings: { failureDelayMillis: 30_000 } });
    await looks(there, 2);
    fail(there, false);
    there.pass(5);
    const look = await there.flink.observe({ jobId: JOB });
    assert.equal(look.job?.state, 'RESTARTING');
    assert.equal(look.sample, undefined);
    assert.match(look.missing.join(), /sample: RESTARTING, 0 of 3 tasks run/);
    assert.match(look.failure!.text, /boom/);
  });

  test('a rescale is noted at once and done later', async () => {
    const there = cluster(probe(100));
    there.pass(90);
    await there.flink.setResourceRequirements(JOB, { [SOURCE]: 1, [WORK]: 3, [SINK]: 1 });
    assert.deepEqual(await there.flink.getResourceRequirements(JOB), { [SOURCE]: 1, [WORK]: 3, [SINK]: 1 });
    assert.equal((await there.flink.jobs())[0]!.tasks.total, 3);
    there.pass(15);
    assert.deepEqual((await there.flink.jobs())[0]!.tasks, { total: 5, running: 5 });
    assert.deepEqual(
      (await there.flink.taskManagers()).map(({ id, slots, freeSlots }) => [id, slots, freeSlots]),
      [
        ['tm-1', 2, 0],
        ['tm-2', 2, 1],
      ],
    );
  });

  test('what cannot be is refused in words', async () => {
    const there = cluster(probe(100));
    there.pass(60);
    await assert.rejects(
      there.flink.setResourceRequirements(JOB, { [WORK]: 3 }),
      (error) => error instanceof HeadgateError && error.code === 'Invalid' && /missing job vertex/.test(error.message),
    );
  });

  test('a savepoint is asked for, comes about and has an address', async () => {
    const there = cluster(probe(100));
    there.pass(62); // eight seconds before the next checkpoint
    const wish = { jobId: JOB, triggerId: TRIGGER, directory: 's3://bucket/t/' };
    await there.flink.triggerSavepoint(wish);
    await there.flink.triggerSavepoint(wish);
    assert.deepEqual(await there.flink.savepointProgress(JOB, TRIGGER), { kind: 'in-progress' });
    there.pass(2);
    const progress = await there.flink.savepointProgress(JOB, TRIGGER);
    assert.ok(progress.kind === 'completed');
    assert.match(progress.restorePoint.location, /^s3:\/\/bucket\/t\/savepoint-29a052-[0-9a-f]{12}$/);
    assert.equal((await there.flink.observe()).latestCheckpoint?.kind, 'savepoint');
    await assert.rejects(
      there.flink.savepointProgress(JOB, 'd'.repeat(32)),
      (error) => error instanceof HeadgateError && error.code === 'NotFound',
    );
  });

  test('a savepoint of a job that is down fails with a reason', async () => {
    const there = cluster(probe(100), { settings: { failureDelayMillis: 30_000 } });
    there.pass(60);
    fail(there, false);
    await there.flink.triggerSavepoint({ jobId: JOB, triggerId: TRIGGER });
    const progress = await there.flink.savepointProgress(JOB, TRIGGER);
    assert.ok(progress.kind === 'failed' && /CheckpointException/.test(progress.why));
  });

  test('stopped with a savepoint it has finished, canceled it is canceled', async () => {
    const stopped = cluster(probe(100));
    stopped.pass(60);
    await stopped.flink.stopWithSavepoint({ jobId: JOB, triggerId: TRIGGER });
    stopped.pass(2);
    assert.equal((await stopped.flink.savepointProgress(JOB, TRIGGER)).kind, 'completed');
    assert.equal((await stopped.flink.jobs())[0]!.state, 'FINISHED');

    const canceled = cluster(probe(100));
    canceled.pass(60);
    await canceled.flink.cancel(JOB);
    canceled.pass(1);
    assert.equal((await canceled.flink.jobs())[0]!.state, 'CANCELED');
  });

  test('the configuration has the options of its version', async () => {
    for (const version of VERSIONS) {
      const there = cluster(probe(100), { version, settings: { configuration: { 'rest.port': '8081' } } });
      const options = await there.flink.jobManagerConfiguration(JOB);
      assert.equal(options['jobmanager.scheduler'], 'adaptive');
      assert.equal(options['rest.port'], '8081');
      const cooldown = version === '2.x' ? 'executing.cooldown-after-rescaling' : 'scaling-interval.min';
      assert.equal(options[`jobmanager.adaptive-scheduler.${cooldown}`], '30000 ms');
    }
  });
});

describe('metrics are as stale as in Flink', () => {
  const read = async (there: Cluster): Promise<number> => {
    const { body } = await there.get(
      `/jobs/${JOB}/vertices/${SOURCE}/subtasks/metrics?get=Source__lag-source.numRecordsOut&agg=sum`,
    );
    return (body as { sum: number }[])[0]?.sum ?? Number.NaN;
  };

  test('a query is answered with what the query before it fetched', async () => {
    const there = cluster(probe(100));
    there.pass(10);
    assert.ok(Number.isNaN(await read(there)));
    there.pass(0.2);
    const fetched = await read(there);
    assert.ok(Math.abs(fetched - 1000) < 150, `${fetched}`);
    there.pass(45);
    assert.equal(await read(there), fetched);
    there.pass(0.2);
    assert.ok((await read(there)) > fetched + 4000);
  });

  test('one unknown name blanks an aggregated answer, and is left out of a plain one', async () => {
    const there = cluster(probe(100));
    there.pass(30);
    await read(there);
    there.pass(1);
    const path = `/jobs/${JOB}/vertices/${WORK}/subtasks/metrics?get=busyTimeMsPerSecond`;
    assert.deepEqual((await there.get(`${path},noSuch`)).body, []);
    assert.equal(((await there.get(path)).body as unknown[]).length, 1);
    assert.equal((await there.get(`${path}&agg=median`)).status, 400);
    assert.deepEqual((await there.get(`/jobs/${JOB}/metrics?get=numRestarts,noSuch`)).body, [
      { id: 'numRestarts', value: '0' },
    ]);
  });

  test("a job's details are up to three seconds old, its status is not", async () => {
    const there = cluster(probe(100), { settings: { failureDelayMillis: 30_000 } });
    there.pass(60);
    await there.get(`/jobs/${JOB}`);
    fail(there, false);
    const state = async (): Promise<unknown> => ((await there.get(`/jobs/${JOB}`)).body as { state: unknown }).state;
    assert.equal(await state(), 'RUNNING');
    assert.deepEqual((await there.get(`/jobs/${JOB}/status`)).body, { status: 'RESTARTING' });
    there.pass(3);
    assert.equal(await state(), 'RESTARTING');
  });
});
