import assert from 'node:assert/strict';
import { contract, inGroup, labelled, refusal, standInOnly, timed, type ContractCase } from '../contract.ts';

export const FIFO_CASES: readonly ContractCase[] = [
  contract('messages of a group are received in the order in which they were sent', async ({ fifo }) => {
    const queue = await fifo();
    await queue.sendBatch(inGroup('g', 'a', 'b', 'c'));
    await queue.send('d', labelled('g', 'd'));
    assert.deepEqual(await queue.bodies(), ['a', 'b', 'c', 'd']);
  }),

  contract('several messages of one group come in one batch, as many as were asked for', async ({ fifo }) => {
    const queue = await fifo();
    await queue.sendBatch(inGroup('g', 'a', 'b', 'c'));
    assert.deepEqual(await queue.bodies({ MaxNumberOfMessages: 2 }), ['a', 'b']);
  }),

  contract('while a message of a group is in flight, nothing more of that group is received', async ({ fifo }) => {
    const queue = await fifo();
    await queue.sendBatch(inGroup('g', 'a', 'b'));
    assert.deepEqual(await queue.bodies({ MaxNumberOfMessages: 1 }), ['a']);
    assert.deepEqual(await queue.bodies(), []);
  }),

  contract('other groups are received while one waits for its message in flight', async ({ fifo }) => {
    const queue = await fifo();
    await queue.sendBatch([...inGroup('g', 'a', 'b'), ...inGroup('h', 'c')]);
    assert.deepEqual(await queue.bodies({ MaxNumberOfMessages: 1 }), ['a']);
    assert.deepEqual(await queue.bodies(), ['c']);
  }),

  contract('a message that is sent to a group in flight waits', async ({ fifo }) => {
    const queue = await fifo();
    await queue.send('a', labelled('g', 'a'));
    const [first] = await queue.receive();
    await queue.send('b', labelled('g', 'b'));
    assert.deepEqual(await queue.bodies(), []);
    await queue.delete(first);
    assert.deepEqual(await queue.bodies(), ['b']);
  }),

  contract('a group goes on when its messages in flight are deleted', async ({ fifo }) => {
    const queue = await fifo();
    await queue.sendBatch(inGroup('g', 'a', 'b', 'c'));
    const [first, second] = await queue.receive({ MaxNumberOfMessages: 2 });
    await queue.delete(first);
    assert.deepEqual(await queue.bodies(), []);
    await queue.delete(second);
    assert.deepEqual(await queue.bodies(), ['c']);
  }),

  timed(2, 'a message that was not deleted comes again before those behind it', async ({ fifo, pass }) => {
    const queue = await fifo({ VisibilityTimeout: '1' });
    await queue.sendBatch(inGroup('g', 'a', 'b', 'c'));
    const [first] = await queue.receive({ MaxNumberOfMessages: 2 });
    await queue.delete(first);
    await pass(1.2);
    assert.deepEqual(await queue.bodies(), ['b', 'c']);
  }),

  contract('a message that is given back holds up its group until it is handled', async ({ fifo }) => {
    const queue = await fifo();
    await queue.sendBatch(inGroup('g', 'a', 'b'));
    const [first] = await queue.receive({ MaxNumberOfMessages: 1 });
    await queue.hide(first, 0);
    assert.deepEqual(await queue.bodies({ MaxNumberOfMessages: 1 }), ['a']);
    assert.deepEqual(await queue.bodies({ MaxNumberOfMessages: 1 }), []);
  }),

  standInOnly(
    'ElasticMQ gives it out beside the other; the developer guide says that a group waits for all its messages in flight',
    'a message given back waits while another of its batch is in flight',
    async ({ fifo }) => {
      const queue = await fifo();
      await queue.sendBatch(inGroup('g', 'a', 'b'));
      const [first, second] = await queue.receive();
      await queue.hide(first, 0);
      assert.deepEqual(await queue.bodies(), []);
      await queue.hide(second, 0);
      assert.deepEqual(await queue.bodies(), ['a', 'b']);
    },
  ),

  contract('a message with a deduplication id that was seen is accepted and dropped', async ({ fifo }) => {
    const queue = await fifo();
    const first = await queue.send('first', labelled('g', 'same'));
    const second = await queue.send('second', labelled('g', 'same'));
    assert.equal(second.MessageId, first.MessageId);
    assert.deepEqual(await queue.bodies(), ['first']);
  }),

  contract('within one batch, too, the second of two equal deduplication ids is dropped', async ({ fifo }) => {
    const queue = await fifo();
    const [entry] = inGroup('g', 'a');
    const { Successful } = await queue.sendBatch([entry!, { ...entry, Id: 'b', MessageBody: 'b' }]);
    assert.equal(Successful?.length, 2);
    assert.deepEqual(await queue.bodies(), ['a']);
  }),

  contract('a deduplication id is remembered after its message was deleted', async ({ fifo }) => {
    const queue = await fifo();
    await queue.send('first', labelled('g', 'same'));
    await queue.delete((await queue.receive())[0]);
    await queue.send('second', labelled('g', 'same'));
    assert.deepEqual(await queue.bodies(), []);
  }),

  standInOnly(
    'it takes five minutes',
    'a deduplication id is forgotten five minutes after it was first seen',
    async ({ fifo, pass }) => {
      const queue = await fifo();
      await queue.send('first', labelled('g', 'same'));
      await queue.delete((await queue.receive())[0]);
      await pass(299);
      await queue.send('too early', labelled('g', 'same'));
      assert.deepEqual(await queue.bodies(), []);
      await pass(1);
      await queue.send('second', labelled('g', 'same'));
      assert.deepEqual(await queue.bodies(), ['second']);
    },
  ),

  contract('deduplication is by queue unless told otherwise', async ({ fifo }) => {
    const queue = await fifo();
    await queue.send('first', labelled('g', 'same'));
    await queue.send('second', labelled('h', 'same'));
    assert.deepEqual(await queue.bodies(), ['first']);
  }),

  standInOnly(
    'ElasticMQ has one scope, the queue',
    'with the message group as scope, another group may use the same deduplication id',
    async ({ fifo }) => {
      const queue = await fifo({ DeduplicationScope: 'messageGroup', FifoThroughputLimit: 'perMessageGroupId' });
      await queue.send('first', labelled('g', 'same'));
      await queue.send('second', labelled('h', 'same'));
      await queue.send('third', labelled('g', 'same'));
      assert.deepEqual((await queue.bodies()).toSorted(), ['first', 'second']);
    },
  ),

  contract('content-based deduplication goes by the body', async ({ fifo }) => {
    const queue = await fifo({ ContentBasedDeduplication: 'true' });
    await queue.send('same', { MessageGroupId: 'g' });
    await queue.send('same', { MessageGroupId: 'g' });
    await queue.send('other', { MessageGroupId: 'g' });
    assert.deepEqual(await queue.bodies(), ['same', 'other']);
  }),

  contract('a deduplication id of its own goes before the content', async ({ fifo }) => {
    const queue = await fifo({ ContentBasedDeduplication: 'true' });
    await queue.send('same', labelled('g', '1'));
    await queue.send('same', labelled('g', '2'));
    assert.deepEqual(await queue.bodies(), ['same', 'same']);
  }),

  contract('a message says its group, deduplication id and sequence number', async ({ fifo }) => {
    const queue = await fifo();
    const sent = await queue.send('a', labelled('g', 'd'));
    const [message] = await queue.receive();
    const { MessageGroupId, MessageDeduplicationId, SequenceNumber } = message?.Attributes ?? {};
    assert.deepEqual({ MessageGroupId, MessageDeduplicationId }, { MessageGroupId: 'g', MessageDeduplicationId: 'd' });
    assert.equal(SequenceNumber, sent.SequenceNumber);
  }),

  contract('sequence numbers grow', async ({ fifo }) => {
    const queue = await fifo();
    const first = await queue.send('a', labelled('g', 'a'));
    const second = await queue.send('b', labelled('g', 'b'));
    assert.ok(BigInt(second.SequenceNumber ?? 0) > BigInt(first.SequenceNumber ?? 0));
  }),

  contract('a message without a group is refused', async ({ fifo }) => {
    const queue = await fifo();
    assert.match((await refusal(queue.send('x', { MessageDeduplicationId: 'd' }))).name, /MissingParameter/);
  }),

  contract('a message without a deduplication id is refused unless its content counts', async ({ fifo }) => {
    const queue = await fifo();
    assert.match((await refusal(queue.send('x', { MessageGroupId: 'g' }))).name, /InvalidParameterValue/);
  }),

  contract('a group of more than 128 characters is refused', async ({ fifo }) => {
    const queue = await fifo();
    assert.match((await refusal(queue.send('x', labelled('g'.repeat(129), 'd')))).name, /InvalidParameterValue/);
  }),

  contract('a delay of one message is refused', async ({ fifo }) => {
    const queue = await fifo();
    const refused = await refusal(queue.send('x', { ...labelled('g', 'd'), DelaySeconds: 5 }));
    assert.match(refused.name, /InvalidParameterValue/);
  }),

  timed(5, "a queue's delay holds for all its messages", async ({ fifo, pass }) => {
    const queue = await fifo({ DelaySeconds: '4' });
    await queue.sendBatch(inGroup('g', 'a', 'b'));
    assert.deepEqual(await queue.bodies(), []);
    await pass(4.2);
    assert.deepEqual(await queue.bodies(), ['a', 'b']);
  }),

  standInOnly(
    'ElasticMQ deletes the message all the same',
    'an expired receipt handle is refused',
    async ({ fifo, pass }) => {
      const queue = await fifo();
      await queue.send('a', labelled('g', 'a'));
      const [message] = await queue.receive({ VisibilityTimeout: 1 });
      await pass(1.2);
      assert.match((await refusal(queue.delete(message))).name, /InvalidParameterValue/);
      assert.deepEqual(await queue.bodies(), ['a']);
    },
  ),

  timed(1, 'a waiting receive goes on when its group is free again', async ({ fifo, pass }) => {
    const queue = await fifo();
    await queue.sendBatch(inGroup('g', 'a', 'b'));
    const [first] = await queue.receive({ MaxNumberOfMessages: 1 });
    const waiting = queue.bodies({ WaitTimeSeconds: 20 });
    await pass(0.5);
    await queue.delete(first);
    assert.deepEqual(await waiting, ['b']);
  }),

  contract('a receive takes as many as it can of the group whose message is the oldest', async ({ fifo }) => {
    const queue = await fifo();
    await queue.sendBatch([...inGroup('g', 'a'), ...inGroup('h', 'x'), ...inGroup('g', 'b')]);
    assert.deepEqual(await queue.bodies({ MaxNumberOfMessages: 2 }), ['a', 'b']);
  }),
];
