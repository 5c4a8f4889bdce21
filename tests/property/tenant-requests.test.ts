import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { VERBS } from '../../events/tenant-request.ts';
import { parseRequest, requestKey } from '../../lib/tenant/parse-request.ts';
import { nonceOf } from '../../lib/tenant/plan-wish.ts';

const NOW = Date.parse('2026-03-01T12:00:00Z');
const parse = (body: unknown, group = 'payments') =>
  parseRequest({ body, group, sender: 'sqs:AROAPAYMENTS', now: NOW, maxAgeSeconds: 86_400 });

/** Anything with fields like those of a request, right or wrong. */
const almost = fc.record(
  {
    specversion: fc.oneof(fc.constant('1.0'), fc.anything()),
    id: fc.oneof(fc.string({ minLength: 1 }), fc.anything()),
    source: fc.oneof(fc.string({ minLength: 1 }), fc.anything()),
    type: fc.oneof(fc.constantFrom(...Object.keys(VERBS)), fc.string(), fc.anything()),
    subject: fc.oneof(fc.constant('payments'), fc.anything()),
    time: fc.oneof(fc.constant('2026-03-01T11:59:00Z'), fc.string(), fc.anything()),
    data: fc.oneof(fc.constant({ job: 'clicks' }), fc.dictionary(fc.string(), fc.anything()), fc.anything()),
  },
  { requiredKeys: [] },
);

const judge = (body: unknown, group?: string): void => {
  const read = parse(body, group);
  if (read.ok) {
    assert.equal(read.event.subject, 'payments');
    assert.equal(read.spec.tenant, 'payments');
  } else {
    assert.ok(read.problems.length > 0 && read.problems.length <= 51);
    assert.ok(
      read.problems.every((p) => p.length < 2000 && /^.+: .+$/.test(p)),
      read.problems.join('\n'),
    );
  }
};

test('any text is read or rejected with a reason, never thrown at', () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.json(),
        almost.map((a) => JSON.stringify(a, noBigInt)),
      ),
      (text) => judge(text),
    ),
  );
});

test('any value is read or rejected with a reason, never thrown at', () => {
  const anything = fc.anything({
    withBigInt: true,
    withDate: true,
    withMap: true,
    withNullPrototype: true,
    withSparseArray: true,
  });
  fc.assert(
    fc.property(fc.oneof(anything, almost), (value) => judge(value)),
    { numRuns: 2000 },
  );
});

test('a request for one tenant is never read as one for another', () => {
  fc.assert(
    fc.property(almost, fc.oneof(fc.constant('fraud'), fc.string()), (value, group) => {
      fc.pre(group !== 'payments');
      const read = parse({ ...value, subject: 'payments' }, group);
      assert.equal(read.ok, false);
    }),
  );
});

test('keys are names in Kubernetes, and differ when source or id do', () => {
  fc.assert(
    fc.property(fc.string(), fc.string(), fc.string(), fc.string(), (source, id, source2, id2) => {
      const key = requestKey(source, id);
      assert.match(key, /^r-[0-9a-f]{40}$/);
      assert.equal(key === requestKey(source2, id2), source === source2 && id === id2);
    }),
  );
});

test('nonces are positive 31-bit integers', () => {
  fc.assert(
    fc.property(fc.string(), (key) => {
      const nonce = nonceOf(key);
      return Number.isInteger(nonce) && nonce > 0 && nonce < 2 ** 31;
    }),
  );
});

const noBigInt = (_key: string, value: unknown): unknown => (typeof value === 'bigint' ? String(value) : value);
