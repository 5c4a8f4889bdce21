import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import * as fc from 'fast-check';
import {
  add,
  fits,
  formatResources,
  least,
  most,
  parseMemoryBytes,
  parseResources,
  subtract,
  times,
  wholeUnits,
} from '../../lib/model/resources.ts';

const amount = fc.record(
  { cpuMillis: fc.nat({ max: 10_000_000 }), memoryBytes: fc.nat({ max: 2 ** 45 }) },
  { noNullPrototype: true },
);

describe('resources', () => {
  it('come back unchanged from the form that objects hold', () => {
    fc.assert(fc.property(amount, (r) => assert.deepEqual(parseResources(formatResources(r)), r)));
  });

  it('parse to the smallest whole number that is not below the quantity', () => {
    const bytes: Record<string, bigint> = {
      '': 1n,
      k: 1000n,
      Ki: 1024n,
      Mi: 1024n ** 2n,
      G: 1000n ** 3n,
      Gi: 1024n ** 3n,
    };
    fc.assert(
      fc.property(
        fc.nat({ max: 99_999 }),
        fc.array(fc.nat({ max: 9 }), { maxLength: 12 }),
        fc.constantFrom(...Object.keys(bytes)),
        (whole, decimals, suffix) => {
          const parsed = parseMemoryBytes(`${whole}.${decimals.join('')}${suffix}`);
          const exact = BigInt(`${whole}${decimals.join('')}`) * bytes[suffix]!; // × 10^-decimals
          const scale = 10n ** BigInt(decimals.length);
          assert.ok(parsed !== undefined);
          assert.ok(BigInt(parsed) * scale >= exact && BigInt(parsed - 1) * scale < exact);
        },
      ),
    );
  });

  it('subtract to what, added again, covers the first amount', () => {
    fc.assert(fc.property(amount, amount, (a, b) => assert.deepEqual(add(subtract(a, b), b), most(a, b))));
  });

  it('fit exactly when the smaller of both is the need itself', () => {
    fc.assert(fc.property(amount, amount, (a, b) => assert.equal(fits(a, b), fits(a, least(a, b)))));
  });

  it('hold as many whole units as fit, and not one more', () => {
    const unit = fc.record({ cpuMillis: fc.integer({ min: 1, max: 8000 }), memoryBytes: fc.nat({ max: 2 ** 33 }) });
    fc.assert(
      fc.property(unit, amount, (unit, room) => {
        const count = wholeUnits(unit, room);
        assert.ok(fits(times(unit, count), room));
        assert.ok(!fits(times(unit, count + 1), room));
      }),
    );
  });
});
