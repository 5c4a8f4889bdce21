/** What can be done with messages: send, receive, delete, hide for longer or shorter; one by one or in batches. */
import { z } from 'zod';
import { checkBatch, checkBatchBytes, checkMessage, checkRange, parseInput, type Sent } from './check.ts';
import { queueAt, type Action, type Answer, type Desk } from './desk.ts';
import { md5, md5OfAttributes, type MessageAttributes } from './digest.ts';
import { changeVisibility, deleteMessage, receive, send, type Message, type Queue } from './queue-state.ts';
import { invalidParameter, SqsError } from './sqs-error.ts';

const Attribute = z.object({
  DataType: z.string(),
  StringValue: z.string().optional(),
  BinaryValue: z.string().optional(),
});
const SystemAttributes = z.object({ AWSTraceHeader: Attribute.optional() }).default({});

const OutgoingMessage = z.object({
  MessageBody: z.string(),
  MessageAttributes: z.record(z.string(), Attribute).default({}),
  MessageSystemAttributes: SystemAttributes,
  MessageGroupId: z.string().optional(),
  MessageDeduplicationId: z.string().optional(),
  DelaySeconds: z.int().optional(),
});
type OutgoingMessage = z.infer<typeof OutgoingMessage>;

const OfQueue = z.object({ QueueUrl: z.string() });
const SendMessage = OutgoingMessage.extend(OfQueue.shape);
const SendMessageBatch = OfQueue.extend({ Entries: z.array(OutgoingMessage.extend({ Id: z.string() })) });
const ReceiveMessage = OfQueue.extend({
  MaxNumberOfMessages: z.int().default(1),
  VisibilityTimeout: z.int().optional(),
  WaitTimeSeconds: z.int().optional(),
  MessageAttributeNames: z.array(z.string()).default([]),
  AttributeNames: z.array(z.string()).default([]),
  MessageSystemAttributeNames: z.array(z.string()).default([]),
});
type ReceiveMessage = z.infer<typeof ReceiveMessage>;
const Handle = z.object({ ReceiptHandle: z.string() });
const DeleteMessage = Handle.extend(OfQueue.shape);
const DeleteMessageBatch = OfQueue.extend({ Entries: z.array(Handle.extend({ Id: z.string() })) });
const Visibility = Handle.extend({ VisibilityTimeout: z.int() });
const ChangeMessageVisibility = Visibility.extend(OfQueue.shape);
const ChangeMessageVisibilityBatch = OfQueue.extend({ Entries: z.array(Visibility.extend({ Id: z.string() })) });

const MAX_VISIBILITY_SECONDS = 43_200;

const sendMessage: Action = (desk, json) => {
  const { QueueUrl, ...message } = parseInput(SendMessage, json);
  return { output: sendOne(desk, queueAt(desk, QueueUrl), message) };
};

const sendMessageBatch: Action = (desk, json) => {
  const { QueueUrl, Entries } = parseInput(SendMessageBatch, json);
  const queue = queueAt(desk, QueueUrl);
  checkBatch('SendMessageBatch', Entries);
  checkBatchBytes(Entries.map(sentOf));
  return batch(Entries, (entry) => sendOne(desk, queue, entry));
};

const sendOne = (desk: Desk, { name, settings }: Queue, message: OutgoingMessage): Record<string, unknown> => {
  const sent = sentOf(message);
  checkMessage(settings, sent);
  const { AWSTraceHeader: trace } = message.MessageSystemAttributes;
  const { id, sequence } = desk.take(
    send(desk.state(), desk.at, name, {
      ...sent,
      id: desk.uid(),
      traceHeader: trace?.StringValue,
      senderId: desk.senderId,
    }),
  );
  return {
    MessageId: id,
    MD5OfMessageBody: md5(sent.body),
    ...digest('MD5OfMessageAttributes', sent.attributes),
    ...(trace !== undefined && digest('MD5OfMessageSystemAttributes', { AWSTraceHeader: trace })),
    ...(settings.fifo && { SequenceNumber: sequenceNumber(sequence) }),
  };
};

const sentOf = (message: OutgoingMessage): Sent => ({
  body: message.MessageBody,
  attributes: message.MessageAttributes,
  group: message.MessageGroupId,
  dedupId: message.MessageDeduplicationId,
  delaySeconds: message.DelaySeconds,
});

const digest = (name: string, attributes: MessageAttributes): Record<string, string> =>
  Object.keys(attributes).length === 0 ? {} : { [name]: md5OfAttributes(attributes) };

/** Twenty digits, growing, and not by one: as SQS's. */
const sequenceNumber = (sequence: number): string => String(18_800_000_000_000_000_000n + 256n * BigInt(sequence));

const receiveMessage: Action = (desk, json) => {
  const input = parseInput(ReceiveMessage, json);
  const { name, settings } = queueAt(desk, input.QueueUrl);
  const { MaxNumberOfMessages: most, VisibilityTimeout: visibilitySeconds, WaitTimeSeconds } = input;
  checkRange('MaxNumberOfMessages', most, 1, 10, 'Must be between 1 and 10, if provided.');
  checkVisibility(visibilitySeconds);
  checkRange('WaitTimeSeconds', WaitTimeSeconds, 0, 20, 'Must be >= 0 and <= 20, if provided.');
  const messages = desk.take(receive(desk.state(), desk.at, name, { most, visibilitySeconds }));
  if (messages.length > 0) return { output: { Messages: messages.map((m) => toWire(desk, m, input)) } };
  return { output: {}, wait: { queue: name, seconds: WaitTimeSeconds ?? settings.waitSeconds } };
};

const toWire = (desk: Desk, message: Message, asked: ReceiveMessage): Record<string, unknown> => {
  const system = Object.entries(systemAttributes(desk, message)).filter(([name]) =>
    [...asked.AttributeNames, ...asked.MessageSystemAttributeNames].some((one) => one === 'All' || one === name),
  );
  const own = Object.entries(message.attributes).filter(([name]) =>
    asked.MessageAttributeNames.some((pattern) => isMatch(pattern, name)),
  );
  const attributes = Object.fromEntries(own);
  return {
    MessageId: message.id,
    ReceiptHandle: message.receipt?.handle,
    MD5OfBody: md5(message.body),
    Body: message.body,
    ...(system.length > 0 && { Attributes: Object.fromEntries(system) }),
    ...(own.length > 0 && { MessageAttributes: attributes }),
    ...digest('MD5OfMessageAttributes', attributes),
  };
};

const systemAttributes = (desk: Desk, message: Message): Record<string, string> => ({
  SenderId: message.senderId,
  SentTimestamp: String(message.sentAt),
  ApproximateReceiveCount: String(message.receives),
  ApproximateFirstReceiveTimestamp: String(message.firstReceivedAt),
  ...(message.group !== undefined && { MessageGroupId: message.group }),
  ...(message.dedupId !== undefined && {
    MessageDeduplicationId: message.dedupId,
    SequenceNumber: sequenceNumber(message.sequence),
  }),
  ...(message.traceHeader !== undefined && { AWSTraceHeader: message.traceHeader }),
  ...(message.deadLetterOf !== undefined && { DeadLetterQueueSourceArn: desk.arnOf(message.deadLetterOf) }),
});

/** `All`, `.*`, a prefix and `.*`, or a name. */
const isMatch = (pattern: string, name: string): boolean =>
  pattern === 'All' || (pattern.endsWith('.*') ? name.startsWith(pattern.slice(0, -2)) : pattern === name);

const removeMessage: Action = (desk, json) => {
  const { QueueUrl, ReceiptHandle } = parseInput(DeleteMessage, json);
  desk.take(deleteMessage(desk.state(), desk.at, queueAt(desk, QueueUrl).name, ReceiptHandle));
  return { output: {} };
};

const removeMessageBatch: Action = (desk, json) => {
  const { QueueUrl, Entries } = parseInput(DeleteMessageBatch, json);
  const { name } = queueAt(desk, QueueUrl);
  checkBatch('DeleteMessageBatch', Entries);
  return batch(Entries, ({ ReceiptHandle }) => {
    desk.take(deleteMessage(desk.state(), desk.at, name, ReceiptHandle));
    return {};
  });
};

const changeMessageVisibility: Action = (desk, json) => {
  const { QueueUrl, ...change } = parseInput(ChangeMessageVisibility, json);
  changeOne(desk, queueAt(desk, QueueUrl), change);
  return { output: {} };
};

const changeMessageVisibilityBatch: Action = (desk, json) => {
  const { QueueUrl, Entries } = parseInput(ChangeMessageVisibilityBatch, json);
  const queue = queueAt(desk, QueueUrl);
  checkBatch('ChangeMessageVisibilityBatch', Entries);
  return batch(Entries, (entry) => changeOne(desk, queue, entry));
};

const changeOne = (desk: Desk, { name }: Queue, change: z.infer<typeof Visibility>): Record<string, unknown> => {
  const { ReceiptHandle: handle, VisibilityTimeout: seconds } = change;
  checkVisibility(seconds);
  desk.take(changeVisibility(desk.state(), desk.at, name, { handle, seconds }));
  return {};
};

const checkVisibility = (seconds: number | undefined): void => {
  if (seconds !== undefined && (seconds < 0 || seconds > MAX_VISIBILITY_SECONDS))
    throw invalidParameter('VisibilityTimeout', seconds, `Must be between 0 and ${MAX_VISIBILITY_SECONDS}.`);
};

/** Each entry for itself: one that is refused is reported, and does not stop the others. */
const batch = <Entry extends { readonly Id: string }>(
  entries: readonly Entry[],
  run: (entry: Entry) => Record<string, unknown>,
): Answer => {
  const Successful: Record<string, unknown>[] = [];
  const Failed: Record<string, unknown>[] = [];
  for (const entry of entries) {
    try {
      Successful.push({ Id: entry.Id, ...run(entry) });
    } catch (error) {
      if (!(error instanceof SqsError)) throw error;
      Failed.push({ Id: entry.Id, SenderFault: true, Code: error.queryCode, Message: error.message });
    }
  }
  return { output: { Successful, Failed } };
};

export const MESSAGE_ACTIONS: Readonly<Record<string, Action>> = {
  ChangeMessageVisibility: changeMessageVisibility,
  ChangeMessageVisibilityBatch: changeMessageVisibilityBatch,
  DeleteMessage: removeMessage,
  DeleteMessageBatch: removeMessageBatch,
  ReceiveMessage: receiveMessage,
  SendMessage: sendMessage,
  SendMessageBatch: sendMessageBatch,
};
