import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import fc from 'fast-check';
import { z } from 'zod';
import { createQueue, type Queue } from '../../../lib/clients/queue/sqs.ts';
import { json, socketError, wire, type Script, type Sent, type Wire } from '../wire.ts';

const URL = 'https://sqs.eu-west-1.amazonaws.com/123456789012/work.fifo';
const ENV = { AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE', AWS_SECRET_ACCESS_KEY: 'secret', AWS_SESSION_TOKEN: 'session' };

const open = (script: Script, signal = new AbortController().signal): Wire & { readonly queue: Queue } => {
  const it = wire(script, ENV);
  return { ...it, queue: createQueue(it.world, { region: 'eu-west-1', signal }) };
};

const Batch = z.object({
  QueueUrl: z.string(),
  Entries: z.array(
    z.object({
      Id: z.string(),
      MessageBody: z.string(),
      MessageGroupId: z.string().optional(),
      MessageDeduplicationId: z.string().optional(),
      DelaySeconds: z.number().optional(),
    }),
  ),
});
const entriesOf = (request: Sent | undefined) => Batch.parse(request?.body).Entries;

type Refusal = { readonly SenderFault: boolean; readonly Code: string };

/** Takes every message but those that `refuse` names by their body. */
const takes =
  (refuse: (body: string, call: number) => Refusal | undefined = () => undefined): Script =>
  (request, number) => {
    const Successful = [];
    const Failed = [];
    for (const { Id, MessageBody } of entriesOf(request)) {
      const refusal = refuse(MessageBody, number);
      if (refusal !== undefined) Failed.push({ Id, Message: `about ${MessageBody}`, ...refusal });
      else {
        const MD5OfMessageBody = createHash('md5').update(MessageBody).digest('hex');
        Successful.push({ Id, MessageId: `m-${Id}`, MD5OfMessageBody });
      }
    }
    return json({ Successful, Failed });
  };

const failure = (type: string, status: number): Response =>
  json({ __type: `com.amazonaws.sqs#${type}`, message: type }, status);

test("a message goes out with its group, its dedup id and our signature at the world's time", async () => {
  const { queue, sent } = open(takes());
  await queue.send(URL, [{ body: 'look', groupId: 'payments', dedupId: 'tick-1' }]);
  assert.equal(sent.length, 1);
  assert.equal(sent[0]?.method, 'POST');
  assert.equal(sent[0]?.headers.get('x-amz-target'), 'AmazonSQS.SendMessageBatch');
  assert.equal(sent[0]?.headers.get('x-amz-date'), '20260101T000000Z');
  assert.match(
    String(sent[0]?.headers.get('authorization')),
    /^AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE\/20260101\/eu-west-1\/sqs\/aws4_request, SignedHeaders=.*, Signature=[\da-f]{64}$/,
  );
  assert.equal(sent[0]?.headers.get('x-amz-security-token'), 'session');
  assert.deepEqual(entriesOf(sent[0]), [
    { Id: '0', MessageBody: 'look', MessageGroupId: 'payments', MessageDeduplicationId: 'tick-1' },
  ]);
});

test('the same call in the same world is the same request, byte for byte', async () => {
  const headers = await Promise.all(
    [1, 2].map(async () => {
      const { queue, sent } = open(takes());
      await queue.send(URL, [{ body: 'look', groupId: 'a', dedupId: 'b' }]);
      return [...(sent[0]?.headers ?? [])];
    }),
  );
  assert.deepEqual(headers[0], headers[1]);
});

test('a delay goes to a standard queue', async () => {
  const { queue, sent } = open(takes());
  await queue.send(URL, [{ body: 'look', delaySeconds: 30 }]);
  assert.deepEqual(entriesOf(sent[0]), [{ Id: '0', MessageBody: 'look', DelaySeconds: 30 }]);
});

test('nothing to send is not sent', async () => {
  const { queue, sent } = open(takes());
  await queue.send(URL, []);
  assert.equal(sent.length, 0);
});

test('many messages go out in order, ten at a time', async () => {
  const { queue, sent } = open(takes());
  await queue.send(
    URL,
    Array.from({ length: 23 }, (_, n) => ({ body: String(n) })),
  );
  assert.deepEqual(
    sent.map((s) => entriesOf(s).map((e) => Number(e.MessageBody))),
    [
      [0, 1, 2, 3, 4, 5, 6, 7, 8, 9],
      [10, 11, 12, 13, 14, 15, 16, 17, 18, 19],
      [20, 21, 22],
    ],
  );
});

test('large messages share no batch that would be too large', async () => {
  const { queue, sent } = open(takes());
  await queue.send(URL, [{ body: 'a'.repeat(200_000) }, { body: 'b'.repeat(60_000) }, { body: 'ü'.repeat(60_000) }]);
  assert.deepEqual(
    sent.map((s) => entriesOf(s).length),
    [2, 1],
  );
});

test('whatever their sizes, all go out in order, in batches that SQS takes', async () => {
  const sizes = fc.array(fc.oneof(fc.nat(100), fc.nat(262_144)), { maxLength: 30 });
  await fc.assert(
    fc.asyncProperty(sizes, async (lengths) => {
      const { queue, sent } = open(takes());
      const bodies = lengths.map((length, n) => String(n).padEnd(length, 'x').slice(0, 262_144));
      await queue.send(
        URL,
        bodies.map((body) => ({ body })),
      );
      const batches = sent.map((s) => entriesOf(s).map((e) => e.MessageBody));
      assert.deepEqual(batches.flat(), bodies);
      assert.ok(batches.every((b) => b.length <= 10 && b.join('').length <= 262_144));
    }),
    { numRuns: 30 },
  );
});

test('a message that no queue would take is refused before anything is sent', async () => {
  const { queue, sent } = open(takes());
  await assert.rejects(queue.send(URL, [{ body: 'a' }, { body: 'ü'.repeat(131_073) }]), { code: 'Invalid' });
  assert.equal(sent.length, 0);
});

test('a dedup id that SQS would refuse is replaced by its hash', async () => {
  const { queue, sent } = open(takes());
  const long = 'x'.repeat(129);
  await queue.send(URL, [
    { body: '1', dedupId: long },
    { body: '2', dedupId: 'für' },
    { body: '3', dedupId: 'ok:1/2' },
  ]);
  assert.deepEqual(
    entriesOf(sent[0]).map((e) => e.MessageDeduplicationId),
    [long, 'für'].map((id) => createHash('sha256').update(id).digest('hex')).concat('ok:1/2'),
  );
});

test('only what the queue could not take is sent again', async () => {
  const busy = { SenderFault: false, Code: 'InternalError' };
  const { queue, sent, elapsed } = open(takes((body, call) => (call === 1 && body !== 'a' ? busy : undefined)));
  await queue.send(URL, [{ body: 'a' }, { body: 'b' }, { body: 'c' }]);
  assert.deepEqual(
    sent.map((s) => entriesOf(s).map((e) => e.MessageBody)),
    [
      ['a', 'b', 'c'],
      ['b', 'c'],
    ],
  );
  assert.equal(elapsed(), 100);
});

test('a message that is refused for good does not keep the others, and is named in the end', async () => {
  const bad = { SenderFault: true, Code: 'InvalidMessageContents' };
  const { queue, sent } = open(takes((body) => (body === '3' ? bad : undefined)));
  const messages = Array.from({ length: 12 }, (_, n) => ({ body: String(n) }));
  await assert.rejects(queue.send(URL, messages), { code: 'Invalid', message: /InvalidMessageContents: about 3/ });
  assert.deepEqual(
    sent.map((s) => entriesOf(s).length),
    [10, 2],
  );
});

test('a throttled, a failed and a broken call are repeated', async () => {
  const script: Script = (request, n) =>
    [failure('RequestThrottled', 400), failure('InternalFailure', 500), socketError('ECONNRESET')][n - 1] ??
    takes()(request, n);
  const { queue, sent } = open(script);
  await queue.send(URL, [{ body: 'a' }]);
  assert.equal(sent.length, 4);
});

test('a queue that stays away is given up after five attempts', async () => {
  const { queue, sent } = open(() => failure('ServiceUnavailable', 503));
  await assert.rejects(queue.send(URL, [{ body: 'a' }]), { code: 'Unavailable' });
  assert.equal(sent.length, 5);
});

test('silence ends at the time limit', async () => {
  const { queue, elapsed } = open((request, n) => (n === 1 ? 'silence' : takes()(request, n)));
  await queue.send(URL, [{ body: 'a' }]);
  assert.equal(elapsed(), 5_000 + 100);
});

const refusals: Record<string, { readonly answer: Response; readonly code: string }> = {
  'access is denied': { answer: failure('AccessDenied', 403), code: 'Forbidden' },
  'the queue does not exist': { answer: failure('QueueDoesNotExist', 400), code: 'NotFound' },
  'the request makes no sense': { answer: failure('InvalidAttributeValue', 400), code: 'Invalid' },
};
for (const [name, { answer, code }] of Object.entries(refusals)) {
  test(`is not repeated when ${name}`, async () => {
    const { queue, sent } = open(() => answer);
    await assert.rejects(queue.send(URL, [{ body: 'a' }]), { name: 'HeadgateError', code });
    assert.equal(sent.length, 1);
  });
}

test("the invocation's end ends it", async () => {
  const { queue, sent } = open(takes(), AbortSignal.abort());
  await assert.rejects(queue.send(URL, [{ body: 'a' }]), { code: 'DeadlineExceeded' });
  assert.equal(sent.length, 0);
});
