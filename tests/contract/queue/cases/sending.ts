import assert from 'node:assert/strict';
import { contract, inGroup, refusal, standInOnly, timed, type ContractCase } from '../contract.ts';

const trace = { DataType: 'String', StringValue: 'Root=1-5759e988-bd862e3fe1be46a994272793' };

export const SENDING_CASES: readonly ContractCase[] = [
  contract('a message that was sent is received as it was', async ({ standard }) => {
    const queue = await standard();
    const { MessageId } = await queue.send('päyments \u{1F30A}\n"quoted"');
    const [message] = await queue.receive();
    assert.equal(message?.Body, 'päyments \u{1F30A}\n"quoted"');
    assert.equal(message?.MessageId, MessageId);
  }),

  contract('the answer to a message carries the MD5 of its body and attributes', async ({ standard, raw }) => {
    const { url } = await standard();
    const { body } = await raw('SendMessage', {
      QueueUrl: url,
      MessageBody: 'hello',
      MessageAttributes: {
        kind: { DataType: 'String', StringValue: 'greeting' },
        bytes: { DataType: 'Binary', BinaryValue: 'AQID' },
        count: { DataType: 'Number.int', StringValue: '7' },
      },
    });
    assert.equal(body['MD5OfMessageBody'], '5d41402abc4b2a76b9719d911017c592');
    assert.equal(body['MD5OfMessageAttributes'], 'f1a6523f866ca90b8f48324757a906c9');
  }),

  contract('attributes that a sender put on a message are received with it', async ({ standard }) => {
    const queue = await standard();
    const MessageAttributes = {
      'tenant.name': { DataType: 'String', StringValue: 'payments' },
      'tenant.jobs': { DataType: 'Number', StringValue: '3' },
      raw: { DataType: 'Binary', BinaryValue: new Uint8Array([1, 2, 3]) },
    };
    await queue.send('x', { MessageAttributes });
    const [message] = await queue.receive();
    assert.deepEqual(Object.keys(message?.MessageAttributes ?? {}).toSorted(), ['raw', 'tenant.jobs', 'tenant.name']);
    assert.equal(message?.MessageAttributes?.['tenant.name']?.StringValue, 'payments');
    assert.deepEqual([...(message?.MessageAttributes?.['raw']?.BinaryValue ?? [])], [1, 2, 3]);
  }),

  contract('of the attributes only those are received that were asked for', async ({ standard }) => {
    const queue = await standard();
    const text = { DataType: 'String', StringValue: 'x' };
    await queue.send('x', { MessageAttributes: { a: text, b: text, c: text } });
    const [message] = await queue.receive({ MessageAttributeNames: ['a', 'c'] });
    assert.deepEqual(Object.keys(message?.MessageAttributes ?? {}).toSorted(), ['a', 'c']);
  }),

  standInOnly(
    'ElasticMQ knows names and All, but no prefixes',
    'attributes can be asked for by the beginning of their names',
    async ({ standard }) => {
      const queue = await standard();
      const text = { DataType: 'String', StringValue: 'x' };
      await queue.send('x', { MessageAttributes: { 'a.one': text, 'a.two': text, b: text } });
      const [message] = await queue.receive({ MessageAttributeNames: ['a.*'] });
      assert.deepEqual(Object.keys(message?.MessageAttributes ?? {}).toSorted(), ['a.one', 'a.two']);
    },
  ),

  contract('the trace header is received as a system attribute', async ({ standard }) => {
    const queue = await standard();
    await queue.send('x', { MessageSystemAttributes: { AWSTraceHeader: trace } });
    const [message] = await queue.receive();
    assert.equal(message?.Attributes?.AWSTraceHeader, trace.StringValue);
  }),

  contract('ten messages can be sent at once, and each is answered under its own id', async ({ standard }) => {
    const queue = await standard();
    const ids = Array.from({ length: 10 }, (_, i) => `m-${i}`);
    const { Successful, Failed = [] } = await queue.sendBatch(ids.map((Id) => ({ Id, MessageBody: Id })));
    assert.deepEqual(Successful?.map(({ Id }) => Id).toSorted(), ids);
    assert.deepEqual(Failed, []);
    assert.deepEqual((await queue.bodies()).toSorted(), ids);
  }),

  contract('a bad message of a batch fails alone and is called the fault of its sender', async ({ fifo }) => {
    const queue = await fifo();
    const [good] = inGroup('g', 'good');
    const { Successful, Failed } = await queue.sendBatch([good!, { Id: 'bad', MessageBody: 'no group' }]);
    assert.deepEqual(
      Successful?.map(({ Id }) => Id),
      ['good'],
    );
    assert.deepEqual(
      Failed?.map(({ Id, SenderFault, Code }) => ({ Id, SenderFault, Code })),
      [{ Id: 'bad', SenderFault: true, Code: 'MissingParameter' }],
    );
    assert.deepEqual(await queue.bodies(), ['good']);
  }),

  timed(5, 'a delayed message is received only after its delay', async ({ standard, pass }) => {
    const queue = await standard();
    await queue.send('later', { DelaySeconds: 4 });
    await queue.send('now');
    assert.equal(await queue.attribute('ApproximateNumberOfMessagesDelayed'), '1');
    assert.deepEqual(await queue.bodies(), ['now']);
    await pass(4.2);
    assert.deepEqual(await queue.bodies(), ['later']);
  }),

  timed(5, "a queue's delay holds for messages that bring none of their own", async ({ standard, pass }) => {
    const queue = await standard({ DelaySeconds: '4' });
    await queue.send('usual');
    await queue.send('at once', { DelaySeconds: 0 });
    assert.deepEqual(await queue.bodies(), ['at once']);
    await pass(4.2);
    assert.deepEqual(await queue.bodies(), ['usual']);
  }),

  standInOnly('ElasticMQ accepts it', 'an empty batch is refused', async ({ standard }) => {
    const queue = await standard();
    assert.match((await refusal(queue.sendBatch([]))).name, /EmptyBatchRequest/);
  }),

  contract('a batch of eleven is refused', async ({ standard }) => {
    const queue = await standard();
    const entries = Array.from({ length: 11 }, (_, i) => ({ Id: `m-${i}`, MessageBody: 'x' }));
    assert.match((await refusal(queue.sendBatch(entries))).name, /TooManyEntriesInBatchRequest/);
  }),

  contract('a batch in which an id comes twice is refused', async ({ standard }) => {
    const queue = await standard();
    const entry = { Id: 'twice', MessageBody: 'x' };
    assert.match((await refusal(queue.sendBatch([entry, entry]))).name, /BatchEntryIdsNotDistinct/);
    assert.deepEqual(await queue.bodies(), []);
  }),

  standInOnly('ElasticMQ takes any id', 'a batch with a malformed id is refused', async ({ standard }) => {
    const queue = await standard();
    assert.match((await refusal(queue.sendBatch([{ Id: 'a b', MessageBody: 'x' }]))).name, /InvalidBatchEntryId/);
  }),

  contract('a body with characters that XML has not is refused', async ({ standard }) => {
    const queue = await standard();
    await refusal(queue.send('a\u0001b'));
  }),

  contract('an empty body is refused', async ({ standard }) => {
    const queue = await standard();
    await refusal(queue.send(''));
  }),

  contract('a message of more bytes than any may have is refused', async ({ standard }) => {
    const queue = await standard();
    await refusal(queue.send('x'.repeat(1_048_577)));
  }),

  contract('a message of 1 MiB is taken', async ({ standard }) => {
    const queue = await standard();
    await queue.send('x'.repeat(1_048_576));
    assert.equal((await queue.receive())[0]?.Body?.length, 1_048_576);
  }),

  contract('a batch of more than 1 MiB is refused as a whole', async ({ standard }) => {
    const queue = await standard();
    const MessageBody = 'x'.repeat(262_144);
    const entries = ['a', 'b', 'c', 'd', 'e'].map((Id) => ({ Id, MessageBody }));
    await refusal(queue.sendBatch(entries));
    assert.deepEqual(await queue.bodies(), []);
  }),

  standInOnly(
    'ElasticMQ has one limit for all queues',
    'a queue can take shorter messages only',
    async ({ standard }) => {
      const queue = await standard({ MaximumMessageSize: '1024' });
      await queue.send('x'.repeat(1024));
      assert.match((await refusal(queue.send('x'.repeat(1025)))).name, /InvalidParameterValue/);
    },
  ),

  contract('a deduplication id is refused by a standard queue', async ({ standard }) => {
    const queue = await standard();
    const refused = await refusal(queue.send('x', { MessageDeduplicationId: 'd' }));
    assert.match(refused.name, /InvalidParameterValue/);
  }),

  contract('a delay of more than 15 minutes is refused', async ({ standard }) => {
    const queue = await standard();
    assert.match((await refusal(queue.send('x', { DelaySeconds: 901 }))).name, /InvalidParameterValue/);
  }),

  standInOnly(
    'ElasticMQ does not check names',
    'an attribute whose name is reserved is refused',
    async ({ standard }) => {
      const queue = await standard();
      const MessageAttributes = { 'aws.mine': { DataType: 'String', StringValue: 'x' } };
      assert.match((await refusal(queue.send('x', { MessageAttributes }))).name, /InvalidParameterValue/);
    },
  ),
];
