import assert from 'node:assert/strict';
import { StartMessageMoveTaskCommand } from '@aws-sdk/client-sqs';
import { contract, inGroup, labelled, refusal, standInOnly, type ContractCase, type TestQueue } from '../contract.ts';

const redriveTo = async (dead: TestQueue, maxReceiveCount: number): Promise<Record<string, string>> => ({
  RedrivePolicy: JSON.stringify({ deadLetterTargetArn: await dead.attribute('QueueArn'), maxReceiveCount }),
});

export const DEAD_LETTER_CASES: readonly ContractCase[] = [
  contract('a message that was received too often goes to the dead letters', async ({ standard }) => {
    const dead = await standard();
    const queue = await standard(await redriveTo(dead, 2));
    const { MessageId } = await queue.send('poison');
    assert.deepEqual(await queue.bodies({ VisibilityTimeout: 0 }), ['poison']);
    assert.deepEqual(await queue.bodies({ VisibilityTimeout: 0 }), ['poison']);
    assert.deepEqual(await dead.bodies(), []);
    assert.deepEqual(await queue.bodies(), []);
    const [letter] = await dead.receive();
    assert.equal(letter?.Body, 'poison');
    assert.equal(letter?.MessageId, MessageId);
  }),

  contract('a dead letter keeps the time when it was sent, and its attributes', async ({ standard }) => {
    const dead = await standard();
    const queue = await standard(await redriveTo(dead, 1));
    await queue.send('x', { MessageAttributes: { kind: { DataType: 'String', StringValue: 'poison' } } });
    const [message] = await queue.receive({ VisibilityTimeout: 0 });
    await queue.receive();
    const [letter] = await dead.receive();
    assert.equal(letter?.Attributes?.SentTimestamp, message?.Attributes?.SentTimestamp);
    assert.equal(letter?.MessageAttributes?.['kind']?.StringValue, 'poison');
  }),

  contract('a dead letter says which queue it comes from', async ({ standard }) => {
    const dead = await standard();
    const queue = await standard(await redriveTo(dead, 1));
    await queue.send('x');
    await queue.receive({ VisibilityTimeout: 0 });
    await queue.receive();
    const [letter] = await dead.receive();
    assert.equal(letter?.Attributes?.DeadLetterQueueSourceArn, await queue.attribute('QueueArn'));
  }),

  contract('the receives of a dead letter are counted on', async ({ standard }) => {
    const dead = await standard();
    const queue = await standard(await redriveTo(dead, 1));
    await queue.send('x');
    await queue.receive({ VisibilityTimeout: 0 });
    await queue.receive();
    assert.equal((await dead.receive())[0]?.Attributes?.ApproximateReceiveCount, '2');
  }),

  contract('a dead letter of a FIFO queue keeps its group, and its group goes on without it', async ({ fifo }) => {
    const dead = await fifo();
    const queue = await fifo(await redriveTo(dead, 1));
    await queue.sendBatch(inGroup('g', 'poison', 'next'));
    const [poison] = await queue.receive({ MaxNumberOfMessages: 1 });
    await queue.hide(poison, 0);
    assert.deepEqual(await queue.bodies(), ['next']);
    const [letter] = await dead.receive();
    assert.equal(letter?.Body, 'poison');
    assert.equal(letter?.Attributes?.MessageGroupId, 'g');
  }),

  contract('two dead letters of one deduplication id are both kept', async ({ fifo }) => {
    const dead = await fifo();
    const policy = await redriveTo(dead, 1);
    for (const queue of [await fifo(policy), await fifo(policy)]) {
      await queue.send('poison', labelled('g', 'same'));
      const [message] = await queue.receive();
      await queue.hide(message, 0);
      await queue.receive();
    }
    assert.deepEqual(await dead.bodies(), ['poison', 'poison']);
  }),

  contract('a receive skips a dead letter and answers with what is behind it', async ({ standard }) => {
    const dead = await standard();
    const queue = await standard(await redriveTo(dead, 1));
    await queue.send('poison');
    await queue.receive({ VisibilityTimeout: 0 });
    await queue.send('good');
    assert.deepEqual(await queue.bodies(), ['good']);
  }),

  contract('dead letters need a queue that is there', async ({ standard }) => {
    const dead = await standard();
    const arn = `${await dead.attribute('QueueArn')}-gone`;
    const RedrivePolicy = JSON.stringify({ deadLetterTargetArn: arn, maxReceiveCount: 3 });
    await refusal(standard({ RedrivePolicy }));
  }),

  standInOnly(
    'ElasticMQ does not compare the kinds',
    'dead letters of a FIFO queue need a FIFO queue',
    async ({ standard, fifo }) => {
      const dead = await standard();
      const policy = await redriveTo(dead, 3);
      assert.match((await refusal(fifo(policy))).name, /InvalidParameterValue/);
    },
  ),

  contract('a policy without a count is refused', async ({ standard }) => {
    const dead = await standard();
    const deadLetterTargetArn = await dead.attribute('QueueArn');
    await refusal(standard({ RedrivePolicy: JSON.stringify({ deadLetterTargetArn }) }));
  }),

  contract('dead letters are moved back to where they came from', async ({ standard, sqs }) => {
    const dead = await standard();
    const queue = await standard(await redriveTo(dead, 1));
    await queue.send('x');
    await queue.receive({ VisibilityTimeout: 0 });
    await queue.receive();
    await sqs.send(new StartMessageMoveTaskCommand({ SourceArn: await dead.attribute('QueueArn') }));
    const [message] = await queue.receive({ WaitTimeSeconds: 5 });
    assert.equal(message?.Body, 'x');
    assert.equal(message?.Attributes?.ApproximateReceiveCount, '1');
    assert.deepEqual(await dead.bodies(), []);
  }),

  standInOnly(
    'ElasticMQ keeps the id; the developer guide says that it is another',
    'a message that was moved back counts as sent anew',
    async ({ standard, sqs, pass }) => {
      const dead = await standard();
      const queue = await standard(await redriveTo(dead, 1));
      const { MessageId } = await queue.send('x');
      const [first] = await queue.receive({ VisibilityTimeout: 0 });
      await queue.receive();
      await pass(1);
      await sqs.send(new StartMessageMoveTaskCommand({ SourceArn: await dead.attribute('QueueArn') }));
      const [message] = await queue.receive();
      assert.notEqual(message?.MessageId, MessageId);
      assert.notEqual(message?.Attributes?.SentTimestamp, first?.Attributes?.SentTimestamp);
    },
  ),

  standInOnly(
    'it takes minutes',
    'retention of a dead letter counts from its sending in a standard queue, and from its move in a FIFO queue',
    async ({ standard, fifo, pass }) => {
      const ages = { MessageRetentionPeriod: '100' };
      const deadOnes = { standard: await standard(ages), fifo: await fifo(ages) };
      const queues = {
        standard: await standard(await redriveTo(deadOnes.standard, 1)),
        fifo: await fifo(await redriveTo(deadOnes.fifo, 1)),
      };
      await queues.standard.send('x');
      await queues.fifo.send('x', labelled('g', 'd'));
      for (const queue of Object.values(queues)) await queue.receive({ VisibilityTimeout: 0 });
      await pass(60);
      for (const queue of Object.values(queues)) await queue.receive();
      await pass(60);
      assert.deepEqual(await deadOnes.standard.bodies(), []);
      assert.deepEqual(await deadOnes.fifo.bodies(), ['x']);
    },
  ),
];
