import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseRequest, requestKey, type RejectionReason } from '../../lib/tenant/parse-request.ts';
import { tenantSpec } from './samples.ts';

const NOW = Date.parse('2026-03-01T12:00:00Z');
const event = (changes: Record<string, unknown> = {}) => ({
  specversion: '1.0',
  id: '1',
  source: '/ci',
  type: 'dev.headgate.job.scale.v1',
  subject: 'payments',
  time: '2026-03-01T11:59:00Z',
  datacontenttype: 'application/json',
  data: { job: 'clicks', bounds: { maxParallelism: 8 } },
  ...changes,
});
const parse = (body: unknown, group = 'payments') =>
  parseRequest({ body, group, sender: 'sqs:AROAPAYMENTS', now: NOW, maxAgeSeconds: 86_400 });
const nested = (depth: number): string => `${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`;

describe('a request that can be read', () => {
  it('gives its verb, its data and its ledger entry', () => {
    const read = parse(JSON.stringify(event()));
    assert.ok(read.ok);
    assert.equal(read.type, 'dev.headgate.job.scale.v1');
    assert.deepEqual(read.data, { job: 'clicks', bounds: { maxParallelism: 8 } });
    assert.deepEqual(read.spec, {
      id: '1',
      source: '/ci',
      type: 'dev.headgate.job.scale.v1',
      tenant: 'payments',
      time: '2026-03-01T11:59:00Z',
      sender: 'sqs:AROAPAYMENTS',
      data: { job: 'clicks', bounds: { maxParallelism: 8 } },
    });
  });

  it('may come as an object', () => {
    assert.equal(parse(event()).ok, true);
  });

  it('may carry extension attributes, as CloudEvents do', () => {
    assert.equal(parse(event({ traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01' })).ok, true);
  });

  it('may be a little ahead of our clock', () => {
    assert.equal(parse(event({ time: '2026-03-01T12:04:59Z' })).ok, true);
  });

  it('has a key that is a name in Kubernetes and follows from source and id', () => {
    const read = parse(event());
    assert.ok(read.ok);
    assert.match(read.key, /^r-[0-9a-f]{40}$/);
    assert.equal(read.key, requestKey('/ci', '1'));
    assert.notEqual(requestKey('/ci', '1'), requestKey('/c', 'i1'));
    assert.notEqual(requestKey('/ci', '1'), requestKey('/ci', '2'));
  });

  it('has defaults filled in', () => {
    const read = parse(event({ type: 'dev.headgate.tenant.apply.v1', data: tenantSpec() }));
    assert.ok(read.ok && read.type === 'dev.headgate.tenant.apply.v1');
    assert.equal(read.data.pool, 'default');
  });
});

const REJECTED: readonly (readonly [sentence: string, body: unknown, reason: RejectionReason, problem: RegExp])[] = [
  ['text that is no JSON', '{', 'Malformed', /^body: is no JSON$/],
  ['an empty body', '', 'Malformed', /^body: is no JSON$/],
  ['a body that is missing', undefined, 'Malformed', /^body: is no JSON object$/],
  ['an array', JSON.stringify([event()]), 'Malformed', /^body: is no JSON object$/],
  ['null', 'null', 'Malformed', /^body: is no JSON object$/],
  ['a number', '7', 'Malformed', /^body: is no JSON object$/],
  ['text beyond 256 KiB, before it is parsed', `{${' '.repeat(256 * 1024)}`, 'TooLarge', /larger than 256 KiB/],
  ['an object beyond 256 KiB', event({ padding: 'x'.repeat(256 * 1024) }), 'TooLarge', /larger than 256 KiB/],
  ['deep nesting', nested(20_000), 'Malformed', /nests deeper than 40 levels/],
  ['nesting that is only just too deep', nested(41), 'Malformed', /nests deeper than 40 levels/],
  ['a __proto__ field', '{"__proto__": {"admin": true}}', 'Malformed', /a field named __proto__/],
  [
    'a constructor field far down',
    JSON.stringify(event({ data: { a: [{ constructor: {} }] } })),
    'Malformed',
    /constructor/,
  ],
  ['an object that is no JSON', event({ data: { bounds: 1n } }), 'Malformed', /holds a bigint/],
  ['no specversion', event({ specversion: undefined }), 'Malformed', /^specversion: /],
  ['another specversion', event({ specversion: '0.3' }), 'UnknownVersion', /^specversion: "0.3" is not 1.0$/],
  ['a verb that we do not have', event({ type: 'dev.headgate.job.explode.v1' }), 'UnknownType', /^type: /],
  ['a type that is a property of every object', event({ type: 'toString' }), 'UnknownType', /^type: /],
  ['a newer version of a verb', event({ type: 'dev.headgate.job.scale.v2' }), 'UnknownVersion', /^type: /],
  ['an empty type', event({ type: '' }), 'UnknownType', /^type: /],
  ['another tenant than the one addressed', event({ subject: 'fraud' }), 'Mismatch', /^subject: "fraud" is not/],
  ['a request from too long ago', event({ time: '2026-02-28T11:59:59Z' }), 'Expired', /^time: /],
  ['a request from the future', event({ time: '2026-03-01T12:05:01Z' }), 'FromTheFuture', /^time: /],
  ['a time that is none', event({ time: 'yesterday' }), 'Malformed', /^time: /],
  [
    'data that does not fit the verb',
    event({ data: { job: 'Clicks!' } }),
    'Malformed',
    /^data\.job: must be a DNS label/,
  ],
  [
    'a misspelt field',
    event({ data: { job: 'clicks', bounds: { maxParalelism: 8 } } }),
    'Malformed',
    /^data\.bounds\.maxParalelism: unknown field$/,
  ],
  [
    'nested Flink configuration',
    event({
      type: 'dev.headgate.job.submit.v1',
      data: {
        job: 'clicks',
        spec: {
          image: 'flink',
          flinkVersion: 'v1_18',
          flinkConfiguration: { kubernetes: { namespace: 'fraud' } },
          jobManager: { resource: { cpu: 1, memory: '1g' } },
          taskManager: { resource: { cpu: 1, memory: '1g' } },
          job: { parallelism: 1 },
        },
      },
    }),
    'Malformed',
    /^data\.spec\.flinkConfiguration\.kubernetes: /,
  ],
];

describe('a request is rejected for', () => {
  for (const [sentence, body, reason, problem] of REJECTED) {
    it(sentence, () => {
      const read = parse(body);
      assert.ok(!read.ok);
      assert.equal(read.reason, reason, read.problems.join('; '));
      assert.ok(
        read.problems.some((p) => problem.test(p)),
        read.problems.join('; '),
      );
    });
  }

  it('a group that can be no tenant', () => {
    const read = parse(event({ subject: 'Payments' }), 'Payments');
    assert.ok(!read.ok);
    assert.equal(read.reason, 'Mismatch');
    assert.equal(read.tenant, undefined);
  });

  it('an object that repeats itself without end', () => {
    const knot: Record<string, unknown> = {};
    Object.assign(knot, { a: knot, b: knot });
    assert.equal(parse(knot).ok, false);
  });
});

describe('a rejection', () => {
  it('tells everything that is wrong at once', () => {
    const read = parse(
      event({
        source: '',
        subject: 'fraud',
        time: '2020-01-01T00:00:00Z',
        data: { job: 'A', bounds: { minParallelism: 0 }, x: 1 },
      }),
    );
    assert.ok(!read.ok);
    assert.deepEqual(
      read.problems.map((p) => p.split(':')[0]),
      ['source', 'data.job', 'data.bounds.minParallelism', 'subject', 'time'],
    );
  });

  it('names the key and the tenant as far as they can be read, so that it is written where the sender looks', () => {
    const read = parse(event({ type: 'nonsense' }));
    assert.ok(!read.ok);
    assert.equal(read.key, requestKey('/ci', '1'));
    assert.equal(read.tenant, 'payments');
  });

  it('stays short when thousands of things are wrong', () => {
    const fields = Object.fromEntries(Array.from({ length: 5000 }, (_, i) => [`f${i}`, 1]));
    const read = parse(event({ data: { job: 'clicks', bounds: fields } }));
    assert.ok(!read.ok);
    assert.equal(read.problems.length, 51);
    assert.equal(read.problems.at(-1), 'and 4950 more');
  });
});
