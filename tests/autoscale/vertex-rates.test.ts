import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { measureJob, type VertexRates } from '../../lib/autoscale/vertex-rates.ts';
import type { JobGraph, MetricSample } from '../../lib/model/job-graph.ts';
import { known, unknown } from '../../lib/model/measurement.ts';
import { aGraph } from './support/graphs.ts';
import { samplesOf, type Paces } from './support/samples.ts';

const rates = (graph: JobGraph, paces: Paces, of: string): VertexRates =>
  measureJob(graph, samplesOf(graph, paces, [0, 60, 120]), 15).vertices.get(of)!;

const pair = aGraph({ src: { parallelism: 2 }, map: { parallelism: 4, from: ['src'] } });

describe('the rate of one subtask', () => {
  const cases: readonly (readonly [string, Paces, 'src' | 'map', number])[] = [
    ['is records per busy second', { map: { in: 1000, busy: 0.5 } }, 'map', 500],
    [
      'does not count the time in which it is backpressured',
      { map: { in: 1000, busy: 0.25, backpressured: 0.75 } },
      'map',
      1000,
    ],
    [
      'of a source with a backlog is what it reads, though it looks idle (FLINK-33306)',
      { src: { in: 1000, busy: 0.1, lag: 100_000 } },
      'src',
      500,
    ],
    [
      'of a source with a backlog leaves out the time in which it is backpressured',
      { src: { in: 1000, busy: 0.1, backpressured: 0.4, lag: 100_000 } },
      'src',
      1000 / 0.6 / 2,
    ],
    [
      'of a source with a small lag is records per busy second',
      { src: { in: 1000, busy: 0.1, lag: 1000 } },
      'src',
      5000,
    ],
    [
      'of an operator that looks idle but holds its input up is what it does (FLINK-39549)',
      { src: { in: 1000, busy: 0.1, backpressured: 0.8 }, map: { in: 1000, busy: 0.2 } },
      'map',
      1000 / 0.8 / 4,
    ],
    [
      'of an operator that its own output holds up is records per busy second',
      { src: { in: 1000, busy: 0.1, backpressured: 0.9 }, map: { in: 1000, busy: 0.1, backpressured: 0.9 } },
      'map',
      2500,
    ],
    [
      'is known from what holds its input up where busy time is not reported',
      { src: { in: 1000, busy: 0, backpressured: 1 }, map: { in: 1000, busy: null } },
      'map',
      250,
    ],
  ];
  for (const [name, paces, of, want] of cases) {
    test(name, () => {
      const rate = rates(pair, paces, of).ratePerSubtask;
      assert.ok(rate.kind === 'known');
      assert.ok(Math.abs(rate.value - want) < want * 1e-9, `${rate.value} is not ${want}`);
    });
  }

  test('of a keyed vertex that holds its input up counts whole key groups: 3 of 128 per subtask at most', () => {
    const graph = aGraph({ src: {}, win: { parallelism: 50, maxParallelism: 128, from: ['src:HASH'] } });
    const paces = { src: { in: 4266, backpressured: 1 }, win: { in: 4266, busy: 42.66 / 50 } };
    const rate = rates(graph, paces, 'win').ratePerSubtask;
    assert.ok(rate.kind === 'known' && Math.abs(rate.value - 100) < 0.1);
  });

  test('is unknown of a vertex that never had anything to do', () => {
    assert.deepEqual(rates(pair, {}, 'map').ratePerSubtask, unknown('Idle'));
  });

  test('is blamed on the busiest of several outputs', () => {
    const graph = aGraph({ src: {}, slow: { from: ['src'] }, fast: { from: ['src'] } });
    const paces = { src: { in: 100, backpressured: 0.9 }, slow: { in: 100, busy: 0.9 }, fast: { in: 100, busy: 0.1 } };
    assert.deepEqual(rates(graph, paces, 'fast').ratePerSubtask, known(1000));
  });
});

describe('shares and rates', () => {
  test('accumulated time over the subtasks is a share, as in ScalingMetricEvaluatorTest.testBusyTimeEvaluation', () => {
    const graph = aGraph({ v: { parallelism: 2 } });
    const busy = [10_000, 10_200, 10_400];
    const samples = samplesOf(graph, { v: { in: 100, backpressured: null } }, [1, 2, 3]).map(
      (sample, i): MetricSample => ({
        ...sample,
        vertices: { v: { ...sample.vertices['v']!, busyMillis: known(busy[i]!) } },
      }),
    );
    assert.deepEqual(measureJob(graph, samples, 1).vertices.get('v')!.busy, known(0.1));
  });

  test('shares are of the time that Flink counted, not of the time between our looks', () => {
    const samples = samplesOf(pair, { map: { in: 100, busy: 0.4 } }, [0, 60]);
    const late = samples.map((sample, i) => (i === 1 ? { ...sample, at: sample.at + 3000 } : sample));
    assert.deepEqual(measureJob(pair, late, 15).vertices.get('map')!.busy, known(0.4));
  });

  test('a source receives what it reads and what its lag grows by', () => {
    const { source } = rates(pair, { src: { in: 1000, lag: 500, lagGrowth: 250 } }, 'src');
    assert.deepEqual(source, { lag: known(500 + 120 * 250), arrivalRate: known(1250) });
  });

  test('a source that works off its backlog receives less than it reads', () => {
    const { source } = rates(pair, { src: { in: 1000, lag: 90_000, lagGrowth: -600 } }, 'src');
    assert.deepEqual(source?.arrivalRate, known(400));
  });

  test('a lag that is not reported is unknown, not zero, and so is what arrives', () => {
    const { source } = rates(pair, { src: { in: 1000, lag: null } }, 'src');
    assert.deepEqual(source, { lag: unknown('NotReported'), arrivalRate: unknown('NotReported') });
  });

  test('a counter that goes back makes its rate unknown', () => {
    const samples = samplesOf(pair, { map: { in: 100 } }, [0, 60]).toReversed();
    const backwards = samples.map((sample, i) => ({ ...sample, at: i * 60_000 }));
    assert.deepEqual(measureJob(pair, backwards, 15).vertices.get('map')!.inRate, unknown('Restarted'));
  });

  test('after a jump only the new load counts for what comes in, the whole window for what a subtask can do', () => {
    const slow = samplesOf(pair, { src: { in: 100, busy: 0.1 } }, [0, 60, 120]);
    const jump = samplesOf(pair, { src: { in: 400, busy: 0.4 } }, [60]).map((sample): MetricSample => ({
      ...sample,
      at: 180_000,
      vertices: {
        ...sample.vertices,
        src: {
          ...sample.vertices['src']!,
          readRecords: known(120 * 100 + 60 * 400),
          busyMillis: known(120 * 200 + 60 * 800),
          idleMillis: known(120 * 1800 + 60 * 1200),
        },
      },
    }));
    const { levelSeconds, vertices } = measureJob(pair, [...slow, ...jump], 15);
    assert.equal(levelSeconds, 60);
    assert.deepEqual(vertices.get('src')!.inRate, known(400));
    assert.deepEqual(vertices.get('src')!.ratePerSubtask, known(500));
  });
});
