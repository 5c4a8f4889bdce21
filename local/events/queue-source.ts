import { DeleteMessageCommand, ReceiveMessageCommand, type Message, type SQSClient } from '@aws-sdk/client-sqs';
import type { SQSEvent, SQSRecord } from 'aws-lambda';
import { z } from 'zod';

/** An event-source mapping: which queue, and what takes its messages. */
export type QueueSource = {
  readonly sqs: SQSClient;
  readonly queueUrl: string;
  readonly queueName: string;
  readonly batchSize: number;
  readonly invoke: (event: SQSEvent) => Promise<unknown>;
  readonly onError: (error: unknown) => void;
  readonly signal: AbortSignal;
};

const BatchResponse = z.object({ batchItemFailures: z.array(z.object({ itemIdentifier: z.string() })).default([]) });

/** How long one receive waits for a message. */
const WAIT_SECONDS = 2;

/**
 * Polls a queue as Lambda does: a batch is handed to the function, and what it does not report as failed is deleted;
 * the rest, and the whole batch when it throws, comes back when its visibility ends.
 */
export const pollQueue = async (source: QueueSource): Promise<void> => {
  while (!source.signal.aborted) {
    try {
      const messages = await receive(source);
      if (messages.length > 0) await deliver(source, messages);
    } catch (error) {
      if (source.signal.aborted) return;
      source.onError(error);
    }
  }
};

const receive = async ({ sqs, queueUrl, batchSize, signal }: QueueSource): Promise<readonly Message[]> => {
  const command = new ReceiveMessageCommand({
    QueueUrl: queueUrl,
    MaxNumberOfMessages: batchSize,
    WaitTimeSeconds: WAIT_SECONDS,
    MessageSystemAttributeNames: ['All'],
    MessageAttributeNames: ['All'],
  });
  return (await sqs.send(command, { abortSignal: signal })).Messages ?? [];
};

const deliver = async (source: QueueSource, messages: readonly Message[]): Promise<void> => {
  const response = await source.invoke({ Records: messages.map((message) => recordOf(source, message)) });
  const failed = new Set(
    BatchResponse.parse(response ?? {}).batchItemFailures.map((failure) => failure.itemIdentifier),
  );
  for (const message of messages.filter((m) => !failed.has(m.MessageId ?? ''))) {
    await source.sqs.send(
      new DeleteMessageCommand({ QueueUrl: source.queueUrl, ReceiptHandle: message.ReceiptHandle }),
    );
  }
};

const recordOf = ({ queueName }: QueueSource, message: Message): SQSRecord => ({
  messageId: message.MessageId ?? '',
  receiptHandle: message.ReceiptHandle ?? '',
  body: message.Body ?? '',
  attributes: (message.Attributes ?? {}) as SQSRecord['attributes'],
  messageAttributes: {},
  md5OfBody: message.MD5OfBody ?? '',
  eventSource: 'aws:sqs',
  eventSourceARN: `arn:aws:sqs:local:000000000000:${queueName}`,
  awsRegion: 'local',
});
