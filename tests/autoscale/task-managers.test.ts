import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { fitToTaskManagers, slotsNeeded, taskManagersNeeded } from '../../lib/autoscale/task-managers.ts';
import { aGraph } from './support/graphs.ts';

const shared = aGraph({ src: { parallelism: 1 }, map: { parallelism: 2, from: ['src'] }, sink: { from: ['map'] } });
const split = aGraph({
  src: { parallelism: 2, slotSharingGroup: 'io' },
  map: { parallelism: 3, slotSharingGroup: 'cpu', from: ['src'] },
  join: { parallelism: 5, slotSharingGroup: 'cpu', from: ['map'] },
});

describe('slots', () => {
  test('vertices of one slot sharing group share slots', () => assert.equal(slotsNeeded(shared, { map: 7 }), 7));
  test('slot sharing groups add up', () => assert.equal(slotsNeeded(split, { src: 4 }), 9));
  test('a vertex that is not named has its present size', () => assert.equal(slotsNeeded(shared, {}), 2));
  test('five slots at two per TaskManager are three TaskManagers, where upstream rounds down', () =>
    assert.equal(taskManagersNeeded(shared, { map: 5 }, 2), 3));
});

type Wish = Omit<Parameters<typeof fitToTaskManagers>[0], 'slotsPerTaskManager'>;
const cases: readonly (readonly [string, Wish, Readonly<Record<string, number>>, boolean])[] = [
  [
    'what fits is granted whole',
    { graph: shared, current: {}, wanted: { src: 2, map: 6, sink: 1 }, maxTaskManagers: 3 },
    { src: 2, map: 6, sink: 1 },
    false,
  ],
  [
    'part of a growth is better than none: the largest vertices get every slot there is',
    { graph: shared, current: {}, wanted: { src: 5, map: 20, sink: 2 }, maxTaskManagers: 4 },
    { src: 5, map: 8, sink: 2 },
    true,
  ],
  [
    'of two groups the one whose vertex has the smaller share of its wish gets more',
    { graph: split, current: {}, wanted: { src: 4, map: 12, join: 5 }, maxTaskManagers: 6 },
    { src: 3, map: 9, join: 5 },
    true,
  ],
  [
    'a wish to shrink is followed while another vertex grows',
    { graph: split, current: {}, wanted: { src: 1, map: 8, join: 2 }, maxTaskManagers: 3 },
    { src: 1, map: 5, join: 2 },
    true,
  ],
  [
    'a job above the limit keeps what it has',
    { graph: split, current: {}, wanted: { src: 4, map: 6, join: 9 }, maxTaskManagers: 2 },
    { src: 2, map: 5, join: 5 },
    true,
  ],
  [
    'no TaskManager at all changes nothing',
    { graph: shared, current: {}, wanted: { src: 5, map: 9, sink: 9 }, maxTaskManagers: 0 },
    { src: 2, map: 2, sink: 2 },
    true,
  ],
];
describe('fitToTaskManagers, with two slots per TaskManager', () => {
  for (const [name, wish, parallelism, partial] of cases) {
    test(name, () => {
      const fit = fitToTaskManagers({ ...wish, slotsPerTaskManager: 2 });
      assert.deepEqual(fit.parallelism, parallelism);
      assert.equal(fit.partial, partial);
      assert.equal(fit.slots, slotsNeeded(wish.graph, parallelism));
      assert.equal(fit.taskManagers, Math.ceil(fit.slots / 2));
    });
  }

  test('a keyed vertex takes no slots that would not relieve its fullest subtask; another group gets them', () => {
    const graph = aGraph({
      src: { parallelism: 10, slotSharingGroup: 'io' },
      win: { parallelism: 43, maxParallelism: 128, from: ['src:HASH'] },
    });
    const wish = { graph, current: {}, wanted: { src: 30, win: 64 }, slotsPerTaskManager: 1 };
    assert.deepEqual(fitToTaskManagers({ ...wish, maxTaskManagers: 70 }).parallelism, { src: 27, win: 43 });
    assert.deepEqual(fitToTaskManagers({ ...wish, maxTaskManagers: 94 }).parallelism, { src: 30, win: 64 });
  });

  test('says in words what was cut', () => {
    const fit = fitToTaskManagers({
      graph: shared,
      current: {},
      wanted: { map: 20 },
      slotsPerTaskManager: 2,
      maxTaskManagers: 4,
    });
    assert.equal(fit.message, '8 of 20 wished slots: at most 4 TaskManagers of 2 slots');
  });
});
