import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import type { APIGatewayProxyEventV2 } from 'aws-lambda';
import { z } from 'zod';
import { HeadgateError } from '../../lib/runtime/errors.ts';
import { answerJson, answerWebhook, ifJson, type WebhookRequest } from '../../lib/runtime/webhook.ts';

const sum = (token: string): string => createHash('sha256').update(token).digest('hex');
const log = { info: () => {}, warn: () => {}, error: () => {} };
const options = { tokenSha256: [sum('old-token'), sum('new-token')], log };

const httpEvent = (event: Partial<APIGatewayProxyEventV2> = {}): APIGatewayProxyEventV2 => ({
  version: '2.0',
  routeKey: 'POST /alerts',
  rawPath: '/alerts',
  rawQueryString: '',
  headers: { authorization: 'Bearer new-token' },
  requestContext: {
    accountId: '1',
    apiId: 'a',
    domainName: 'd',
    domainPrefix: 'd',
    http: { method: 'POST', path: '/alerts', protocol: 'HTTP/1.1', sourceIp: '127.0.0.1', userAgent: 'x' },
    requestId: 'r',
    routeKey: 'POST /alerts',
    stage: '$default',
    time: '',
    timeEpoch: 0,
  },
  isBase64Encoded: false,
  ...event,
});

const ok = async (): Promise<ReturnType<typeof answerJson>> => answerJson(202, { queued: [] });
const basic = (pair: string): string => `Basic ${Buffer.from(pair).toString('base64')}`;

const authorizations: Record<string, { readonly authorization?: string; readonly status: number }> = {
  'no token': { status: 401 },
  'an empty token': { authorization: 'Bearer ', status: 401 },
  'a wrong token': { authorization: 'Bearer nope', status: 401 },
  "a token's hash instead of the token": { authorization: `Bearer ${sum('new-token')}`, status: 401 },
  'the token under another scheme': { authorization: 'Token new-token', status: 401 },
  'the token': { authorization: 'Bearer new-token', status: 202 },
  'the token that is being replaced': { authorization: 'bearer  old-token', status: 202 },
  'the token as a password, as browsers send it': { authorization: basic('me:new-token'), status: 202 },
  'a wrong password': { authorization: basic('new-token:me'), status: 401 },
};
for (const [name, { authorization, status }] of Object.entries(authorizations)) {
  test(`${name}: ${status}`, async () => {
    const headers = authorization === undefined ? {} : { authorization };
    const answer = await answerWebhook(httpEvent({ headers }), options, ok);
    assert.equal(answer.statusCode, status);
    if (status === 401) assert.match(String(answer.headers?.['www-authenticate']), /^Bearer/);
  });
}

test('nobody is let in when no token is accepted', async () => {
  const answer = await answerWebhook(
    httpEvent({ headers: { authorization: 'Bearer ' } }),
    { ...options, tokenSha256: [] },
    ok,
  );
  assert.equal(answer.statusCode, 401);
});

test("an unknown sender's body is not looked at", async () => {
  const answer = await answerWebhook(httpEvent({ headers: {}, body: 'x'.repeat(2_000_000) }), options, ok);
  assert.equal(answer.statusCode, 401);
});

test('a request is told with its path, query, headers and decoded body', async () => {
  const seen: WebhookRequest[] = [];
  const body = Buffer.from('grüße').toString('base64');
  const event = httpEvent({ body, isBase64Encoded: true, queryStringParameters: { a: '1' } });
  await answerWebhook(event, options, async (request) => {
    seen.push(request);
    return ok();
  });
  const { headers: _, ...request } = seen[0]!;
  assert.deepEqual(request, { method: 'POST', path: '/alerts', query: { a: '1' }, body: 'grüße' });
});

test('a body over a mebibyte is refused unread, also in base64', async () => {
  const body = 'x'.repeat(1024 * 1024 + 1);
  const plain = await answerWebhook(httpEvent({ body }), options, () => assert.fail('handled'));
  assert.equal(plain.statusCode, 413);
  const encoded = httpEvent({ body: Buffer.from(body).toString('base64'), isBase64Encoded: true });
  assert.equal((await answerWebhook(encoded, options, () => assert.fail('handled'))).statusCode, 413);
});

const Alerts = z.object({ version: z.literal('4') });
const handleAlerts = ifJson(Alerts, async (alerts) => answerJson(202, alerts));

test('JSON of the right shape is handed on, and answered as JSON that nobody keeps', async () => {
  const answer = await answerWebhook(httpEvent({ body: '{"version":"4"}' }), options, handleAlerts);
  assert.deepEqual(answer, {
    statusCode: 202,
    headers: { 'content-type': 'application/json', 'cache-control': 'no-store' },
    body: '{"version":"4"}',
  });
});

for (const body of ['{', '{"version":"5"}', '']) {
  test(`the body ${JSON.stringify(body)} is refused, and told why`, async () => {
    const answer = await answerWebhook(httpEvent({ body }), options, handleAlerts);
    assert.equal(answer.statusCode, 400);
    assert.equal(answer.headers?.['content-type'], 'application/problem+json');
    const problem = z.object({ status: z.literal(400), detail: z.string().min(5) });
    assert.ok(problem.safeParse(JSON.parse(String(answer.body))).success, answer.body);
  });
}

test('what passes by itself is answered 503, so that the sender tries again', async () => {
  const error = new HeadgateError('Throttled', 'slow down', { retryAfterSeconds: 7 });
  const answer = await answerWebhook(httpEvent(), options, () => Promise.reject(error));
  assert.equal(answer.statusCode, 503);
  assert.equal(answer.headers?.['retry-after'], '7');
});

test('any other failure is answered 500 without its words', async () => {
  for (const error of [new Error('secret'), new HeadgateError('Misconfigured', 'secret')]) {
    const answer = await answerWebhook(httpEvent(), options, () => Promise.reject(error));
    assert.equal(answer.statusCode, 500);
    assert.doesNotMatch(String(answer.body), /secret/);
  }
});
