import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { learnRestart, recordRescale, ScalingHistory } from '../../lib/autoscale/scaling-history.ts';
import { aGraph } from './support/graphs.ts';

const graph = aGraph({ src: {}, map: { parallelism: 2, from: ['src'] } });

describe('ScalingHistory', () => {
  test('a rescale is remembered with the vertices that it changed', () => {
    assert.deepEqual(recordRescale(graph, { src: 1, map: 6 }, 5000), {
      lastRescale: { at: 5000, before: { map: 2 }, after: { map: 6 } },
    });
  });

  test('a restart teaches how long it took, once', () => {
    const history = recordRescale(graph, { map: 6 }, 5000);
    assert.equal(learnRestart(history, 4000), history);
    const learnt = learnRestart(history, 47_000);
    assert.equal(learnt.lastRescale?.tookSeconds, 42);
    assert.equal(learnRestart(learnt, 900_000), learnt);
  });

  test('a restart that comes a quarter of an hour later teaches nothing', () => {
    const history = recordRescale(graph, { map: 6 }, 0);
    assert.equal(learnRestart(history, 901_000), history);
  });

  test('survives being stored, and stays below 1 KiB for a job of eight vertices', () => {
    const ids = Array.from({ length: 8 }, (_, i) => `${i}`.repeat(32));
    const wide = aGraph(Object.fromEntries(ids.map((id) => [id, {}])));
    const sizes = Object.fromEntries(ids.map((id) => [id, 12]));
    const grown = recordRescale(wide, sizes, 1_790_000_000_000, { vertex: ids[0]!, trueRate: 1234.5, inVain: 2 });
    const history: ScalingHistory = { lastRescale: { ...grown.lastRescale!, tookSeconds: 30 } };
    const text = JSON.stringify(history);
    assert.deepEqual(ScalingHistory.parse(JSON.parse(text)), history);
    assert.ok(text.length < 1024, `${text.length} characters`);
    assert.deepEqual(ScalingHistory.parse({}), {});
  });
});
