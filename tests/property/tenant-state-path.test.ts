import assert from 'node:assert/strict';
import { posix } from 'node:path';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { isBelow, pathProblem, prefixesOverlap } from '../../lib/tenant/state-path.ts';

/** Pieces that paths out of a prefix are made of, and some ordinary ones. */
const PIECES =
  '.. . / // \\ %2e %2E%2e %2f %252e %5c ． \u0000 \n # ? ; @ : ..; s3:// file:/// payments fraud b.c ... day=1 ~ *'.split(
    ' ',
  );
const hostile = fc
  .array(fc.oneof(fc.constantFrom(...PIECES, ' '), fc.string({ maxLength: 3 })), { maxLength: 12 })
  .map((pieces) => pieces.join(''));
const PREFIX = 's3://flink/payments/';

/** What the most obliging reader could make of a path: decodes again and again, and takes both kinds of slashes. */
const mostObliging = (uri: string): string => {
  let text = uri.slice('s3://flink'.length);
  for (let round = 0; round < 5; round++) {
    try {
      text = decodeURIComponent(text);
    } catch {
      break;
    }
  }
  return `${posix.normalize(text.normalize('NFKC').replaceAll('\\', '/'))}/`;
};

test('no path that counts as below a prefix leads out of it, whoever reads it', () => {
  fc.assert(
    fc.property(hostile, (rest) => {
      const uri = `${PREFIX}${rest}`;
      if (isBelow(PREFIX, uri)) assert.ok(mostObliging(uri).startsWith('/payments/'), uri);
    }),
    { numRuns: 20_000 },
  );
});

test('nothing that does not begin with the prefix is below it', () => {
  fc.assert(
    fc.property(fc.oneof(hostile, fc.string(), fc.webUrl()), (uri) => {
      if (isBelow(PREFIX, uri)) assert.ok(`${uri}/`.startsWith(PREFIX), uri);
    }),
  );
});

test('a path in normal form stays as it is when it is normalized', () => {
  fc.assert(
    fc.property(hostile, (rest) => {
      const path = `/${rest}`;
      if (pathProblem(`s3://flink${path}`) === undefined) assert.equal(posix.normalize(path), path);
    }),
  );
});

test('ordinary paths below a prefix are taken', () => {
  const segment = fc.stringMatching(/^[A-Za-z0-9_=-][A-Za-z0-9._=-]{0,12}$/);
  fc.assert(
    fc.property(fc.array(segment, { minLength: 1, maxLength: 6 }), (segments) =>
      isBelow(PREFIX, `${PREFIX}${segments.join('/')}`),
    ),
  );
});

test('when two prefixes do not overlap, nothing is below both', () => {
  const prefix = fc
    .array(fc.constantFrom('a', 'b', 'ab'), { maxLength: 3 })
    .map((segments) => `s3://flink/${segments.map((segment) => `${segment}/`).join('')}`);
  fc.assert(
    fc.property(prefix, prefix, prefix, (a, b, uri) => {
      if (!prefixesOverlap(a, b)) assert.ok(!(isBelow(a, uri) && isBelow(b, uri)));
    }),
  );
});
