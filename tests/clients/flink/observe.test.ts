import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { FlinkLook } from '../../../lib/clients/flink/flink.ts';
import { known, unknown } from '../../../lib/model/measurement.ts';
import { HeadgateError } from '../../../lib/runtime/errors.ts';
import {
  cluster,
  EMITTED,
  jobIdOf,
  NOW,
  PENDING,
  recorded,
  reported,
  SINK,
  SOURCE,
  sums,
  VERSIONS,
  WORK,
  type Version,
} from './recorded.ts';

/** What a look at a recorded cluster is to say. */
type Expected = {
  readonly state: string;
  readonly tasks: readonly [running: number, total: number];
  /** When the job last became RUNNING (0: never). */
  readonly runningSince: number;
  /** Parallelism of source, work and sink; undefined where Flink shows no plan. */
  readonly parallelism?: readonly number[];
  readonly measured?: boolean;
  readonly checkpoint?: number;
  readonly restarts?: number;
  readonly failure?: readonly [at: number, text: string];
};

const INJECTED = 'java.lang.RuntimeException: probe failure injected';
const SUPPRESSED = `org.apache.flink.runtime.JobException: Recovery is suppressed by NoRestartBackoffTimeStrategy (Caused by: ${INJECTED})`;
const ONCE = [1, 1, 1];

const RECORDED: Readonly<Record<Version, Readonly<Record<string, Expected>>>> = {
  '1.18.0': {
    running: {
      state: 'RUNNING',
      tasks: [3, 3],
      runningSince: 1795460447839,
      parallelism: ONCE,
      measured: true,
      checkpoint: 2,
      restarts: 0,
    },
    // With the adaptive scheduler it knows no checkpoints of a job that has ended: 404.
    failed: {
      state: 'FAILED',
      tasks: [0, 5],
      runningSince: 1795460436987,
      parallelism: [1, 3, 1],
      restarts: 0,
      failure: [1795460440695, SUPPRESSED],
    },
  },
  '1.20.5': {
    running: {
      state: 'RUNNING',
      tasks: [3, 3],
      runningSince: 1795447315674,
      parallelism: ONCE,
      measured: true,
      restarts: 0,
    },
    restarting: {
      state: 'RESTARTING',
      tasks: [0, 3],
      runningSince: 1795447936721,
      parallelism: ONCE,
      checkpoint: 2,
      restarts: 0,
      failure: [1795447936770, INJECTED],
    },
    recovered: {
      state: 'RUNNING',
      tasks: [3, 3],
      runningSince: 1795447940491,
      parallelism: ONCE,
      measured: true,
      checkpoint: 2,
      restarts: 4,
      failure: [1795447936770, INJECTED],
    },
    failed: {
      state: 'FAILED',
      tasks: [0, 3],
      runningSince: 1795447766400,
      parallelism: ONCE,
      failure: [1795447770575, SUPPRESSED],
    },
    finished: { state: 'FINISHED', tasks: [3, 3], runningSince: 1795447913389, parallelism: ONCE },
    canceled: {
      state: 'CANCELED',
      tasks: [0, 3],
      runningSince: 1795447940491,
      parallelism: ONCE,
      restarts: 4,
      failure: [1795447936770, INJECTED],
    },
    // A lower bound of 8 on four slots: after a failure the job waits for slots that will not come.
    'lower8-failed': {
      state: 'CREATED',
      tasks: [0, 3],
      runningSince: 0,
      restarts: 0,
      failure: [1795447777700, INJECTED],
    },
  },
  '2.3.0': {
    running: {
      state: 'RUNNING',
      tasks: [3, 3],
      runningSince: 1795446420939,
      parallelism: ONCE,
      measured: true,
      checkpoint: 5,
      restarts: 0,
    },
    restarting: {
      state: 'RESTARTING',
      tasks: [0, 3],
      runningSince: 1795447973238,
      parallelism: ONCE,
      checkpoint: 2,
      failure: [1795447973266, INJECTED],
    },
    'restarting-again': {
      state: 'RESTARTING',
      tasks: [0, 6],
      runningSince: 1795446984473,
      parallelism: [1, 4, 1],
      checkpoint: 54,
      restarts: 11,
      failure: [1795446984537, INJECTED],
    },
    recovered: {
      state: 'RUNNING',
      tasks: [3, 3],
      runningSince: 1795447975680,
      parallelism: ONCE,
      measured: true,
      checkpoint: 5,
      failure: [1795447973266, INJECTED],
    },
    failed: {
      state: 'FAILED',
      tasks: [0, 3],
      runningSince: 1795447242676,
      parallelism: ONCE,
      restarts: 0,
      failure: [1795447246835, INJECTED],
    },
    finished: { state: 'FINISHED', tasks: [3, 3], runningSince: 1795447952144, parallelism: ONCE },
    canceled: {
      state: 'CANCELED',
      tasks: [0, 3],
      runningSince: 1795447975680,
      parallelism: ONCE,
      failure: [1795447973266, INJECTED],
    },
    'lower8-failed': {
      state: 'FAILED',
      tasks: [0, 3],
      runningSince: 0,
      restarts: 3,
      failure: [1795447253824, INJECTED],
    },
  },
};

const summary = (look: FlinkLook): Expected => ({
  state: look.job?.state ?? '',
  tasks: [look.job?.tasks.running ?? -1, look.job?.tasks.total ?? -1],
  runningSince: Number(look.memory?.run.split('/')[1]),
  ...(look.graph && { parallelism: look.graph.vertices.map((v) => v.parallelism) }),
  ...(look.sample && { measured: true }),
  ...(look.latestCheckpoint && { checkpoint: look.latestCheckpoint.id! }),
  ...(look.restarts !== undefined && { restarts: look.restarts }),
  ...(look.failure && { failure: [look.failure.at, look.failure.text] }),
});

/** Only the job under test is there, so that no other takes its place. */
const alone = { overview: { status: 200, body: { jobs: [] } } };

for (const [version, states] of Object.entries(RECORDED) as readonly [Version, (typeof RECORDED)[Version]][]) {
  describe(`what Flink ${version} answered`, () => {
    for (const [state, expected] of Object.entries(states)) {
      test(`a job that was recorded as ${state} is seen so`, async () => {
        const { flink } = cluster(version, state, alone);
        const look = await flink.observe({ jobId: jobIdOf(version, `${state}-job`) });
        assert.deepEqual(summary(look), expected);
      });
    }
  });
}

for (const version of VERSIONS) {
  describe(`a running job of Flink ${version}`, () => {
    test('a graph has its edges, limits and one slot sharing group', async () => {
      const { flink } = cluster(version, 'running');
      const { graph, job } = await flink.observe();
      const [source, work, sink] = graph!.vertices;
      assert.equal(job!.id, jobIdOf(version, 'running-job'));
      assert.deepEqual(
        [source, work, sink].map((v) => [v!.id, v!.name, v!.maxParallelism, v!.inputs]),
        [
          [SOURCE, 'Source: lag-source', 24, []],
          [WORK, 'work', 24, [{ from: SOURCE, ship: 'HASH' }]],
          [SINK, 'sink: Writer', 24, [{ from: WORK, ship: 'FORWARD' }]],
        ],
      );
      assert.equal(new Set(graph!.vertices.map((v) => v.slotSharingGroup)).size, 1);
    });

    test('counters that no TaskManager has reported yet are unknown, although Flink shows zeros', async () => {
      const { flink } = cluster(version, 'running');
      const { sample } = await flink.observe();
      assert.deepEqual(sample!.vertices[WORK], {
        parallelism: 1,
        readRecords: unknown('Incomplete'),
        writeRecords: unknown('Incomplete'),
        busyMillis: unknown('Incomplete'),
        backpressuredMillis: unknown('Incomplete'),
        idleMillis: unknown('Incomplete'),
        pendingRecords: unknown('NotReported'),
      });
    });

    test('what a source shows before that is of the run before, and not believed', async () => {
      const { flink } = cluster(version, 'running');
      const { sample } = await flink.observe();
      assert.deepEqual(sample!.vertices[SOURCE]!.readRecords, unknown('Incomplete'));
      assert.deepEqual(sample!.vertices[SOURCE]!.pendingRecords, unknown('Incomplete'));
    });

    test('a source counts what its source operator emitted, and its backlog', async () => {
      const { flink } = cluster(version, 'running', reported(version));
      const { sample } = await flink.observe();
      assert.deepEqual(sample!.vertices[SOURCE]!.readRecords, known(12_536));
      assert.deepEqual(sample!.vertices[SOURCE]!.pendingRecords, known(40));
    });
  });
}

describe('counters after rescales of a real job', () => {
  const COUNTERS = {
    '1.20.5': { parallelism: 4, read: 13_456, write: 13_456, busy: 13_929, idle: 115_164 },
    '2.3.0': { parallelism: 4, read: 7_992, write: 7_992, busy: 8_784, idle: 97_284 },
  };
  for (const version of VERSIONS) {
    test(`${version}: they are sums over the new subtasks`, async () => {
      const { flink } = cluster(version, 'running', { job: recorded(version, 'rescale-job-after-lower8') });
      const { sample } = await flink.observe();
      const { parallelism, read, write, busy, idle } = COUNTERS[version];
      assert.deepEqual(sample!.vertices[WORK], {
        parallelism,
        readRecords: known(read),
        writeRecords: known(write),
        busyMillis: known(busy),
        backpressuredMillis: known(0),
        idleMillis: known(idle),
        pendingRecords: unknown('NotReported'),
      });
    });

    test(`${version}: a rescale makes a new run, two looks at one run do not`, async () => {
      const runOf = async (recording: string): Promise<string> => {
        const { flink } = cluster(version, 'running', { job: recorded(version, recording) });
        return (await flink.observe()).sample!.run;
      };
      const before = await runOf('running-job');
      const after = await runOf('rescale-job-after-work8');
      const later = await runOf('rescale-job-after-lower8');
      assert.notEqual(before, after);
      assert.equal(after, later);
    });
  }

  test('times that a task cannot tell (NaN) are unknown', async () => {
    const text = JSON.stringify(recorded('2.3.0', 'rescale-job-after-lower8').body);
    const body: unknown = JSON.parse(text.replaceAll('"accumulated-busy-time":8784', '"accumulated-busy-time":"NaN"'));
    const { flink } = cluster('2.3.0', 'running', { job: { status: 200, body } });
    const { sample } = await flink.observe();
    assert.deepEqual(sample!.vertices[WORK]!.busyMillis, unknown('NotReported'));
    assert.deepEqual(sample!.vertices[WORK]!.idleMillis, known(97_284));
  });
});

describe('the time of a sample', () => {
  /** Two recorded looks at one run, 25.088 s apart by the JobManager's clock, whose counters are 20.118 s apart. */
  const EARLY = recorded('2.3.0', 'rescale-job-after-work8');
  const LATE = recorded('2.3.0', 'rescale-job-after-lower8');
  const lookAt = async (job: typeof EARLY, memory: FlinkLook['memory'], later = 0): Promise<FlinkLook> => {
    const { flink } = cluster('2.3.0', 'running', { job }, later);
    return flink.observe(memory === undefined ? {} : { memory });
  };

  test('is that of the look, as long as nothing else is known', async () => {
    const { sample } = await lookAt(EARLY, undefined);
    assert.equal(sample!.at, NOW + 1_000);
  });

  test('is told by the counters from then on', async () => {
    const first = await lookAt(EARLY, undefined);
    const second = await lookAt(LATE, first.memory, 25_088);
    assert.equal(second.sample!.at - first.sample!.at, 20_118);
  });

  test('is the same for a second look at the same counters', async () => {
    const first = await lookAt(EARLY, undefined);
    const again = await lookAt(EARLY, first.memory, 4_000);
    assert.equal(again.sample!.at, first.sample!.at);
  });

  test('is corrected by a look at fresher counters', async () => {
    const stale = await lookAt(EARLY, undefined, 8_000);
    const fresh = await lookAt(LATE, stale.memory, 20_118);
    assert.equal(fresh.sample!.at, NOW + 1_000 + 20_118);
  });

  test('starts anew with a new run', async () => {
    const memory = { jobId: jobIdOf('2.3.0', 'running-job'), run: 'before', clockOffset: 7, sources: {} };
    const { sample } = await lookAt(EARLY, memory);
    assert.equal(sample!.at, NOW + 1_000);
  });
});

describe('calls', () => {
  const firstLook = async (): Promise<FlinkLook> => cluster('2.3.0', 'running').flink.observe();

  test('a steady job with one source costs four, the first of them a second before the others', async () => {
    const { memory } = await firstLook();
    const { flink, parts, slept } = cluster('2.3.0', 'running');
    const look = await flink.observe({ memory: memory! });
    assert.deepEqual(parts(), ['metrics', 'job', 'checkpoints', 'source values']);
    assert.equal(slept(), 1_000);
    assert.equal(look.sample!.at, NOW + 1_000);
    assert.deepEqual(look.missing, []);
    assert.deepEqual(look.memory, memory);
  });

  test('the first look also asks which job, which metrics, and what went wrong', async () => {
    const { flink, parts } = cluster('2.3.0', 'running');
    await flink.observe();
    assert.deepEqual([...parts()].sort(), [
      'checkpoints',
      'exceptions',
      'job',
      'metrics',
      'overview',
      'source names',
      'source values',
    ]);
  });

  test('a new run of a known job asks what went wrong', async () => {
    const { memory } = await firstLook();
    const { flink, parts } = cluster('2.3.0', 'running');
    await flink.observe({ memory: { ...memory!, run: 'an older one' } });
    assert.deepEqual(parts().toSorted(), ['checkpoints', 'exceptions', 'job', 'metrics', 'source values']);
  });

  test('a job that does not run is not measured, and its remembered metric names are kept', async () => {
    const jobId = jobIdOf('2.3.0', 'restarting-job');
    const sources = { [SOURCE]: { names: [EMITTED, PENDING], listedAt: NOW } };
    const { flink, parts } = cluster('2.3.0', 'restarting');
    const look = await flink.observe({ memory: { jobId, run: 'before', sources } });
    assert.deepEqual(parts(), ['metrics', 'job', 'checkpoints', 'exceptions']);
    assert.deepEqual(look.missing, ['sample: RESTARTING, 0 of 3 tasks run']);
    assert.deepEqual(look.memory?.sources, sources);
  });

  test('a JobManager that does not answer is asked once', async () => {
    const { memory } = await firstLook();
    const { flink, parts } = cluster('2.3.0', 'running', { metrics: new HeadgateError('Unavailable', 'no endpoints') });
    const look = await flink.observe({ memory: memory! });
    assert.deepEqual(parts(), ['metrics']);
    assert.equal(look.job, undefined);
    assert.deepEqual(look.missing, ['job: no endpoints']);
  });

  test('the end of the invocation is not a missing part', async () => {
    const late = new HeadgateError('DeadlineExceeded', 'no time left');
    const { flink } = cluster('2.3.0', 'running', { checkpoints: late });
    await assert.rejects(flink.observe(), late);
  });
});

describe('which job', () => {
  const overviewOf = (...jobs: readonly (readonly [id: string, state: string, startedAt: number])[]) => ({
    status: 200,
    body: {
      jobs: jobs.map(([id, state, startedAt]) => ({
        jid: id.repeat(32),
        name: id,
        state,
        'start-time': startedAt,
        tasks: { total: 1, running: 0, finished: 0 },
      })),
    },
  });
  const asked = async (overview: ReturnType<typeof overviewOf>): Promise<string | undefined> => {
    const { flink, sent } = cluster('2.3.0', 'running', { overview });
    await flink.observe();
    return sent.find(({ path }) => path.endsWith('/metrics'))?.path.slice(6, 7);
  };

  const CASES: readonly (readonly [string, ReturnType<typeof overviewOf>, string | undefined])[] = [
    [
      'the newest that has not ended',
      overviewOf(['a', 'RUNNING', 1], ['b', 'RESTARTING', 3], ['c', 'FAILED', 5], ['d', 'RUNNING', 2]),
      'b',
    ],
    [
      'the newest, when all have ended',
      overviewOf(['a', 'FAILED', 1], ['b', 'CANCELED', 3], ['c', 'FINISHED', 2]),
      'b',
    ],
    ['none, when there is none', overviewOf(), undefined],
  ];
  for (const [name, overview, expected] of CASES) {
    test(`it is ${name}`, async () => assert.equal(await asked(overview), expected));
  }

  test('the recorded overviews of 1.20 and 2.3 lead to their restarting job', async () => {
    for (const version of VERSIONS) {
      const { flink } = cluster(version, 'restarting');
      assert.equal((await flink.observe()).job!.id, jobIdOf(version, 'restarting-job'));
    }
  });

  test('a remembered job that ended gives way to one that has not', async () => {
    const memory = { jobId: jobIdOf('2.3.0', 'failed-job'), run: 'x', sources: {} };
    const running = recorded('2.3.0', 'running-jobs-overview');
    const { flink, sent } = cluster('2.3.0', 'failed', { overview: running });
    await flink.observe({ memory });
    assert.ok(sent.at(-1)!.path.startsWith(`/jobs/${jobIdOf('2.3.0', 'running-job')}`));
  });

  test('a job that the JobManager does not know gives way to the one there is', async () => {
    const there = jobIdOf('2.3.0', 'running-job');
    const gone = 'f'.repeat(32);
    const { flink } = cluster('2.3.0', 'running');
    const known = await flink.observe({ jobId: gone });
    assert.equal(known.job!.id, there);
  });

  test('an empty cluster is a full answer: no job, and nothing is missing', async () => {
    const { flink } = cluster('2.3.0', 'running', { overview: overviewOf() });
    const look = await flink.observe();
    assert.equal(look.job, undefined);
    assert.deepEqual(look.missing, []);
  });
});

describe('metrics of sources', () => {
  const lookWith = async (values: ReturnType<typeof sums>, names = recordedNames): Promise<FlinkLook> =>
    cluster('2.3.0', 'running', {
      ...reported('2.3.0'),
      'source values': values,
      'source names': names,
    }).flink.observe();
  const recordedNames = recorded('2.3.0', 'running-vertex-lag-source-subtask-metrics-list');
  const namesOf = (...names: readonly string[]) => ({ status: 200, body: names.map((id) => ({ id })) });

  test('the real answer to these names is read', async () => {
    const { sample } = await lookWith(recorded('2.3.0', 'upstream-source-metrics'));
    assert.deepEqual(sample!.vertices[SOURCE]!.readRecords, known(12_536));
    assert.deepEqual(sample!.vertices[SOURCE]!.pendingRecords, known(0));
  });

  test('a blank answer means that a name is gone: unknown now, and the names are listed again next time', async () => {
    const { sample, memory } = await lookWith(sums({}));
    assert.deepEqual(sample!.vertices[SOURCE]!.readRecords, unknown('NotReported'));
    assert.deepEqual(sample!.vertices[SOURCE]!.pendingRecords, unknown('NotReported'));
    assert.deepEqual(memory!.sources, {});
  });

  test('a source that registers no backlog has none that is known', async () => {
    const { sample } = await lookWith(sums({ [EMITTED]: 7 }), namesOf('busyTimeMsPerSecond', EMITTED));
    assert.deepEqual(sample!.vertices[SOURCE]!.readRecords, known(7));
    assert.deepEqual(sample!.vertices[SOURCE]!.pendingRecords, unknown('NotReported'));
  });

  test('a source without metrics of its own counts by what left the vertex', async () => {
    const { sample } = await cluster('2.3.0', 'running', {
      ...reported('2.3.0'),
      'source names': namesOf('busyTimeMsPerSecond'),
    }).flink.observe();
    assert.deepEqual(sample!.vertices[SOURCE]!.readRecords, known(8_016));
  });

  test('several sources chained into one vertex are added up', async () => {
    const names = ['Source__a.pendingRecords', 'Source__b.pendingRecords', 'Source__a.numRecordsOut'];
    const { sample } = await lookWith(sums({ [names[0]!]: 5, [names[1]!]: 6, [names[2]!]: 1 }), namesOf(...names));
    assert.deepEqual(sample!.vertices[SOURCE]!.pendingRecords, known(11));
  });

  test('a value that is no number is unknown', async () => {
    const { sample } = await lookWith(sums({ [EMITTED]: 3, [PENDING]: 'NaN' }));
    assert.deepEqual(sample!.vertices[SOURCE]!.readRecords, known(3));
    assert.deepEqual(sample!.vertices[SOURCE]!.pendingRecords, unknown('NotReported'));
  });

  test('before the first fetch there are no names: nothing is remembered, and nothing is known', async () => {
    const { sample, memory } = await lookWith(sums({}), namesOf());
    assert.deepEqual(sample!.vertices[SOURCE]!.readRecords, unknown('NotReported'));
    assert.deepEqual(memory!.sources, {});
  });

  const RELISTED: readonly (readonly [string, readonly string[], number, boolean])[] = [
    ['names with a backlog are never listed again', [EMITTED, PENDING], 0, false],
    ['names without one are kept for ten minutes', [EMITTED], NOW - 599_000 + 1_000, false],
    ['and then listed again, since some connectors register it late', [EMITTED], NOW - 600_000, true],
  ];
  for (const [name, names, listedAt, again] of RELISTED) {
    test(name, async () => {
      const memory = {
        jobId: jobIdOf('2.3.0', 'running-job'),
        run: 'x',
        sources: { [SOURCE]: { names: [...names], listedAt } },
      };
      const { flink, parts } = cluster('2.3.0', 'running');
      await flink.observe({ memory });
      assert.equal(parts().includes('source names'), again);
    });
  }
});

describe('parts that cannot be read', () => {
  const away = new HeadgateError('Unavailable', 'reset');

  test('each is named, and the others are there', async () => {
    const parts = { ...reported('2.3.0'), checkpoints: away, exceptions: away, 'source names': away };
    const { flink } = cluster('2.3.0', 'recovered', parts);
    const look = await flink.observe();
    assert.deepEqual([...look.missing].sort(), [
      'checkpoints: reset',
      'exceptions: reset',
      'metric names of Source: lag-source: reset',
    ]);
    assert.equal(look.job!.state, 'RUNNING');
    assert.equal(look.latestCheckpoint, undefined);
    assert.deepEqual(look.sample!.vertices[SOURCE]!.readRecords, unknown('NotReported'));
  });

  test('1.18 knows no checkpoints of a job that has failed: said, not guessed', async () => {
    const { flink } = cluster('1.18.0', 'failed', alone);
    const look = await flink.observe({ jobId: jobIdOf('1.18.0', 'failed-job') });
    assert.equal(look.job!.state, 'FAILED');
    assert.match(look.missing[0]!, /^checkpoints: .*404 Job \w+ not found/);
  });

  test('an answer of another shape is an error in words, not a crash', async () => {
    const { flink } = cluster('2.3.0', 'running', { checkpoints: { status: 200, body: { latest: 7 } } });
    const look = await flink.observe();
    assert.match(look.missing[0]!, /^checkpoints: GET \/jobs\/\w+\/checkpoints: unexpected answer: latest: /);
  });
});
