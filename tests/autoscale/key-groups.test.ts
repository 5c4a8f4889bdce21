import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { effectiveParallelism, fewestAlike, fewestFor, nextUseful } from '../../lib/autoscale/key-groups.ts';
import { aVertex } from './support/graphs.ts';

const keyed = (maxParallelism: number) => aVertex('v', { maxParallelism, from: ['u:HASH'] });
const plain = (maxParallelism: number) => aVertex('v', { maxParallelism, from: ['u'] });
const NO_HEADROOM = 0;
const HEADROOM = 0.08;

describe('fewestFor, of keyed vertices', () => {
  const cases: readonly (readonly [string, number, number, number, number])[] = [
    // name, key groups, need, headroom, wanted
    ['64 subtasks do the work of 64 with 128 groups', 128, 64, NO_HEADROOM, 64],
    ['a need of 65 costs 128 where nothing may lack', 128, 65, NO_HEADROOM, 128],
    ['a need of 65 takes 64 where 1.5 % may lack', 128, 65, HEADROOM, 64],
    ['a need of 67 takes 64 where 4.5 % may lack', 128, 67, HEADROOM, 64],
    ['a need of 72 lacks too much at 64', 128, 72, HEADROOM, 128],
    ['a need of 43.6 takes 43, which hold as many groups as 44 to 63', 128, 43.6, HEADROOM, 43],
    ['a need of 42 takes 43: 42 hold four groups', 128, 42, NO_HEADROOM, 43],
    ['with a prime number of groups the remainder costs no second size', 127, 63, NO_HEADROOM, 64],
    ['a need above the groups takes them all', 128, 500, HEADROOM, 128],
    ['many groups align by themselves', 720, 6.25, NO_HEADROOM, 7],
    ['a saving that is worth less than what lacks is left', 720, 10.8, HEADROOM, 11],
    ['no need takes one', 128, 0, HEADROOM, 1],
    ['one group is one subtask', 1, 3, HEADROOM, 1],
  ];
  for (const [name, groups, need, headroom, want] of cases) {
    test(name, () => assert.equal(fewestFor(keyed(groups), need, headroom), want));
  }
});

describe('fewestFor, of other vertices', () => {
  // The sizes of JobVertexScalerTest.testParallelismComputation: ceil(parallelism * factor), at most 720 or 128 groups.
  const golden: readonly (readonly [number, number, number, number])[] = [
    // parallelism, groups, factor, expected
    [1, 720, 0.0001, 1],
    [2, 720, 0.1, 1],
    [6, 720, 0.8, 5],
    [16, 128, 1.5, 24],
    [200, 720, 2, 400],
    [200, 720, 2_147_483_647, 720],
  ];
  for (const [parallelism, groups, factor, want] of golden) {
    test(`${parallelism} subtasks times ${factor} are ${want}, as upstream has it`, () =>
      assert.equal(fewestFor(plain(groups), parallelism * factor, HEADROOM), want));
  }
  test('binary fractions do not round up', () => assert.equal(fewestFor(plain(720), 0.1 * 3 * 10, HEADROOM), 3));
});

test('no size of 128 groups is paid for that holds no fewer groups than a smaller one', () => {
  for (let need = 0.5; need <= 128; need += 0.5) {
    const size = fewestFor(keyed(128), need, NO_HEADROOM);
    assert.ok(effectiveParallelism(keyed(128), size) >= need - 1e-6);
    assert.equal(size, fewestAlike(keyed(128), size));
  }
});

test('the next useful size holds one group less per subtask', () => {
  assert.deepEqual(
    [1, 43, 50, 64, 128].map((p) => nextUseful(keyed(128), p)),
    [2, 64, 64, 128, 129],
  );
  assert.equal(nextUseful(plain(128), 5), 6);
});
