import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createDirectSend } from '../../../lib/clients/flink/direct.ts';
import type { SendToFlink } from '../../../lib/clients/flink/rest.ts';
import { json, socketError, wire, type Script, type Wire } from '../wire.ts';

const direct = (script: Script): Wire & { readonly send: SendToFlink } => {
  const there = wire(script);
  const { signal } = new AbortController();
  return { ...there, send: createDirectSend(there.world, 'http://jobs-rest.payments:8081/', { signal }) };
};

describe('a JobManager reached at its own address', () => {
  test('gets path, query and JSON body as they were given', async () => {
    const { send, sent } = direct(() => json({}, 202));
    const answer = await send({ method: 'PATCH', path: '/jobs/a', query: { mode: 'cancel' }, body: { b: 1 } });
    assert.deepEqual(answer, { status: 202, body: {} });
    const { method, path, query, body, headers } = sent[0]!;
    assert.deepEqual([method, path, query, body], ['PATCH', '/jobs/a', { mode: 'cancel' }, { b: 1 }]);
    assert.equal(headers.get('content-type'), 'application/json');
  });

  test('names of metrics with brackets and blanks arrive as they are', async () => {
    const { send, sent } = direct(() => json([]));
    await send({ method: 'GET', path: '/m', query: { get: 'Source__orders[1].numRecordsOut,a b' } });
    assert.deepEqual(sent[0]!.query, { get: 'Source__orders[1].numRecordsOut,a b' });
  });

  test('may answer with text, or nothing', async () => {
    assert.deepEqual(await direct(() => new Response('busy', { status: 503 })).send({ method: 'GET', path: '/' }), {
      status: 503,
      body: 'busy',
    });
    assert.deepEqual(await direct(() => new Response(null, { status: 200 })).send({ method: 'GET', path: '/' }), {
      status: 200,
      body: {},
    });
  });

  test('and is Unavailable when the line breaks, or its JSON does', async () => {
    await assert.rejects(direct(() => socketError('ECONNRESET')).send({ method: 'GET', path: '/' }), {
      code: 'Unavailable',
    });
    await assert.rejects(direct(() => new Response('{"jobs":[')).send({ method: 'GET', path: '/' }), {
      code: 'Unavailable',
    });
  });

  test('that stays silent is given up after ten seconds', async () => {
    const { send, elapsed } = direct(() => 'silence');
    await assert.rejects(send({ method: 'GET', path: '/jobs/overview' }), { code: 'Unavailable' });
    assert.equal(elapsed(), 10_000);
  });
});
