import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { summarize, type JobSummary } from '../../lib/autoscale/summarize.ts';
import { aGraph } from './support/graphs.ts';
import { samplesOf, type Paces } from './support/samples.ts';

const graph = aGraph({ orders: {}, clicks: {}, join: { parallelism: 2, from: ['orders', 'clicks'] } });
const sum = (paces: Paces): JobSummary => summarize(graph, samplesOf(graph, paces, [0, 60, 120]), 120_000);
const total = ({ utilizationPercent, lagSeconds, lagRecords }: JobSummary) => ({
  utilizationPercent,
  lagSeconds,
  lagRecords,
});

describe('summarize', () => {
  test('shows the busiest vertex, the longest lag in seconds of input and all records waiting', () => {
    const summary = sum({
      orders: { in: 100, busy: 0.3, lag: 500 },
      clicks: { in: 1000, busy: 0.2, lag: 1000 },
      join: { in: 1100, out: 10, busy: 0.714 },
    });
    assert.deepEqual(total(summary), { utilizationPercent: 71, lagSeconds: 5, lagRecords: 1500 });
    assert.deepEqual(summary.vertices[2], {
      id: 'join',
      name: 'join',
      parallelism: 2,
      maxParallelism: 720,
      busy: 0.714,
      inRecordsPerSecond: 1100,
      outRecordsPerSecond: 10,
    });
    assert.equal(summary.vertices[0]?.lagRecords, 500);
  });

  const cases: readonly (readonly [string, Paces, Partial<JobSummary>])[] = [
    [
      'a source without a lag metric leaves the lag of the job unknown',
      { clicks: { in: 9, lag: null } },
      { utilizationPercent: 0 },
    ],
    ['no lag is zero seconds even where nothing comes in', {}, { utilizationPercent: 0, lagSeconds: 0, lagRecords: 0 }],
    [
      'a lag behind a source that gets nothing has no length in time',
      { orders: { lag: 70 } },
      { utilizationPercent: 0, lagRecords: 70 },
    ],
  ];
  for (const [name, paces, want] of cases) {
    test(name, () => {
      assert.deepEqual(total(sum(paces)), {
        utilizationPercent: undefined,
        lagSeconds: undefined,
        lagRecords: undefined,
        ...want,
      });
    });
  }

  test('without samples only the graph is known', () => {
    const summary = summarize(graph, [], 0);
    assert.deepEqual(Object.keys(summary), ['vertices']);
    assert.deepEqual(summary.vertices[0], { id: 'orders', name: 'orders', parallelism: 1, maxParallelism: 720 });
  });

  test('an older run and old samples say nothing', () => {
    const old = samplesOf(graph, { join: { in: 5, busy: 1 } }, [0, 60], { run: 'before' });
    const fresh = samplesOf(graph, { join: { in: 5, busy: 0.1 } }, [70, 130], { run: 'now' });
    assert.equal(summarize(graph, [...old, ...fresh], 130_000).utilizationPercent, 10);
    assert.equal(summarize(graph, [...old, ...fresh], 400_000).utilizationPercent, undefined);
  });
});
