import assert from 'node:assert/strict';
import { test } from 'node:test';
import { newestRun } from '../../lib/autoscale/window.ts';
import type { JobGraph, MetricSample } from '../../lib/model/job-graph.ts';
import { known, unknown, type Measurement } from '../../lib/model/measurement.ts';

const graph: JobGraph = {
  vertices: [{ id: 'v', name: 'map', parallelism: 2, maxParallelism: 128, slotSharingGroup: 'default', inputs: [] }],
};
const sample = (at: number, records: Measurement, run = 'run'): MetricSample => {
  const none = unknown('NotReported');
  const counters = { parallelism: 2, readRecords: records, writeRecords: none, busyMillis: none };
  return {
    at,
    run,
    vertices: { v: { ...counters, backpressuredMillis: none, idleMillis: none, pendingRecords: none } },
  };
};
const timesOf = (samples: readonly MetricSample[]) => newestRun(graph, samples).map(({ at }) => at);

test('only samples of the newest run are compared', () => {
  assert.deepEqual(timesOf([sample(1, known(900), 'before'), sample(2, known(5)), sample(3, known(9))]), [2, 3]);
});

test('what was read before a counter went back was still the run before it, whatever it is called', () => {
  assert.deepEqual(timesOf([sample(1, known(900)), sample(2, known(5)), sample(3, known(9))]), [2, 3]);
});

test('a counter that stands still or is not known did not go back', () => {
  assert.deepEqual(timesOf([sample(1, known(5)), sample(2, unknown('Incomplete')), sample(3, known(5))]), [1, 2, 3]);
});
