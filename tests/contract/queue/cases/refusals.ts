import assert from 'node:assert/strict';
import { standInOnly, type Bench, type ContractCase, type RawAnswer } from '../contract.ts';

const REASON = 'ElasticMQ refuses it too, under a code of its own; this one is what AWS gives';

/** How a refusal is called: its type in the JSON protocol, and its older code. */
type Codes = readonly [type: string, code: string];

const PARAMETER: Codes = ['com.amazon.coral.service#InvalidParameterValueException', 'InvalidParameterValue'];
const MISSING: Codes = ['com.amazon.coral.service#MissingRequiredParameterException', 'MissingParameter'];
const modelled = (name: string, code = name): Codes => [`com.amazonaws.sqs#${name}`, code];

const refused = (name: string, codes: Codes, call: (bench: Bench) => Promise<RawAnswer>): ContractCase =>
  standInOnly(REASON, name, async (bench) => {
    const { status, headers, body } = await call(bench);
    assert.equal(status, 400);
    assert.deepEqual([body['__type'], headers.get('x-amzn-query-error')], [codes[0], `${codes[1]};Sender`]);
    assert.equal(typeof body['message'], 'string');
  });

const sending =
  (message: Record<string, unknown>) =>
  async ({ standard, raw }: Bench) =>
    raw('SendMessage', { QueueUrl: (await standard()).url, ...message });

export const REFUSAL_CASES: readonly ContractCase[] = [
  refused(
    'a forbidden character is invalid contents',
    modelled('InvalidMessageContents'),
    sending({ MessageBody: '\u0001' }),
  ),
  refused(
    'half of a surrogate pair is invalid contents',
    modelled('InvalidMessageContents'),
    sending({ MessageBody: '\ud800' }),
  ),
  refused('a long message is an invalid parameter', PARAMETER, sending({ MessageBody: 'x'.repeat(1_048_577) })),
  refused('an empty body is a missing parameter', MISSING, sending({ MessageBody: '' })),
  refused('no body is a missing parameter', MISSING, sending({})),
  refused(
    'a body that is no text cannot be read',
    ['com.amazon.coral.service#SerializationException', 'SerializationException'],
    sending({ MessageBody: 7 }),
  ),
  refused(
    'a long batch is a batch too long',
    modelled('BatchRequestTooLong', 'AWS.SimpleQueueService.BatchRequestTooLong'),
    async ({ standard, raw }) => {
      const Entries = ['a', 'b'].map((Id) => ({ Id, MessageBody: 'x'.repeat(524_289) }));
      return raw('SendMessageBatch', { QueueUrl: (await standard()).url, Entries });
    },
  ),
  refused('a long wait is an invalid parameter', PARAMETER, async ({ standard, raw }) =>
    raw('ReceiveMessage', { QueueUrl: (await standard()).url, WaitTimeSeconds: 21 }),
  ),
  refused('eleven messages are an invalid parameter', PARAMETER, async ({ standard, raw }) =>
    raw('ReceiveMessage', { QueueUrl: (await standard()).url, MaxNumberOfMessages: 11 }),
  ),
  refused('a handle that is none is invalid', modelled('ReceiptHandleIsInvalid'), async ({ standard, raw }) =>
    raw('DeleteMessage', { QueueUrl: (await standard()).url, ReceiptHandle: 'nonsense' }),
  ),
  refused('the handle of a deleted message is an invalid parameter', PARAMETER, async ({ standard, raw }) => {
    const queue = await standard();
    await queue.send('x');
    const [message] = await queue.receive();
    await queue.delete(message);
    const { ReceiptHandle } = message ?? {};
    return raw('ChangeMessageVisibility', { QueueUrl: queue.url, ReceiptHandle, VisibilityTimeout: 5 });
  }),
  refused('a FIFO queue without the ending is an invalid parameter', PARAMETER, ({ raw }) =>
    raw('CreateQueue', { QueueName: 'plain', Attributes: { FifoQueue: 'true' } }),
  ),
  refused('a name with other characters is an invalid parameter', PARAMETER, ({ raw }) =>
    raw('CreateQueue', { QueueName: 'a b' }),
  ),
  refused('dead letters that are not there are an invalid parameter', PARAMETER, async ({ standard, raw }) => {
    const deadLetterTargetArn = `${await (await standard()).attribute('QueueArn')}-gone`;
    const RedrivePolicy = JSON.stringify({ deadLetterTargetArn, maxReceiveCount: 3 });
    return raw('CreateQueue', { QueueName: 'plain', Attributes: { RedrivePolicy } });
  }),
  refused('a redrive policy without a count is an invalid parameter', PARAMETER, async ({ standard, raw }) => {
    const deadLetterTargetArn = await (await standard()).attribute('QueueArn');
    const Attributes = { RedrivePolicy: JSON.stringify({ deadLetterTargetArn }) };
    return raw('CreateQueue', { QueueName: 'plain', Attributes });
  }),
  refused('moving from a queue that is not there finds no resource', modelled('ResourceNotFoundException'), ({ raw }) =>
    raw('StartMessageMoveTask', { SourceArn: 'arn:aws:sqs:local:000000000000:none' }),
  ),
  refused('moving from a queue without dead letters is an invalid parameter', PARAMETER, async ({ standard, raw }) =>
    raw('StartMessageMoveTask', { SourceArn: await (await standard()).attribute('QueueArn') }),
  ),
];
