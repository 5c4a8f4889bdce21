import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { drive } from './support/drive.ts';
import { FluidJob, type Behaviour } from './support/fluid-job.ts';
import { aGraph } from './support/graphs.ts';

/** Source, parse, keyed window and sink; the window decides the slots with 1000 records/s per subtask. */
const BEHAVIOUR: Readonly<Record<string, Behaviour>> = {
  src: { ratePerSubtask: 4000 },
  map: { ratePerSubtask: 1500 },
  win: { ratePerSubtask: 1000, selectivity: 0.02 },
  sink: { ratePerSubtask: 2000 },
};

type Setup = Partial<ConstructorParameters<typeof FluidJob>[0]> & { readonly keyGroups?: number };

const pipeline = (windows: number, load: (seconds: number) => number, setup: Setup = {}): FluidJob =>
  new FluidJob({
    graph: aGraph({
      src: { parallelism: Math.ceil(windows / 4) },
      map: { parallelism: Math.ceil(windows / 1.5), from: ['src'] },
      win: { parallelism: windows, maxParallelism: setup.keyGroups ?? 720, from: ['map:HASH'] },
      sink: { from: ['win'] },
    }),
    behaviour: BEHAVIOUR,
    load,
    restartSeconds: 30,
    ...setup,
  });

const sizeOf = (job: FluidJob, id: string): number => job.graph.vertices.find((v) => v.id === id)!.parallelism;

const HOUR = 3600;
/** A load of 2800/s that is multiplied for four hours, in the middle of a minute. */
const step = (factor: number) => (seconds: number) =>
  seconds >= HOUR + 25 && seconds < 5 * HOUR ? 2800 * factor : 2800;

describe('a jump of the load', () => {
  const cases: readonly (readonly [factor: number, restartSeconds: number, size: number])[] = [
    [2, 5, 7],
    [2, 30, 7],
    [2, 120, 7],
    [4, 5, 16],
    [4, 30, 16],
    [4, 120, 16],
    [7, 30, 28],
  ];
  for (const [factor, restartSeconds, size] of cases) {
    test(`of ${factor} times with restarts of ${restartSeconds} s is met in one step, and the job stays there`, () => {
      const job = pipeline(4, step(factor), { restartSeconds });
      drive(job, 4 * HOUR);
      assert.equal(job.rescales, 1);
      assert.equal(sizeOf(job, 'win'), size);
      assert.ok(job.backlog < 2800 * factor * 2, `${job.backlog} records wait`);
    });
  }

  test('of 10 times takes the largest step and at most one more', () => {
    const job = pipeline(4, step(10));
    drive(job, 4 * HOUR);
    assert.ok(job.rescales <= 2);
    assert.ok(sizeOf(job, 'win') >= 32 && sizeOf(job, 'win') <= 48);
  });

  test('is met in at most two steps without a look in between the ticks', () => {
    const job = pipeline(4, step(4));
    drive(job, 4 * HOUR, { followsUp: false });
    assert.ok(job.rescales <= 2);
    assert.equal(sizeOf(job, 'win'), 16);
  });

  test('back down is followed after the delay, in steps, to where it was', () => {
    const job = pipeline(4, step(4));
    const { rescales } = drive(job, 8 * HOUR);
    assert.deepEqual(
      rescales.map((rescale) => rescale.to['win']),
      [16, 7, 4],
    );
    assert.ok(rescales[1]!.atSeconds >= 5 * HOUR + 600);
  });

  test('is met without a lag metric, step by step', () => {
    const job = pipeline(4, (seconds) => (seconds < HOUR ? 2800 : 11_200), { reportsLag: false });
    const { rescales } = drive(job, 4 * HOUR);
    assert.ok(rescales.length >= 2 && rescales.length <= 4, `${rescales.length} rescales`);
    assert.ok(sizeOf(job, 'win') * 1000 >= 11_200);
    assert.equal(job.backlog, 0);
  });

  test('is met by an operator that waits for others and so looks idle', () => {
    const behaviour = { ...BEHAVIOUR, win: { ratePerSubtask: 1000, selectivity: 0.02, busyShare: 0.2 } };
    const job = pipeline(4, step(4), { behaviour });
    drive(job, 4 * HOUR);
    assert.ok(job.rescales <= 4, `${job.rescales} rescales`);
    assert.ok(sizeOf(job, 'win') * 1000 > 11_200);
  });
});

describe('a steady load', () => {
  for (const restartSeconds of [5, 30, 120, 300]) {
    test(`is left alone with restarts of ${restartSeconds} s, after a failure too`, () => {
      const job = pipeline(4, () => 2800, { restartSeconds });
      job.advance(600);
      job.restart();
      drive(job, 6 * HOUR, { policy: { restartSeconds } });
      assert.equal(job.rescales, 0);
    });
  }

  test('just below the band leaves no rescales behind, whatever the key groups', () => {
    for (const keyGroups of [127, 128, 720]) {
      for (const load of [20_000, 30_000, 45_000, 62_000]) {
        const job = pipeline(64, () => load, { keyGroups });
        drive(job, 2 * HOUR);
        const settled = job.rescales;
        drive(job, 3 * HOUR);
        assert.equal(job.rescales, settled, `${keyGroups} key groups at ${load}/s`);
      }
    }
  });

  test('with noise of 5 % in what is counted is left alone', () => {
    const job = pipeline(4, (seconds) => 2800 * (1 + 0.05 * Math.sin(seconds / 7) * Math.cos(seconds / 13)));
    drive(job, 6 * HOUR);
    assert.equal(job.rescales, 0);
  });
});

describe('what more subtasks cannot help', () => {
  test('a sink with a limit from outside is found out after one growth', () => {
    const behaviour = { ...BEHAVIOUR, sink: { ratePerSubtask: 400, ceiling: 400 } };
    const job = pipeline(28, (seconds) => (seconds < HOUR ? 14_000 : 28_000), { behaviour });
    const { decisions } = drive(job, 2 * HOUR);
    assert.ok(decisions.some((decision) => decision.reason === 'Ineffective'));
    assert.ok(job.rescales <= 2, `${job.rescales} rescales`);
    assert.equal(sizeOf(job, 'win'), 40);
  });
});

describe('swings', () => {
  const sine = (seconds: number): number => 10_000 - 6000 * Math.cos((2 * Math.PI * seconds) / HOUR);

  test('of an hour are not followed where each restart costs two minutes', () => {
    const job = pipeline(6, sine, { restartSeconds: 120 });
    drive(job, 12 * HOUR);
    assert.ok(job.rescales <= 6, `${job.rescales} rescales`);
  });

  test('of an hour are followed without breaking the lag limit where a restart is short', () => {
    const job = pipeline(6, sine);
    drive(job, 12 * HOUR);
    assert.equal(job.violationSeconds, 0);
    assert.ok(job.slotSeconds / HOUR < 12 * 20, 'cheaper than the peak size all the time');
  });

  test('of a day are followed in few steps', () => {
    const job = pipeline(6, (seconds) => 12_000 - 8000 * Math.cos((2 * Math.PI * seconds) / (24 * HOUR)));
    drive(job, 24 * HOUR);
    assert.equal(job.violationSeconds, 0);
    assert.ok(job.rescales <= 12, `${job.rescales} rescales`);
  });
});
