import { createHash } from 'node:crypto';
import type { SQSEvent } from 'aws-lambda';
import { z } from 'zod';

/** The queues of serverless.yml, by their logical names. */
export type QueueName = 'requests' | 'work' | 'pools' | 'later' | 'requests-dead' | 'work-dead';

/** A message as it lies in its queue. */
export type Message = {
  readonly id: string;
  readonly body: string;
  readonly group: string | undefined;
  readonly senderId: string;
  /** When it can be received. */
  readonly dueAt: number;
  receives: number;
};

export type Queues = {
  /** Answers a request of the SQS JSON protocol. */
  readonly answer: (request: Request, senderId: string) => Promise<Response>;
  readonly send: (queue: QueueName, message: { body: string; group?: string; senderId: string }) => void;
  /** What lies in a queue, due or not. */
  readonly messages: (queue: QueueName) => readonly Message[];
  /** Takes the messages that are due, at most so many. */
  readonly receive: (queue: QueueName, most: number) => readonly Message[];
  /** Puts a message that was not handled back in its place. */
  readonly giveBack: (queue: QueueName, messages: readonly Message[]) => void;
};

export const ENDPOINT = 'http://sqs.local';
const STANDARD: ReadonlySet<QueueName> = new Set<QueueName>(['later']);
const nameOf = (queue: QueueName): string => `headgate-test-${queue}${STANDARD.has(queue) ? '' : '.fifo'}`;
export const urlOf = (queue: QueueName): string => `${ENDPOINT}/123456789012/${nameOf(queue)}`;

const Entry = z.object({
  Id: z.string(),
  MessageBody: z.string(),
  MessageGroupId: z.string().optional(),
  MessageDeduplicationId: z.string().optional(),
  DelaySeconds: z.number().optional(),
});
const SendBatch = z.object({ QueueUrl: z.string(), Entries: z.array(Entry).min(1).max(10) });

/** A second message of the same id in the same group is dropped for so long (`DeduplicationScope: messageGroup`). */
const DEDUPLICATION_MILLIS = 300_000;

/** The sending half of SQS, and messages that are taken out by hand. */
export const createQueues = (now: () => number): Queues => {
  const lying = new Map<QueueName, Message[]>();
  const seen = new Map<string, number>();
  let sent = 0;
  const messagesOf = (queue: QueueName): Message[] => lying.get(queue) ?? lying.set(queue, []).get(queue)!;

  const put = (queue: QueueName, entry: z.infer<typeof Entry>, senderId: string): void => {
    const { MessageGroupId: group, MessageDeduplicationId: dedup, DelaySeconds: delay = 0 } = entry;
    if (STANDARD.has(queue) === (group !== undefined)) throw new RangeError(`${queue} and message group ${group}`);
    if (dedup !== undefined) {
      const key = JSON.stringify([queue, group, dedup]);
      if (now() - (seen.get(key) ?? Number.NEGATIVE_INFINITY) < DEDUPLICATION_MILLIS) return;
      seen.set(key, now());
    }
    sent += 1;
    const dueAt = now() + 1000 * delay;
    messagesOf(queue).push({ id: `message-${sent}`, body: entry.MessageBody, group, senderId, dueAt, receives: 0 });
  };

  return {
    answer: async (request, senderId) => {
      const target = request.headers.get('x-amz-target');
      if (target !== 'AmazonSQS.SendMessageBatch') throw new RangeError(`not scripted: ${target}`);
      const { QueueUrl, Entries } = SendBatch.parse(await request.json());
      const queue = (['requests', 'work', 'pools', 'later'] as const).find((name) => urlOf(name) === QueueUrl);
      if (queue === undefined) throw new RangeError(`no queue ${QueueUrl}`);
      for (const entry of Entries) put(queue, entry, senderId);
      const Successful = Entries.map(({ Id, MessageBody }) => ({
        Id,
        MessageId: `sent-${Id}`,
        MD5OfMessageBody: createHash('md5').update(MessageBody).digest('hex'),
      }));
      return Response.json({ Successful, Failed: [] }, { headers: { 'content-type': 'application/x-amz-json-1.0' } });
    },
    send: (queue, { body, group, senderId }) => {
      const entry = { Id: '0', MessageBody: body, ...(group !== undefined && { MessageGroupId: group }) };
      put(queue, entry, senderId);
    },
    messages: (queue) => [...messagesOf(queue)],
    receive: (queue, most) => {
      const due = messagesOf(queue)
        .filter(({ dueAt }) => dueAt <= now())
        .slice(0, most);
      lying.set(
        queue,
        messagesOf(queue).filter((message) => !due.includes(message)),
      );
      for (const message of due) message.receives += 1;
      return due;
    },
    giveBack: (queue, messages) => {
      lying.set(queue, [...messages, ...messagesOf(queue)]);
    },
  };
};

/** What an event-source mapping hands over. */
export const queueEvent = (queue: QueueName, messages: readonly Message[]): SQSEvent => ({
  Records: messages.map(({ id, body, group, senderId, receives }) => ({
    messageId: id,
    receiptHandle: id,
    body,
    attributes: {
      ApproximateReceiveCount: String(receives),
      SentTimestamp: '0',
      SenderId: senderId,
      ApproximateFirstReceiveTimestamp: '0',
      ...(group !== undefined && { MessageGroupId: group }),
    },
    messageAttributes: {},
    md5OfBody: '',
    eventSource: 'aws:sqs',
    eventSourceARN: `arn:aws:sqs:eu-west-1:123456789012:${nameOf(queue)}`,
    awsRegion: 'eu-west-1',
  })),
});
