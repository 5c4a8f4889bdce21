/** What a contract case sees of a queue server: the real SDK, raw JSON, and queues of its own. */
import assert from 'node:assert/strict';
import {
  ChangeMessageVisibilityCommand,
  CreateQueueCommand,
  DeleteMessageCommand,
  GetQueueAttributesCommand,
  ReceiveMessageCommand,
  SendMessageBatchCommand,
  SendMessageCommand,
  SQSClient,
  type Message,
  type QueueAttributeName,
  type ReceiveMessageCommandInput,
  type SendMessageBatchCommandOutput,
  type SendMessageBatchRequestEntry,
  type SendMessageCommandInput,
  type SendMessageCommandOutput,
} from '@aws-sdk/client-sqs';

export type Side = 'stand-in' | 'real';

/** One behaviour. A case that holds on one side only says why; one that needs time to pass says how much. */
export type ContractCase = {
  readonly name: string;
  readonly on: readonly Side[];
  readonly reason?: string;
  readonly seconds?: number;
  readonly run: (bench: Bench) => Promise<void>;
};

/** A case that must hold on both sides. */
export const contract = (name: string, run: ContractCase['run']): ContractCase => ({
  name,
  on: ['stand-in', 'real'],
  run,
});

/** A case that must hold on both sides, and takes so long on the real one. */
export const timed = (seconds: number, name: string, run: ContractCase['run']): ContractCase => ({
  ...contract(name, run),
  seconds,
});

/** A case for the stand-in only, and why the real server cannot share it. It may let any time pass. */
export const standInOnly = (reason: string, name: string, run: ContractCase['run']): ContractCase => ({
  name,
  on: ['stand-in'],
  reason,
  seconds: Number.POSITIVE_INFINITY,
  run,
});

/** A queue server, and how time passes there. */
export type Reach = {
  readonly fetch: (request: Request) => Promise<Response>;
  readonly endpoint: string;
  readonly pass: (seconds: number) => Promise<void>;
};

export type RawAnswer = { readonly status: number; readonly headers: Headers; readonly body: Record<string, unknown> };

export type Bench = {
  readonly sqs: SQSClient;
  /** The name of the case's queues begin with this. */
  readonly prefix: string;
  readonly standard: (attributes?: Record<string, string>) => Promise<TestQueue>;
  readonly fifo: (attributes?: Record<string, string>) => Promise<TestQueue>;
  readonly raw: (action: string, body: unknown) => Promise<RawAnswer>;
  readonly pass: (seconds: number) => Promise<void>;
};

export type TestQueue = {
  readonly url: string;
  readonly name: string;
  readonly send: (body: string, more?: Partial<SendMessageCommandInput>) => Promise<SendMessageCommandOutput>;
  readonly sendBatch: (entries: readonly SendMessageBatchRequestEntry[]) => Promise<SendMessageBatchCommandOutput>;
  /** Up to ten messages with all their attributes, at once, unless told otherwise. */
  readonly receive: (more?: Partial<ReceiveMessageCommandInput>) => Promise<readonly Message[]>;
  /** Bodies of what is received, in order. */
  readonly bodies: (more?: Partial<ReceiveMessageCommandInput>) => Promise<readonly string[]>;
  readonly delete: (message: Message | undefined) => Promise<void>;
  readonly hide: (message: Message | undefined, seconds: number) => Promise<void>;
  readonly attribute: (name: QueueAttributeName) => Promise<string | undefined>;
};

/** Runs a case on queues whose names begin with `prefix`. */
export const runCase = async (reach: Reach, prefix: string, one: ContractCase): Promise<void> => {
  const sqs = clientOver(reach);
  let left = one.seconds ?? 0;
  let queues = 0;
  const create = async (suffix: string, attributes: Record<string, string>): Promise<TestQueue> => {
    queues += 1;
    const name = `${prefix}-${queues}${suffix}`;
    const { QueueUrl: url = '' } = await sqs.send(new CreateQueueCommand({ QueueName: name, Attributes: attributes }));
    return queueOver(sqs, name, url);
  };
  await one.run({
    sqs,
    prefix,
    standard: (attributes = {}) => create('', attributes),
    fifo: (attributes = {}) => create('.fifo', { FifoQueue: 'true', ...attributes }),
    raw: (action, body) => rawCall(reach, action, body),
    pass: (seconds) => {
      left -= seconds;
      assert.ok(left >= 0, 'the case takes more time than it says');
      return reach.pass(seconds);
    },
  });
};

const queueOver = (sqs: SQSClient, name: string, url: string): TestQueue => {
  const receive: TestQueue['receive'] = async (more = {}) => {
    const command = new ReceiveMessageCommand({
      QueueUrl: url,
      MaxNumberOfMessages: 10,
      MessageSystemAttributeNames: ['All'],
      MessageAttributeNames: ['All'],
      ...more,
    });
    return (await sqs.send(command)).Messages ?? [];
  };
  return {
    url,
    name,
    send: (body, more = {}) => sqs.send(new SendMessageCommand({ QueueUrl: url, MessageBody: body, ...more })),
    sendBatch: (entries) => sqs.send(new SendMessageBatchCommand({ QueueUrl: url, Entries: [...entries] })),
    receive,
    bodies: async (more) => (await receive(more)).map(({ Body = '' }) => Body),
    delete: async (message) => {
      await sqs.send(new DeleteMessageCommand({ QueueUrl: url, ReceiptHandle: message?.ReceiptHandle }));
    },
    hide: async (message, seconds) => {
      const command = new ChangeMessageVisibilityCommand({
        QueueUrl: url,
        ReceiptHandle: message?.ReceiptHandle,
        VisibilityTimeout: seconds,
      });
      await sqs.send(command);
    },
    attribute: async (attribute) => {
      const command = new GetQueueAttributesCommand({ QueueUrl: url, AttributeNames: [attribute] });
      return (await sqs.send(command)).Attributes?.[attribute];
    },
  };
};

/** A batch's entries in one message group, their bodies also their ids and deduplication ids. */
export const inGroup = (group: string, ...bodies: readonly string[]): readonly SendMessageBatchRequestEntry[] =>
  bodies.map((body) => ({ Id: body, MessageBody: body, MessageGroupId: group, MessageDeduplicationId: body }));

/** What one message of a FIFO queue needs. */
export const labelled = (group: string, dedupId: string): Partial<SendMessageCommandInput> => ({
  MessageGroupId: group,
  MessageDeduplicationId: dedupId,
});

/** The refusal's name and message; fails when there is none. */
export const refusal = async (call: Promise<unknown>): Promise<Error> => {
  try {
    await call;
  } catch (error) {
    if (error instanceof Error) return error;
  }
  assert.fail('it was not refused');
};

type HttpRequest = {
  readonly protocol: string;
  readonly hostname: string;
  readonly port?: number;
  readonly path: string;
  readonly method: string;
  readonly headers: Record<string, string>;
  readonly body?: string | Uint8Array;
};

const clientOver = (reach: Reach): SQSClient =>
  new SQSClient({
    endpoint: reach.endpoint,
    region: 'local',
    credentials: { accessKeyId: 'contract', secretAccessKey: 'secret' },
    maxAttempts: 1,
    requestHandler: {
      handle: async ({ protocol, hostname, port, path, method, headers, body = '' }: HttpRequest) => {
        const { host: _, 'content-length': __, ...rest } = headers;
        const url = `${protocol}//${hostname}${port === undefined ? '' : `:${port}`}${path}`;
        const content = typeof body === 'string' ? body : new TextDecoder().decode(body);
        const response = await reach.fetch(new Request(url, { method, headers: rest, body: content }));
        return {
          response: {
            statusCode: response.status,
            headers: Object.fromEntries(response.headers),
            body: Buffer.from(await response.arrayBuffer()),
          },
        };
      },
    },
  });

const rawCall = async (reach: Reach, action: string, body: unknown): Promise<RawAnswer> => {
  const response = await reach.fetch(
    new Request(`${reach.endpoint}/`, {
      method: 'POST',
      headers: {
        'content-type': 'application/x-amz-json-1.0',
        'x-amz-target': `AmazonSQS.${action}`,
        authorization:
          'AWS4-HMAC-SHA256 Credential=contract/20260101/local/sqs/aws4_request, SignedHeaders=host, Signature=0',
      },
      body: JSON.stringify(body),
    }),
  );
  const parsed: unknown = JSON.parse((await response.text()) || '{}');
  assert.ok(typeof parsed === 'object' && parsed !== null);
  return { status: response.status, headers: response.headers, body: { ...parsed } };
};
