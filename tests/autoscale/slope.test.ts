import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { medianSlope, newestLevel, type Point } from '../../lib/autoscale/slope.ts';

/** A count that rises at the given rates, each for a minute. */
const rising = (...perSecond: readonly number[]): readonly Point[] =>
  perSecond.reduce<Point[]>(
    (points, rate) => [...points, { at: points.at(-1)!.at + 60_000, value: points.at(-1)!.value + rate * 60 }],
    [{ at: 0, value: 0 }],
  );

describe('medianSlope', () => {
  const cases: readonly (readonly [string, readonly Point[], number | undefined])[] = [
    ['no points have no slope', [], undefined],
    ['one point has no slope', [{ at: 0, value: 5 }], undefined],
    ['two points have the slope between them', rising(7), 7],
    ['a steady count has its rate', rising(100, 100, 100), 100],
    ['a falling count has a negative rate', rising(-3, -3), -3],
  ];
  for (const [name, points, want] of cases) test(name, () => assert.equal(medianSlope(points), want));

  test('one odd sample among many hardly moves it', () => {
    const points = rising(100, 100, 100, 100, 100, 100).map((p, i) => (i === 3 ? { ...p, value: p.value * 2 } : p));
    assert.ok(Math.abs(medianSlope(points)! - 100) < 1);
  });
});

describe('newestLevel', () => {
  const cases: readonly (readonly [string, readonly Point[], number])[] = [
    ['a steady count is one level', rising(100, 100, 100), 4],
    ['noise of a few percent is one level', rising(100, 104, 97, 102), 5],
    ['after a jump the old load is forgotten', rising(100, 100, 400), 2],
    ['after a jump and a steady minute both minutes of the new load count', rising(100, 400, 400), 3],
    ['a fall ends a level as a jump does', rising(100, 100, 20), 2],
    ['a count that stands still is one level', rising(0, 0, 0), 4],
  ];
  for (const [name, points, want] of cases) test(name, () => assert.equal(newestLevel(points, 15).length, want));

  test('a newest part that is too short is taken together with what is before it', () => {
    const points = [...rising(100, 100), { at: 122_000, value: 13_000 }];
    assert.equal(newestLevel(points, 15).length, 4);
  });
  test('two seconds between samples feign no jump', () => {
    const points = [...rising(100, 100), { at: 122_000, value: 12_000 }, { at: 150_000, value: 15_000 }];
    assert.equal(newestLevel(points, 15).length, 5);
  });
});
