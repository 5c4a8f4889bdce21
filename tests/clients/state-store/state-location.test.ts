import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import * as fc from 'fast-check';
import { isBelow, isSameLocation, parseStateLocation } from '../../../lib/clients/state-store/state-location.ts';

const PREFIX = 's3://flink/payments/';

describe('what lies below a prefix', () => {
  const CASES: readonly (readonly [string, string, boolean])[] = [
    ['a folder in it', 's3://flink/payments/chk/1', true],
    ['the prefix itself', 's3://flink/payments', true],
    ['the same store by another name', 's3a://flink/payments/chk', true],
    ['the same place with doubled slashes', 's3://flink//payments//chk/', true],
    ['a name that only begins alike', 's3://flink/payments-of-others/chk', false],
    ['a neighbour', 's3://flink/orders/chk', false],
    ['another bucket', 's3://flink2/payments/chk', false],
    ['another kind of store', 'gs://flink/payments/chk', false],
    ['a step up', 's3://flink/payments/../orders/chk', false],
    ['a step up that is encoded', 's3://flink/payments/%2e%2E/orders', false],
    ['a step up that is half encoded', 's3://flink/payments/.%2e/orders', false],
    ['a step up with a backslash', 's3://flink/payments/..\\orders', false],
    ['a line break', 's3://flink/payments/a\n', false],
    ['a path without a store', '/flink/payments/chk', false],
    ['nothing', '', false],
  ];
  for (const [name, location, below] of CASES) {
    test(`${below ? 'is' : 'is not'} ${name}`, () => assert.equal(isBelow(PREFIX, location), below));
  }

  test('files are told by any number of slashes', () => {
    assert.ok(isBelow('file:///state/payments/', 'file:/state/payments/chk-1'));
    assert.ok(isSameLocation('file:///state/a/', 'file:/state/a'));
    assert.ok(!isSameLocation('file:///state/a', 'file:///state/a/b'));
  });
});

describe('for all locations', () => {
  const segment = fc.stringMatching(/^[a-z0-9_=-]{1,6}$/);
  const hostile = fc.oneof(segment, fc.constantFrom('..', '.', '', '%2e%2e', '..%2f', '\\..', '…', 'a b', '%'));
  const path = (part: fc.Arbitrary<string>) => fc.array(part, { maxLength: 6 }).map((parts) => parts.join('/'));

  test('whatever is appended to a prefix, what counts as below it resolves to a place below it', () => {
    fc.assert(
      fc.property(path(segment), path(hostile), (prefix, rest) => {
        const above = `s3://bucket/${prefix}/`;
        const text = `${above}${rest}`;
        if (!isBelow(above, text)) return;
        // The reading of a URL parser, which follows `..`, encoded or not.
        const resolved = new URL(text.replaceAll(/(?<!:)\/+/g, '/').replace('s3:', 'http:')).pathname;
        assert.ok(
          `${resolved}/`.startsWith(new URL(above.replaceAll(/(?<!:)\/+/g, '/').replace('s3:', 'http:')).pathname),
        );
      }),
    );
  });

  test('plain locations below a prefix are below it, and nothing is below a neighbour', () => {
    fc.assert(
      fc.property(path(segment), segment, segment, path(segment), (prefix, a, b, rest) => {
        const above = `s3://bucket/${prefix}/${a}`;
        assert.ok(isBelow(above, `${above}/${rest}`));
        assert.equal(isBelow(above, `s3://bucket/${prefix}/${b}/${rest}`), a === b);
      }),
    );
  });

  test('any text is read or refused, never thrown at', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        const location = parseStateLocation(text);
        assert.ok(location === undefined || location.segments.every((s) => s !== '..' && s !== '.' && s !== ''));
      }),
    );
  });
});
