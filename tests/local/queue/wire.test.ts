import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { createQueue } from '../../../lib/clients/queue/sqs.ts';
import { countMessages, queueOf } from '../../../local/queue/queue-state.ts';
import { createQueueServer, type QueueServer } from '../../../local/queue/wire.ts';
import { virtualWorld } from '../../clients/virtual-world.ts';

const START = Date.parse('2026-01-01T00:00:00Z');
const ENDPOINT = 'http://sqs.local';

type Answer = { readonly Messages?: readonly { readonly Body: string; readonly ReceiptHandle: string }[] };

/** A request's own fields; `queue` names the queue unless it is about to be made. */
type Body = Readonly<Record<string, unknown>> & { readonly queue?: string };

const makeServer = () => {
  let now = START;
  let ids = 0;
  const server = createQueueServer({ now: () => now, uid: () => `id-${(ids += 1)}`, senderOf: (key) => `AROA:${key}` });
  const heard: string[] = [];
  server.onReceivable((queue) => heard.push(queue));
  const call = async (action: string, body: Body, signal?: AbortSignal): Promise<Answer> => {
    const response = await server.fetch(
      new Request(ENDPOINT, {
        method: 'POST',
        headers: { 'x-amz-target': `AmazonSQS.${action}` },
        body: JSON.stringify({
          ...body,
          ...('QueueName' in body ? {} : { QueueUrl: `${ENDPOINT}/0/${body.queue}` }),
        }),
        ...(signal !== undefined && { signal }),
      }),
    );
    const answer: unknown = await response.json();
    assert.equal(response.status, 200, JSON.stringify(answer));
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- tests look at what they expect
    return answer as Answer;
  };
  return {
    server,
    call,
    create: (QueueName: string, Attributes: Record<string, string> = {}) =>
      call('CreateQueue', { QueueName, Attributes }),
    send: (queue: string, MessageBody: string, more: Record<string, unknown> = {}) =>
      call('SendMessage', { queue, MessageBody, ...more }),
    /** What was heard since the last time. */
    heard: () => heard.splice(0),
    /** Seconds until the next change. */
    untilChange: () => {
      const at = server.nextChangeAt();
      return at === undefined ? undefined : (at - now) / 1000;
    },
    pass: (seconds: number) => {
      now += seconds * 1000;
      server.settle();
    },
    jump: (seconds: number) => {
      now += seconds * 1000;
    },
  };
};

/** Lets requests arrive. */
const arrive = async (): Promise<void> => {
  for (let turns = 0; turns < 10; turns += 1) await turn();
};

const bodiesOf = ({ Messages = [] }: Answer): readonly string[] => Messages.map(({ Body }) => Body);

const visibleIn = (server: QueueServer, name: string, at: number): number =>
  countMessages(queueOf(server.state(), name), at).visible;

test('a server with nothing hidden and nobody waiting has no next change', async () => {
  const { create, send, untilChange } = makeServer();
  await create('q');
  assert.equal(untilChange(), undefined);
  await send('q', 'x');
  assert.equal(untilChange(), undefined);
});

test('the next change is the end of a delay, of a visibility or of a long poll, whichever is first', async () => {
  const { create, send, call, untilChange, pass } = makeServer();
  await create('q');
  await send('q', 'x', { DelaySeconds: 40 });
  assert.equal(untilChange(), 40);
  await send('q', 'y');
  await call('ReceiveMessage', { queue: 'q', VisibilityTimeout: 30 });
  assert.equal(untilChange(), 30);
  const waiting = call('ReceiveMessage', { queue: 'q', WaitTimeSeconds: 20 });
  await arrive();
  assert.equal(untilChange(), 20);
  pass(20);
  assert.deepEqual(await waiting, {});
  assert.equal(untilChange(), 10);
});

test('listeners hear of what was sent at once, and of what comes by itself when it is settled', async () => {
  const { create, send, call, heard, pass } = makeServer();
  await create('q');
  heard();
  await send('q', 'x', { DelaySeconds: 5 });
  heard();
  pass(4);
  assert.deepEqual(heard(), []);
  pass(1);
  assert.deepEqual(heard(), ['q']);
  await call('ReceiveMessage', { queue: 'q', VisibilityTimeout: 30 });
  assert.deepEqual(heard(), []);
  pass(30);
  assert.deepEqual(heard(), ['q']);
  pass(100);
  assert.deepEqual(heard(), []);
});

test('listeners hear that a group is free again, and of dead letters', async () => {
  const { create, send, call, heard, pass } = makeServer();
  await create('dead.fifo', { FifoQueue: 'true' });
  const RedrivePolicy = JSON.stringify({ deadLetterTargetArn: 'arn:aws:sqs:x:0:dead.fifo', maxReceiveCount: 1 });
  await create('q.fifo', { FifoQueue: 'true', RedrivePolicy });
  await send('q.fifo', 'a', { MessageGroupId: 'g', MessageDeduplicationId: 'a' });
  await send('q.fifo', 'b', { MessageGroupId: 'g', MessageDeduplicationId: 'b' });
  const { Messages = [] } = await call('ReceiveMessage', { queue: 'q.fifo' });
  heard();
  await call('DeleteMessage', { queue: 'q.fifo', ReceiptHandle: Messages[0]?.ReceiptHandle });
  assert.deepEqual(heard(), ['q.fifo']);
  await call('ReceiveMessage', { queue: 'q.fifo', VisibilityTimeout: 10 });
  pass(10);
  assert.deepEqual(heard(), ['q.fifo']);
  assert.deepEqual(await call('ReceiveMessage', { queue: 'q.fifo' }), {});
  assert.deepEqual(heard(), ['dead.fifo']);
});

test('a listener that stopped hears nothing more', async () => {
  const { server, create, send } = makeServer();
  await create('q');
  const heard: string[] = [];
  const stop = server.onReceivable((queue) => heard.push(queue));
  await send('q', 'x');
  stop();
  await send('q', 'y');
  assert.deepEqual(heard, ['q']);
});

test('of several that wait, the first gets the message and the others go on waiting', async () => {
  const { create, send, call, pass } = makeServer();
  await create('q');
  const first = call('ReceiveMessage', { queue: 'q', WaitTimeSeconds: 20 });
  await arrive();
  const second = call('ReceiveMessage', { queue: 'q', WaitTimeSeconds: 20 });
  await arrive();
  await send('q', 'a');
  assert.deepEqual(bodiesOf(await first), ['a']);
  await send('q', 'b');
  assert.deepEqual(bodiesOf(await second), ['b']);
  pass(20);
});

test('whoever hung up gets no message', async () => {
  const { server, create, send, call } = makeServer();
  await create('q');
  const gone = new AbortController();
  const waiting = call('ReceiveMessage', { queue: 'q', WaitTimeSeconds: 20 }, gone.signal);
  await arrive();
  gone.abort();
  assert.deepEqual(await waiting, {});
  await send('q', 'x');
  assert.equal(visibleIn(server, 'q', START), 1);
  assert.equal(server.nextChangeAt(), undefined);
});

test('a request finds what is due, settled or not, and whoever waited before goes first', async () => {
  const { create, send, call, jump } = makeServer();
  await create('q');
  await send('q', 'x', { DelaySeconds: 5 });
  const waiting = call('ReceiveMessage', { queue: 'q', WaitTimeSeconds: 20 });
  await arrive();
  jump(6);
  assert.deepEqual(await call('ReceiveMessage', { queue: 'q' }), {});
  assert.deepEqual(bodiesOf(await waiting), ['x']);
});

test('whoever waits at a queue that is deleted is told so', async () => {
  const { server, create, call } = makeServer();
  await create('q');
  const waiting = server.fetch(
    new Request(ENDPOINT, {
      method: 'POST',
      headers: { 'x-amz-target': 'AmazonSQS.ReceiveMessage' },
      body: JSON.stringify({ QueueUrl: `${ENDPOINT}/0/q`, WaitTimeSeconds: 20 }),
    }),
  );
  await arrive();
  await call('DeleteQueue', { queue: 'q' });
  assert.equal((await waiting).status, 400);
});

test("our own client's messages lie in the queue with their group, in order, signed by the one who sent them", async () => {
  const { server, create } = makeServer();
  await create('q.fifo', { FifoQueue: 'true' });
  const world = virtualWorld(server.fetch, { AWS_ACCESS_KEY_ID: 'KEY', AWS_SECRET_ACCESS_KEY: 'secret' });
  const queue = createQueue(world.world, { region: 'local', signal: new AbortController().signal });
  const messages = Array.from({ length: 23 }, (_, i) => ({ body: `m-${i}`, groupId: 'payments', dedupId: `d ${i}` }));
  await queue.send(`${ENDPOINT}/0/q.fifo`, messages);
  const lying = queueOf(server.state(), 'q.fifo').messages;
  assert.deepEqual(
    lying.map(({ body, group }) => ({ body, groupId: group })),
    messages.map(({ body, groupId }) => ({ body, groupId })),
  );
  assert.deepEqual([...new Set(lying.map(({ senderId }) => senderId))], ['AROA:KEY']);
});

test('our own client learns that a queue is not there', async () => {
  const { server } = makeServer();
  const world = virtualWorld(server.fetch, { AWS_ACCESS_KEY_ID: 'KEY', AWS_SECRET_ACCESS_KEY: 'secret' });
  const queue = createQueue(world.world, { region: 'local', signal: new AbortController().signal });
  await assert.rejects(queue.send(`${ENDPOINT}/0/none`, [{ body: 'x' }]), { code: 'NotFound' });
});
