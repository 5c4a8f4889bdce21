import assert from 'node:assert/strict';
import {
  ChangeMessageVisibilityBatchCommand,
  DeleteMessageBatchCommand,
  DeleteMessageCommand,
} from '@aws-sdk/client-sqs';
import { contract, refusal, standInOnly, timed, type ContractCase } from '../contract.ts';

export const RECEIVING_CASES: readonly ContractCase[] = [
  contract('an empty queue answers at once, with no messages', async ({ standard, raw }) => {
    const { url } = await standard();
    const { status, body } = await raw('ReceiveMessage', { QueueUrl: url });
    assert.equal(status, 200);
    assert.deepEqual(body['Messages'] ?? [], []);
  }),

  contract('one message is received unless more are asked for', async ({ standard }) => {
    const queue = await standard();
    await queue.send('a');
    await queue.send('b');
    assert.equal((await queue.receive({ MaxNumberOfMessages: undefined })).length, 1);
  }),

  contract('a message in flight is hidden from others', async ({ standard }) => {
    const queue = await standard();
    await queue.send('x');
    assert.deepEqual(await queue.bodies(), ['x']);
    assert.deepEqual(await queue.bodies(), []);
    assert.equal(await queue.attribute('ApproximateNumberOfMessagesNotVisible'), '1');
  }),

  timed(2, 'a message that is not deleted comes back when its visibility ends', async ({ standard, pass }) => {
    const queue = await standard({ VisibilityTimeout: '1' });
    await queue.send('x');
    const [first] = await queue.receive();
    await pass(1.2);
    const [again] = await queue.receive();
    assert.equal(again?.MessageId, first?.MessageId);
    assert.notEqual(again?.ReceiptHandle, first?.ReceiptHandle);
  }),

  timed(5, 'a receive can say how long its messages are hidden', async ({ standard, pass }) => {
    const queue = await standard();
    await queue.send('x');
    await queue.receive({ VisibilityTimeout: 4 });
    assert.deepEqual(await queue.bodies(), []);
    await pass(4.2);
    assert.deepEqual(await queue.bodies(), ['x']);
  }),

  contract('a message that is received with a visibility of zero can be received again', async ({ standard }) => {
    const queue = await standard();
    await queue.send('x');
    assert.deepEqual(await queue.bodies({ VisibilityTimeout: 0 }), ['x']);
    assert.deepEqual(await queue.bodies(), ['x']);
  }),

  contract('a visibility of zero gives a message back at once', async ({ standard }) => {
    const queue = await standard();
    await queue.send('x');
    const [message] = await queue.receive();
    await queue.hide(message, 0);
    assert.deepEqual(await queue.bodies(), ['x']);
  }),

  timed(7, 'a visibility that is changed counts from then on', async ({ standard, pass }) => {
    const queue = await standard({ VisibilityTimeout: '3' });
    await queue.send('x');
    const [message] = await queue.receive();
    await queue.hide(message, 6);
    await pass(3.2);
    assert.deepEqual(await queue.bodies(), []);
    await pass(3);
    assert.deepEqual(await queue.bodies(), ['x']);
  }),

  contract('the visibility of several messages can be changed at once', async ({ standard, sqs }) => {
    const queue = await standard();
    await queue.sendBatch(['a', 'b'].map((Id) => ({ Id, MessageBody: Id })));
    const messages = await queue.receive();
    const Entries = messages.map(({ Body, ReceiptHandle }) => ({ Id: Body, ReceiptHandle, VisibilityTimeout: 0 }));
    const command = new ChangeMessageVisibilityBatchCommand({ QueueUrl: queue.url, Entries });
    const { Successful } = await sqs.send(command);
    assert.deepEqual(Successful?.map(({ Id }) => Id).toSorted(), ['a', 'b']);
    assert.deepEqual((await queue.bodies()).toSorted(), ['a', 'b']);
  }),

  timed(2, 'a deleted message does not come back', async ({ standard, pass }) => {
    const queue = await standard({ VisibilityTimeout: '1' });
    await queue.send('x');
    await queue.delete((await queue.receive())[0]);
    await pass(1.2);
    assert.deepEqual(await queue.bodies(), []);
    assert.equal(await queue.attribute('ApproximateNumberOfMessages'), '0');
  }),

  standInOnly(
    'ElasticMQ forgets a receipt handle with its message; the API reference says that deleting again is no error',
    'deleting twice does no harm',
    async ({ standard }) => {
      const queue = await standard();
      await queue.send('x');
      const [message] = await queue.receive();
      await queue.delete(message);
      await queue.delete(message);
    },
  ),

  contract('several messages can be deleted at once, and a bad handle fails alone', async ({ standard, sqs }) => {
    const queue = await standard();
    await queue.sendBatch(['a', 'b'].map((Id) => ({ Id, MessageBody: Id })));
    const messages = await queue.receive();
    const good = messages.map(({ Body, ReceiptHandle }) => ({ Id: Body, ReceiptHandle }));
    const command = new DeleteMessageBatchCommand({
      QueueUrl: queue.url,
      Entries: [...good, { Id: 'bad', ReceiptHandle: 'nonsense' }],
    });
    const { Successful, Failed } = await sqs.send(command);
    assert.deepEqual(Successful?.map(({ Id }) => Id).toSorted(), ['a', 'b']);
    assert.deepEqual(
      Failed?.map(({ Id, Code }) => ({ Id, Code })),
      [{ Id: 'bad', Code: 'ReceiptHandleIsInvalid' }],
    );
  }),

  timed(2, 'a standard message can be deleted after its visibility ended', async ({ standard, pass }) => {
    const queue = await standard();
    await queue.send('x');
    const [message] = await queue.receive({ VisibilityTimeout: 1 });
    await pass(1.2);
    await queue.delete(message);
    assert.deepEqual(await queue.bodies(), []);
  }),

  standInOnly(
    'ElasticMQ refuses it; the API reference says that the request succeeds',
    'an old receipt handle of a standard message deletes nothing, and is no error',
    async ({ standard }) => {
      const queue = await standard();
      await queue.send('x');
      const [old] = await queue.receive({ VisibilityTimeout: 0 });
      const [current] = await queue.receive();
      await queue.delete(old);
      await queue.hide(current, 0);
      assert.deepEqual(await queue.bodies(), ['x']);
    },
  ),

  contract('a receipt handle that is none is refused', async ({ standard, sqs }) => {
    const { url } = await standard();
    const refused = await refusal(sqs.send(new DeleteMessageCommand({ QueueUrl: url, ReceiptHandle: 'nonsense' })));
    assert.match(refused.name, /ReceiptHandleIsInvalid/);
  }),

  contract('the visibility of a deleted message cannot be changed', async ({ standard }) => {
    const queue = await standard();
    await queue.send('x');
    const [message] = await queue.receive();
    await queue.delete(message);
    await refusal(queue.hide(message, 5));
  }),

  standInOnly(
    'ElasticMQ changes it; the API reference lists MessageNotInflight',
    'the visibility of a message that is not in flight cannot be changed',
    async ({ standard }) => {
      const queue = await standard();
      await queue.send('x');
      const [message] = await queue.receive({ VisibilityTimeout: 0 });
      assert.match((await refusal(queue.hide(message, 5))).name, /MessageNotInflight/);
    },
  ),

  contract('each receive of a message is counted', async ({ standard }) => {
    const queue = await standard();
    await queue.send('x');
    const counts = [];
    for (let i = 0; i < 3; i += 1) {
      const [message] = await queue.receive({ VisibilityTimeout: 0 });
      counts.push(message?.Attributes?.ApproximateReceiveCount);
    }
    assert.deepEqual(counts, ['1', '2', '3']);
  }),

  timed(2, 'a message says when it was sent and when it was first received', async ({ standard, pass }) => {
    const queue = await standard();
    await queue.send('x');
    const [first] = await queue.receive({ VisibilityTimeout: 0 });
    await pass(1.1);
    const [again] = await queue.receive();
    const { SentTimestamp: sent, ApproximateFirstReceiveTimestamp: received } = first?.Attributes ?? {};
    assert.match(sent ?? '', /^\d{13}$/);
    assert.ok(Number(received) >= Number(sent));
    assert.equal(again?.Attributes?.SentTimestamp, sent);
    assert.equal(again?.Attributes?.ApproximateFirstReceiveTimestamp, received);
  }),

  contract('of the system attributes only those are received that were asked for', async ({ standard }) => {
    const queue = await standard();
    await queue.send('x');
    const [message] = await queue.receive({ MessageSystemAttributeNames: ['SentTimestamp'] });
    assert.deepEqual(Object.keys(message?.Attributes ?? {}), ['SentTimestamp']);
  }),

  standInOnly(
    'ElasticMQ knows no senders and gives its own address',
    'a message says who signed it',
    async ({ standard }) => {
      const queue = await standard();
      await queue.send('x');
      assert.equal((await queue.receive())[0]?.Attributes?.SenderId, 'contract');
    },
  ),

  timed(1, 'a waiting receive gets a message as soon as it is sent', async ({ standard, pass }) => {
    const queue = await standard();
    const waiting = queue.bodies({ WaitTimeSeconds: 20 });
    await pass(0.5);
    await queue.send('x');
    assert.deepEqual(await waiting, ['x']);
  }),

  timed(2, 'a waiting receive gets a message when its visibility ends', async ({ standard, pass }) => {
    const queue = await standard();
    await queue.send('x');
    await queue.receive({ VisibilityTimeout: 1 });
    const waiting = queue.bodies({ WaitTimeSeconds: 20 });
    await pass(1.2);
    assert.deepEqual(await waiting, ['x']);
  }),

  timed(2, 'a waiting receive ends without messages when its time is over', async ({ standard, pass }) => {
    const queue = await standard();
    const waiting = queue.bodies({ WaitTimeSeconds: 1 });
    await pass(1.2);
    assert.deepEqual(await waiting, []);
  }),

  timed(2, "a queue's own waiting time holds when the receive names none", async ({ standard, pass }) => {
    const queue = await standard({ ReceiveMessageWaitTimeSeconds: '20' });
    const waiting = queue.bodies();
    await pass(0.5);
    await queue.send('x');
    assert.deepEqual(await waiting, ['x']);
  }),

  contract('more than ten messages cannot be asked for', async ({ standard }) => {
    const queue = await standard();
    await refusal(queue.receive({ MaxNumberOfMessages: 11 }));
  }),

  contract('a wait of more than twenty seconds is refused', async ({ standard }) => {
    const queue = await standard();
    await refusal(queue.receive({ WaitTimeSeconds: 21 }));
  }),

  standInOnly(
    'it takes a minute at least',
    'a message that nobody deletes is gone when its retention ends',
    async ({ standard, pass }) => {
      const queue = await standard({ MessageRetentionPeriod: '60' });
      await queue.send('x');
      await pass(59);
      assert.equal(await queue.attribute('ApproximateNumberOfMessages'), '1');
      await pass(1);
      assert.equal(await queue.attribute('ApproximateNumberOfMessages'), '0');
      assert.deepEqual(await queue.bodies(), []);
    },
  ),

  standInOnly(
    'it takes twelve hours',
    'a message stays in flight for twelve hours at most',
    async ({ standard, pass }) => {
      const queue = await standard();
      await queue.send('x');
      const [message] = await queue.receive({ VisibilityTimeout: 43_200 });
      await pass(3600);
      assert.match((await refusal(queue.hide(message, 43_200))).name, /InvalidParameterValue/);
      await queue.hide(message, 39_600);
    },
  ),
];
