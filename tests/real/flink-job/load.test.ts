import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import fc from 'fast-check';

import { endOffset, type LoadStep, parseLoad, writeLoad } from './load.ts';

const start = 1_700_000_000_000;
const step = (afterMillis: number, recordsPerSecond: number): LoadStep => ({
  sinceMillis: start + afterMillis,
  recordsPerSecond,
});

const steps = fc
  .array(fc.record({ afterMillis: fc.nat(100_000), recordsPerSecond: fc.nat(10_000) }), { maxLength: 5 })
  .map((list) =>
    list.toSorted((a, b) => a.afterMillis - b.afterMillis).map((s) => step(s.afterMillis, s.recordsPerSecond)),
  );
const moment = fc.nat(200_000).map((millis) => start + millis);
const partitionCount = fc.integer({ min: 1, max: 12 });

const total = (load: readonly LoadStep[], partitions: number, at: number) =>
  Array.from({ length: partitions }, (_, partition) => endOffset(load, partition, partitions, at)).reduce(
    (a, b) => a + b,
    0,
  );

describe('the load', () => {
  it('adds up its steps', () => {
    const load = [step(0, 1000), step(2000, 500), step(4000, 0)];
    const after = (millis: number) => total(load, 8, start + millis);
    assert.deepEqual([-1, 0, 1000, 2000, 3000, 4000, 9000].map(after), [0, 0, 1000, 2000, 2500, 3000, 3000]);
  });

  it('has the same records however many partitions share them', () => {
    fc.assert(fc.property(steps, partitionCount, moment, (load, n, at) => total(load, n, at) === total(load, 1, at)));
  });

  it('never takes back a record, whatever step is added later', () => {
    fc.assert(
      fc.property(steps, fc.nat(10_000), moment, fc.nat(10_000), (load, rate, at, later) => {
        const lastSince = load.at(-1)?.sinceMillis ?? start;
        const added = [...load, { sinceMillis: Math.max(at, lastSince), recordsPerSecond: rate }];
        return total(added, 3, at + later) >= total(load, 3, at);
      }),
    );
  });

  it('reads back what it wrote', () => {
    fc.assert(fc.property(steps, (load) => assert.deepEqual(parseLoad(writeLoad(load)), load)));
  });
});
