import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import * as fc from 'fast-check';
import { parseMemorySize, parsePodMemory } from '../../lib/targets/memory-size.ts';

const KI = 2 ** 10;
const MI = 2 ** 20;
const GI = 2 ** 30;
const TI = 2 ** 40;

describe("Flink's memory sizes", () => {
  const CASES: readonly (readonly [string, number | undefined])[] = [
    ['2048m', 2048 * MI],
    ['2g', 2 * GI],
    ['2 gb', 2 * GI],
    ['  1728 MB ', 1728 * MI],
    ['3 gibibytes', 3 * GI],
    ['5 mebibytes', 5 * MI],
    ['7 kibibytes', 7 * KI],
    ['7k', 7 * KI],
    ['7KB', 7 * KI],
    ['1t', TI],
    ['1 tebibytes', TI],
    ['1tb', TI],
    ['1024', 1024],
    ['1024b', 1024],
    ['12 bytes', 12],
    ['0', 0],
    // What Flink refuses.
    ['', undefined],
    ['g', undefined],
    ['1.5g', undefined],
    ['-1m', undefined],
    ['1 g b', undefined],
    ['2Gi', undefined],
    ['9999999999t', undefined],
  ];
  for (const [text, bytes] of CASES) {
    test(`"${text}" is ${bytes ?? 'none'}`, () => assert.equal(parseMemorySize(text), bytes));
  }

  test('a number in any unit, case and spacing is that many units', () => {
    const units = { '': 1, b: 1, k: KI, kb: KI, m: MI, mb: MI, mebibytes: MI, g: GI, gb: GI, t: TI, tb: TI };
    const anyUnit = fc.constantFrom(...Object.entries(units));
    fc.assert(
      fc.property(
        fc.nat(4000),
        anyUnit,
        fc.boolean(),
        fc.stringMatching(/^ {0,3}$/),
        (n, [unit, bytes], upper, space) => {
          const text = `${space}${n}${space}${upper ? unit.toUpperCase() : unit}${space}`;
          assert.equal(parseMemorySize(text), n * bytes);
        },
      ),
    );
  });

  test('no text at all makes it throw, or give anything but a whole number', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        const bytes = parseMemorySize(text);
        assert.ok(bytes === undefined || (Number.isSafeInteger(bytes) && bytes >= 0));
      }),
    );
  });
});

describe('memory of a pod', () => {
  const CASES: readonly (readonly [string, number | undefined])[] = [
    ['2g', 2 * GI], // Flink's reading, not 2×10⁹
    ['2Gi', 2 * GI],
    ['2gi', 2 * GI],
    ['512Mi', 512 * MI],
    ['512 MiB', 512 * MI],
    ['1.5Gi', 1.5 * GI],
    ['1.5G', 1.5e9],
    ['lots', undefined],
  ];
  for (const [text, bytes] of CASES) {
    test(`"${text}" is ${bytes ?? 'none'}`, () => assert.equal(parsePodMemory(text), bytes));
  }
});
