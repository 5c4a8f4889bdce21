import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { keyedShares, subtaskOfKeyGroup } from '../../../local/flink/job-model/routing.ts';
import { millisPerSecond, recordsPerSecond } from '../../../local/flink/job-model/gauges.ts';
import type { VertexSpec } from '../../../local/flink/job-model/spec.ts';
import { sum, type JobState, type VertexFlow } from '../../../local/flink/job-model/state.ts';
import { after, inBuffers, pending, probe, readBy, settings, submitted } from './support/jobs.ts';

type Own = {
  readonly source?: Partial<VertexSpec>;
  readonly work?: Partial<VertexSpec>;
  readonly sink?: Partial<VertexSpec>;
};

/** Records per second that a vertex reads over the last minute of five. */
const rates = (state: JobState): readonly number[] => {
  const [then, now] = [after(state, 240), after(state, 300)];
  return [0, 1, 2].map((v) => Math.round((readBy(now, v) - readBy(then, v)) / 60));
};

describe('in a steady state', () => {
  const CASES: readonly (readonly [what: string, arrival: number, own: Own, rates: readonly number[]])[] = [
    ['a load that fits passes', 150, {}, [150, 150, 150]],
    ['the slowest vertex sets the pace of all', 500, {}, [200, 200, 200]],
    ['more subtasks carry more', 500, { work: { parallelism: 2 } }, [400, 400, 400]],
    ['a slow sink holds up what is before it', 150, { sink: { ratePerSubtask: 50 } }, [50, 50, 50]],
    ['records become fewer or more', 100, { work: { selectivity: 0.2 } }, [100, 100, 20]],
    ['a vertex that multiplies records fills the next', 100, { source: { selectivity: 4 } }, [50, 200, 200]],
    [
      'what something outside allows is not raised by subtasks',
      500,
      { work: { parallelism: 4, ceiling: 120 } },
      [120, 120, 120],
    ],
    [
      'source subtasks without a partition do nothing',
      500,
      {
        source: {
          parallelism: 4,
          ratePerSubtask: 100,
          source: { partitions: 2, reportsPending: true, arrival: () => 500 },
        },
        work: { parallelism: 4 },
      },
      [200, 200, 200],
    ],
    // 5 key groups on 4 subtasks: one holds 2, so the vertex is worth 2.5.
    [
      'the subtask with the most key groups sets the pace',
      1000,
      { work: { parallelism: 4, maxParallelism: 5 } },
      [500, 500, 500],
    ],
    [
      'one hot key group cannot be shared',
      1000,
      { work: { parallelism: 4, maxParallelism: 4, keyGroupWeights: [7, 1, 1, 1] } },
      [286, 286, 286],
    ],
  ];
  for (const [what, arrival, own, expected] of CASES) {
    test(what, () => assert.deepEqual(rates(submitted(probe(arrival, own), 4)), expected));
  }
});

describe('a saturated job', () => {
  const seconds = 300;
  const state = after(submitted(probe(500)), seconds);
  const millis = (v: number, counter: Exclude<keyof VertexFlow, 'buffered'>): number =>
    sum(state.vertices[v]![counter]);
  const run = state.now - state.timestamps.RUNNING!;

  test('leaves the rest of the load waiting outside', () => {
    assert.ok(Math.abs(pending(state) - (500 - 200) * seconds) < 1000, `${pending(state)}`);
  });

  test('is busy where it is slow, backpressured before and idle behind', () => {
    assert.equal(Math.round(millis(1, 'busyMillis')), run);
    assert.ok(millis(0, 'backpressuredMillis') > 0.9 * run);
    assert.ok(millis(2, 'idleMillis') > 0.9 * run);
  });

  test('has full buffers before the slow vertex and empty ones behind it', () => {
    assert.ok(Math.abs(inBuffers(state, 1) - 2 * 200) < 1);
    assert.equal(inBuffers(state, 2), 0);
  });
});

test("busy, backpressured and idle time add up to every subtask's age", () => {
  const state = after(submitted(probe(450, { work: { parallelism: 3 } }), 4), 77);
  const age = state.flowedUntil - state.timestamps.RUNNING!;
  for (const { busyMillis, backpressuredMillis, idleMillis } of state.vertices) {
    for (const i of busyMillis.keys()) {
      assert.ok(Math.abs(busyMillis[i]! + backpressuredMillis[i]! + idleMillis[i]! - age) < 0.001);
    }
  }
});

test('a join reads both inputs, and the slower waits for neither', () => {
  const spec = probe(100);
  const [source, work, sink] = spec.vertices as [VertexSpec, VertexSpec, VertexSpec];
  const other: VertexSpec = {
    ...source,
    id: 'b'.repeat(32),
    name: 'Source: other',
    source: { partitions: 2, reportsPending: false, arrival: () => 30 },
  };
  const join: VertexSpec = { ...work, inputs: [...work.inputs, { from: other.id, ship: 'HASH' }] };
  const state = after(submitted({ ...spec, vertices: [source, other, join, sink] }), 100);
  assert.ok(Math.abs(readBy(state, 2) - readBy(state, 0) - readBy(state, 1)) < 0.001);
  assert.ok(Math.abs(readBy(state, 2) - 130 * 100) < 1);
});

test('key groups go to subtasks as Flink deals them', () => {
  assert.deepEqual(
    [0, 31, 32, 42, 43, 85, 86, 127].map((group) => subtaskOfKeyGroup(group, 128, 3)),
    [0, 0, 0, 0, 1, 1, 2, 2],
  );
  assert.equal(Math.max(...keyedShares({ maxParallelism: 128 }, 43)), 3 / 128);
  assert.equal(Math.max(...keyedShares({ maxParallelism: 128 }, 63)), 3 / 128);
  assert.equal(Math.max(...keyedShares({ maxParallelism: 128 }, 64)), 2 / 128);
});

describe('gauges', () => {
  const started = submitted(probe(120));

  test('of records climb over the first minute, as they divide by all of it', () => {
    const seen = [10, 20, 40, 70].map((seconds) =>
      Math.round(recordsPerSecond(after(started, seconds), 1, 'read')[0]!),
    );
    assert.ok(seen[0]! < 25 && seen[1]! < 45 && seen[2]! < 85, seen.join());
    assert.equal(seen[3], 120);
  });

  test('of times look at what there is', () => {
    assert.ok(Math.abs(millisPerSecond(after(started, 20), 1, 'busyMillis')[0]! - 600) < 100);
    assert.equal(millisPerSecond(after(started, 100), 1, 'busyMillis')[0], 600);
  });
});

test('with noise, the same seed gives the same job and another seed another', () => {
  const noisy = (seed: number) => after(submitted({ ...probe(500), noise: { seed, share: 0.1 } }), 300);
  assert.deepEqual(noisy(1).vertices, noisy(1).vertices);
  assert.notDeepEqual(noisy(1).vertices, noisy(2).vertices);
  assert.ok(Math.abs(readBy(noisy(1), 1) - 200 * 300) < 0.1 * 200 * 300);
});

test('coarser steps carry the same records', () => {
  const wave = (at: number): number => 300 * (1 + Math.sin(at / 600_000));
  const carried = (stepMillis: number): number =>
    readBy(after(submitted(probe(wave, { work: { parallelism: 2 } }), 2, settings('2.x', { stepMillis })), 3_600), 2);
  assert.ok(Math.abs(carried(5_000) / carried(1_000) - 1) < 0.002);
});
