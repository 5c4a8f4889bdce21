import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { carryDown, inFlowOrder, outputRatios } from '../../lib/autoscale/target-rates.ts';
import type { JobGraph } from '../../lib/model/job-graph.ts';
import { known, unknown } from '../../lib/model/measurement.ts';
import { aGraph } from './support/graphs.ts';
import { samplesOf, type Paces } from './support/samples.ts';

const ratiosOf = (graph: JobGraph, paces: Paces): Readonly<Record<string, unknown>> =>
  Object.fromEntries(outputRatios(graph, samplesOf(graph, paces, [0, 60])));

describe('outputRatios', () => {
  test('two sources into one operator, as in ScalingMetricEvaluatorTest.testComputableOutputRatios', () => {
    const graph = aGraph({ source1: {}, source2: {}, op1: { from: ['source1', 'source2'] }, sink1: { from: ['op1'] } });
    const paces = {
      source1: { in: 100, out: 200 },
      source2: { in: 100, out: 50 },
      op1: { in: 250, out: 50 },
      sink1: { in: 50 },
    };
    assert.deepEqual(ratiosOf(graph, paces), {
      'op1>sink1': known(0.2),
      'source1>op1': known(2),
      'source2>op1': known(0.5),
    });
  });

  test('several writers into several readers are split as if every writer dealt alike', () => {
    const graph = aGraph({ a: {}, b: {}, x: { from: ['a', 'b'] }, y: { from: ['a', 'b'] } });
    const paces = { a: { in: 100, out: 300 }, b: { in: 100, out: 100 }, x: { in: 200 }, y: { in: 200 } };
    assert.deepEqual(ratiosOf(graph, paces), {
      'a>x': known(1.5),
      'a>y': known(1.5),
      'b>x': known(0.5),
      'b>y': known(0.5),
    });
  });

  test('a fan-out to two readers counts for each what it read', () => {
    const graph = aGraph({ src: {}, left: { from: ['src'] }, right: { from: ['src'] } });
    const paces = { src: { in: 100, out: 110 }, left: { in: 100 }, right: { in: 10 } };
    assert.deepEqual(ratiosOf(graph, paces), { 'src>left': known(1), 'src>right': known(0.1) });
  });

  test('what an idle vertex would put out is unknown', () => {
    const graph = aGraph({ src: {}, sink: { from: ['src'] } });
    assert.deepEqual(ratiosOf(graph, {}), { 'src>sink': unknown('Idle') });
  });

  test('a vertex that reports no records leaves its own edges unknown, and no others', () => {
    const graph = aGraph({ src: {}, map: { from: ['src'] }, sink: { from: ['map'] } });
    const paces = { src: { in: 100 }, map: { in: null, out: 50 }, sink: { in: 50 } };
    assert.deepEqual(ratiosOf(graph, paces), { 'src>map': known(1), 'map>sink': unknown('NotReported') });
  });
});

describe('carryDown', () => {
  const targetsOf = (graph: JobGraph, paces: Paces, atSources: Readonly<Record<string, number>>) => {
    const sources = new Map(Object.entries(atSources).map(([id, rate]) => [id, { rate, exact: true }]));
    const ratios = outputRatios(graph, samplesOf(graph, paces, [0, 60]));
    return Object.fromEntries(carryDown(graph, ratios, sources, (id) => paces[id]?.in ?? 0));
  };

  test('a diamond adds up what comes along both ways', () => {
    const graph = aGraph({
      src: {},
      left: { from: ['src'] },
      right: { from: ['src'] },
      join: { from: ['left', 'right'] },
    });
    const paces = {
      src: { in: 100, out: 150 },
      left: { in: 100, out: 50 },
      right: { in: 50, out: 100 },
      join: { in: 150 },
    };
    assert.deepEqual(targetsOf(graph, paces, { src: 400 }), {
      src: { rate: 400, exact: true },
      left: { rate: 400, exact: true },
      right: { rate: 200, exact: true },
      join: { rate: 600, exact: true },
    });
  });

  test('where a ratio is unknown, what is read now is the least and nothing below is exact', () => {
    const graph = aGraph({ src: {}, map: { from: ['src'] }, sink: { from: ['map'] } });
    const mute = { src: { in: 0 }, map: { in: 80, out: 40 }, sink: { in: 40 } };
    const targets = targetsOf(graph, mute, { src: 100 });
    assert.deepEqual(targets['map'], { rate: 80, exact: false });
    assert.deepEqual(targets['sink'], { rate: 40, exact: false });
  });

  test('below a source that is to give nothing, nothing is to come, whatever its ratios', () => {
    const graph = aGraph({ src: {}, map: { from: ['src'] } });
    assert.deepEqual(targetsOf(graph, {}, { src: 0 })['map'], { rate: 0, exact: true });
  });
});

test('vertices are ordered by the flow, whatever order they came in', () => {
  const graph = aGraph({ sink: { from: ['map'] }, map: { from: ['src'] }, src: {} });
  assert.deepEqual(inFlowOrder(graph), ['src', 'map', 'sink']);
});
