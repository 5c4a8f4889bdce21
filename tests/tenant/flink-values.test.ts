import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseFlinkDuration, parseFlinkMemory } from '../../lib/tenant/flink-values.ts';

describe('Flink durations', () => {
  const CASES: readonly (readonly [text: string, millis: number | undefined])[] = [
    ['500', 500],
    ['10s', 10_000],
    ['10ms', 10],
    ['10m', 600_000],
    ['3 µs', 0.003],
    ['10 s', 10_000],
    ['1 min', 60_000],
    ['2 hours', 7_200_000],
    ['1d', 86_400_000],
    ['PT10S', 10_000],
    ['PT0.5S', 500],
    ['P1DT1H', 90_000_000],
    ['', undefined],
    ['PT', undefined],
    ['-1s', undefined],
    ['10 parsecs', undefined],
    ['1e3', undefined],
    ['constructor', undefined],
  ];
  for (const [text, millis] of CASES) {
    it(`${JSON.stringify(text)} is ${millis === undefined ? 'none' : `${millis} ms`}`, () =>
      assert.equal(parseFlinkDuration(text), millis));
  }
});

describe('Flink memory sizes', () => {
  const CASES: readonly (readonly [text: string, bytes: number | undefined])[] = [
    ['1024', 1024],
    ['640m', 640 * 2 ** 20],
    ['640 mb', 640 * 2 ** 20],
    ['2g', 2 ** 31],
    ['2Gi', 2 ** 31],
    ['1.5g', 1.5 * 2 ** 30],
    ['', undefined],
    ['lots', undefined],
    ['-1m', undefined],
    ['999999999999999t', undefined],
  ];
  for (const [text, bytes] of CASES) {
    it(`${JSON.stringify(text)} is ${bytes === undefined ? 'none' : `${bytes} bytes`}`, () =>
      assert.equal(parseFlinkMemory(text), bytes));
  }
});
