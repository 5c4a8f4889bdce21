import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import * as fc from 'fast-check';
import {
  formatParallelismMap,
  parseParallelismMap,
  readFlinkConfiguration,
} from '../../lib/targets/flink-configuration.ts';

describe('flinkConfiguration', () => {
  const FLAT = { 'a.b': '1', 'a.c.d': 'true', e: 'x;y' };
  const CASES: readonly (readonly [string, unknown, object])[] = [
    ['flat', FLAT, FLAT],
    ['nested', { a: { b: 1, c: { d: true } }, e: ['x', 'y'] }, FLAT],
    ['mixed', { 'a.b': 1, a: { 'c.d': true }, e: ['x', 'y'] }, FLAT],
    ['absent', undefined, {}],
    ['nonsense', 'text', {}],
  ];
  for (const [name, value, expected] of CASES) {
    test(`is read when it is ${name}`, () => assert.deepEqual(readFlinkConfiguration(value), expected));
  }

  test('reads the same whether an option is written flat or nested', () => {
    const name = fc.stringMatching(/^[a-z]{1,4}$/);
    const options = fc.uniqueArray(fc.tuple(fc.array(name, { minLength: 1, maxLength: 4 }), fc.nat()), {
      selector: ([path]) => path[0]!,
      maxLength: 5,
    });
    fc.assert(
      fc.property(options, (all) => {
        const flat = Object.fromEntries(all.map(([path, value]) => [path.join('.'), value]));
        const nested = Object.assign(
          {},
          ...all.map(([path, value]) => path.reduceRight<unknown>((inner, key) => ({ [key]: inner }), value)),
        ) as unknown;
        assert.deepEqual(readFlinkConfiguration(nested), readFlinkConfiguration(flat));
      }),
    );
  });
});

describe('parallelism by vertex', () => {
  const ID = 'f362c87ffabe89c8a91fa7d0a523ba6c';

  test('what is written is read again, whatever the order', () => {
    const id = fc.stringMatching(/^[0-9a-f]{32}$/);
    fc.assert(
      fc.property(fc.dictionary(id, fc.integer({ min: 1, max: 32_768 })), (parallelism) => {
        const text = formatParallelismMap(parallelism);
        assert.deepEqual(parseParallelismMap(text), { ...parallelism });
        const reversed = Object.fromEntries(Object.entries(parallelism).toReversed());
        assert.equal(formatParallelismMap(reversed), text);
      }),
    );
  });

  const CASES: readonly (readonly [string, string | undefined, object])[] = [
    ['blanks do not matter', ` ${ID} : 4 , abc:1 `, { [ID]: 4, abc: 1 }],
    ['quotes do not matter', `'${ID}':'4'`, { [ID]: 4 }],
    ['what is no pair is left out', `${ID}:4,x,:,abc:-1,abc:`, { [ID]: 4 }],
    ['nothing is an empty map', undefined, {}],
  ];
  for (const [name, text, expected] of CASES) {
    test(name, () => assert.deepEqual(parseParallelismMap(text), expected));
  }
});
