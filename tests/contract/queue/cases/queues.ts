import assert from 'node:assert/strict';
import {
  CreateQueueCommand,
  DeleteQueueCommand,
  GetQueueAttributesCommand,
  GetQueueUrlCommand,
  ListQueuesCommand,
  PurgeQueueCommand,
  SetQueueAttributesCommand,
} from '@aws-sdk/client-sqs';
import { contract, inGroup, refusal, standInOnly, timed, type ContractCase } from '../contract.ts';

export const QUEUE_CASES: readonly ContractCase[] = [
  contract('the URL of a queue is found by its name', async ({ standard, sqs }) => {
    const { name, url } = await standard();
    assert.equal((await sqs.send(new GetQueueUrlCommand({ QueueName: name }))).QueueUrl, url);
    assert.ok(url.endsWith(`/${name}`));
  }),

  contract('a queue that is not there has no URL', async ({ prefix, sqs }) => {
    const refused = await refusal(sqs.send(new GetQueueUrlCommand({ QueueName: `${prefix}-none` })));
    assert.equal(refused.name, 'QueueDoesNotExist');
  }),

  contract('whatever is asked of a queue that is not there is refused alike', async ({ standard, raw }) => {
    const { url } = await standard();
    const QueueUrl = `${url}-none`;
    const refused = [
      await raw('SendMessage', { QueueUrl, MessageBody: 'x' }),
      await raw('ReceiveMessage', { QueueUrl }),
      await raw('GetQueueAttributes', { QueueUrl }),
      await raw('PurgeQueue', { QueueUrl }),
    ];
    for (const { status, body } of refused) {
      assert.equal(status, 400);
      assert.equal(body['__type'], 'com.amazonaws.sqs#QueueDoesNotExist');
    }
  }),

  standInOnly(
    'ElasticMQ calls its content type application/json and has no such header',
    'a refusal is JSON and carries its older code in a header',
    async ({ standard, raw }) => {
      const { url } = await standard();
      const { headers } = await raw('ReceiveMessage', { QueueUrl: `${url}-none` });
      assert.match(headers.get('content-type') ?? '', /^application\/x-amz-json-1\.0/);
      assert.equal(headers.get('x-amzn-query-error'), 'AWS.SimpleQueueService.NonExistentQueue;Sender');
    },
  ),

  contract('queues are listed by the beginning of their names', async ({ standard, prefix, sqs }) => {
    const urls = [(await standard()).url, (await standard()).url];
    const { QueueUrls } = await sqs.send(new ListQueuesCommand({ QueueNamePrefix: `${prefix}-` }));
    assert.deepEqual(QueueUrls?.toSorted(), urls.toSorted());
  }),

  standInOnly('ElasticMQ lists all at once', 'a long list comes in pages', async ({ standard, prefix, sqs }) => {
    const urls = [(await standard()).url, (await standard()).url, (await standard()).url];
    const page = (NextToken?: string) =>
      sqs.send(new ListQueuesCommand({ QueueNamePrefix: prefix, MaxResults: 2, NextToken }));
    const first = await page();
    const second = await page(first.NextToken);
    assert.deepEqual([...(first.QueueUrls ?? []), ...(second.QueueUrls ?? [])], urls);
    assert.equal(second.NextToken, undefined);
  }),

  contract('making a queue again with the same attributes finds it', async ({ standard, sqs }) => {
    const { name, url } = await standard({ VisibilityTimeout: '7' });
    const command = new CreateQueueCommand({ QueueName: name, Attributes: { VisibilityTimeout: '7' } });
    assert.equal((await sqs.send(command)).QueueUrl, url);
  }),

  contract('making a queue again with other attributes is refused', async ({ standard, sqs }) => {
    const { name } = await standard({ VisibilityTimeout: '7' });
    const command = new CreateQueueCommand({ QueueName: name, Attributes: { VisibilityTimeout: '8' } });
    assert.match((await refusal(sqs.send(command))).name, /QueueNameExists/);
  }),

  contract('the name of a FIFO queue ends with .fifo', async ({ prefix, sqs }) => {
    const command = new CreateQueueCommand({ QueueName: `${prefix}-plain`, Attributes: { FifoQueue: 'true' } });
    await refusal(sqs.send(command));
  }),

  contract('a name has letters, digits, hyphens and underscores only', async ({ prefix, sqs }) => {
    const command = new CreateQueueCommand({ QueueName: `${prefix} x!` });
    await refusal(sqs.send(command));
  }),

  contract('attributes are answered as they were set', async ({ fifo, sqs }) => {
    const { url } = await fifo({ VisibilityTimeout: '12', DelaySeconds: '3', ContentBasedDeduplication: 'true' });
    const command = new GetQueueAttributesCommand({
      QueueUrl: url,
      AttributeNames: ['VisibilityTimeout', 'DelaySeconds', 'FifoQueue', 'ContentBasedDeduplication'],
    });
    assert.deepEqual((await sqs.send(command)).Attributes, {
      VisibilityTimeout: '12',
      DelaySeconds: '3',
      FifoQueue: 'true',
      ContentBasedDeduplication: 'true',
    });
  }),

  contract('what is not set has its default', async ({ standard, sqs }) => {
    const { url } = await standard();
    const command = new GetQueueAttributesCommand({ QueueUrl: url, AttributeNames: ['All'] });
    const { Attributes = {} } = await sqs.send(command);
    assert.equal(Attributes.VisibilityTimeout, '30');
    assert.equal(Attributes.DelaySeconds, '0');
    assert.equal(Attributes.ReceiveMessageWaitTimeSeconds, '0');
  }),

  standInOnly('ElasticMQ does not tell them', 'retention and message size have defaults too', async ({ standard }) => {
    const queue = await standard();
    assert.equal(await queue.attribute('MessageRetentionPeriod'), '345600');
    assert.equal(await queue.attribute('MaximumMessageSize'), '1048576');
  }),

  contract('messages are counted by where they are', async ({ standard }) => {
    const queue = await standard();
    await queue.sendBatch(['a', 'b', 'c'].map((Id) => ({ Id, MessageBody: Id })));
    await queue.send('later', { DelaySeconds: 60 });
    await queue.receive({ MaxNumberOfMessages: 1 });
    assert.equal(await queue.attribute('ApproximateNumberOfMessages'), '2');
    assert.equal(await queue.attribute('ApproximateNumberOfMessagesNotVisible'), '1');
    assert.equal(await queue.attribute('ApproximateNumberOfMessagesDelayed'), '1');
  }),

  standInOnly(
    'ElasticMQ leaves out what it does not know',
    'an attribute that is unknown is refused',
    async ({ standard, raw }) => {
      const { url } = await standard();
      const { body } = await raw('GetQueueAttributes', { QueueUrl: url, AttributeNames: ['Colour'] });
      assert.equal(body['__type'], 'com.amazonaws.sqs#InvalidAttributeName');
    },
  ),

  standInOnly('ElasticMQ takes any number', 'an attribute outside its range is refused', async ({ standard }) => {
    assert.match((await refusal(standard({ VisibilityTimeout: '43201' }))).name, /InvalidAttributeValue/);
    assert.match((await refusal(standard({ ContentBasedDeduplication: 'true' }))).name, /InvalidAttributeName/);
  }),

  contract('attributes can be set later', async ({ standard, sqs }) => {
    const queue = await standard();
    const command = new SetQueueAttributesCommand({ QueueUrl: queue.url, Attributes: { VisibilityTimeout: '0' } });
    await sqs.send(command);
    await queue.send('x');
    await queue.receive();
    assert.deepEqual(await queue.bodies(), ['x']);
  }),

  standInOnly(
    'ElasticMQ lets another delay hold for new messages only',
    'another delay of a FIFO queue holds for what lies in it already',
    async ({ fifo, sqs, pass }) => {
      const queue = await fifo({ DelaySeconds: '600' });
      await queue.sendBatch(inGroup('g', 'a'));
      await sqs.send(new SetQueueAttributesCommand({ QueueUrl: queue.url, Attributes: { DelaySeconds: '10' } }));
      await pass(10);
      assert.deepEqual(await queue.bodies(), ['a']);
    },
  ),

  contract('a purged queue is empty, messages in flight included', async ({ standard, sqs }) => {
    const queue = await standard();
    await queue.sendBatch(['a', 'b', 'c'].map((Id) => ({ Id, MessageBody: Id })));
    const [message] = await queue.receive({ MaxNumberOfMessages: 1 });
    await sqs.send(new PurgeQueueCommand({ QueueUrl: queue.url }));
    assert.deepEqual(await queue.bodies(), []);
    assert.equal(await queue.attribute('ApproximateNumberOfMessagesNotVisible'), '0');
    await refusal(queue.hide(message, 0));
  }),

  standInOnly(
    'ElasticMQ purges as often as it is asked',
    'a queue can be purged once a minute',
    async ({ standard, sqs, pass }) => {
      const { url } = await standard();
      await sqs.send(new PurgeQueueCommand({ QueueUrl: url }));
      const refused = await refusal(sqs.send(new PurgeQueueCommand({ QueueUrl: url })));
      assert.match(refused.name, /PurgeQueueInProgress/);
      await pass(60);
      await sqs.send(new PurgeQueueCommand({ QueueUrl: url }));
    },
  ),

  contract('a queue that was deleted is not there', async ({ standard, sqs }) => {
    const queue = await standard();
    await sqs.send(new DeleteQueueCommand({ QueueUrl: queue.url }));
    assert.equal((await refusal(queue.send('x'))).name, 'QueueDoesNotExist');
  }),

  contract('an action that SQS has not is refused', async ({ raw }) => {
    assert.ok((await raw('MakeCoffee', {})).status >= 400);
  }),

  standInOnly('ElasticMQ answers with a page for people', 'a request without its queue is refused', async ({ raw }) => {
    assert.equal((await raw('SendMessage', { MessageBody: 'x' })).status, 400);
  }),

  timed(1, 'queues do not disturb each other', async ({ standard }) => {
    const [one, other] = [await standard(), await standard()];
    await one.send('x');
    assert.deepEqual(await other.bodies(), []);
    assert.deepEqual(await one.bodies(), ['x']);
  }),
];
