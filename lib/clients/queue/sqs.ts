import { createHash } from 'node:crypto';
import {
  SendMessageBatchCommand,
  SQSClient,
  SQSServiceException,
  type SendMessageBatchRequestEntry,
} from '@aws-sdk/client-sqs';
import { HeadgateError, messageOf, type ErrorCode } from '../../runtime/errors.ts';
import type { World } from '../../runtime/world.ts';
import { awsCredentials } from '../aws-credentials.ts';
import { createAwsSigner } from '../aws-signer.ts';
import { call } from '../call.ts';
import { retrying } from '../retry.ts';

export type QueueMessage = {
  readonly body: string;
  /** FIFO only: messages of one group are handled in order, one at a time. */
  readonly groupId?: string;
  /** FIFO only: a second message with the same id in the same group within five minutes is dropped by the queue. Any text. */
  readonly dedupId?: string;
  /** Standard queues only, at most 900. */
  readonly delaySeconds?: number;
};

export type Queue = {
  /**
   * Sends them all, in their order (one that the queue could not take at once follows later), or throws. Whatever was sent before a
   * failure stays sent, and may be sent twice: queues deliver at least once anyway. `Invalid` names those that can never be sent.
   */
  send(queueUrl: string, messages: readonly QueueMessage[]): Promise<void>;
};

export type QueueOptions = {
  readonly region: string;
  /** Instead of AWS's own, for a local queue. */
  readonly endpoint?: string | undefined;
  /** The invocation's signal: when it aborts, every call ends with `DeadlineExceeded`. */
  readonly signal: AbortSignal;
};

/** The part of the SDK's request that we send on. */
type HttpRequest = {
  readonly protocol: string;
  readonly hostname: string;
  readonly port?: number;
  readonly path: string;
  readonly method: string;
  readonly headers: Record<string, string>;
  readonly body?: string | Uint8Array;
};

/** What SQS takes in one batch, and (with ElasticMQ and older queues) in one message. AWS alone would take four times as much. */
const MAX_BATCH = 10;
const MAX_BYTES = 256 * 1024;
const CALL_TIMEOUT_MILLIS = 5_000;

/** A client for one invocation. */
export const createQueue = (world: World, options: QueueOptions): Queue => {
  const clients = new Map<string, SQSClient>();
  const clientFor = (queueUrl: string): SQSClient => {
    const endpoint = options.endpoint ?? new URL(queueUrl).origin;
    const client = clients.get(endpoint) ?? createClient(world, { ...options, endpoint });
    clients.set(endpoint, client);
    return client;
  };

  const sendBatch = (queueUrl: string, batch: readonly SendMessageBatchRequestEntry[]): Promise<readonly string[]> => {
    let left = batch;
    const refused: string[] = [];
    return retrying(world, { signal: options.signal, attempts: 5 }, async () => {
      const command = new SendMessageBatchCommand({ QueueUrl: queueUrl, Entries: [...left] });
      const { Failed: failed = [] } = await clientFor(queueUrl).send(command).catch(failWith);
      refused.push(...failed.filter((f) => f.SenderFault === true).map((f) => `${f.Code}: ${f.Message}`));
      const busy = failed.filter((f) => f.SenderFault !== true);
      left = left.filter((entry) => busy.some((f) => f.Id === entry.Id));
      if (left.length === 0) return refused;
      throw new HeadgateError('Unavailable', `${queueUrl} did not take ${left.length} messages: ${busy[0]?.Message}`);
    });
  };

  return {
    async send(queueUrl, messages) {
      const entries = messages.map(toEntry);
      const refused: string[] = [];
      for (const batch of batchesOf(entries)) refused.push(...(await sendBatch(queueUrl, batch)));
      if (refused.length > 0) throw new HeadgateError('Invalid', `${queueUrl} refused: ${refused.join('; ')}`);
    },
  };
};

const toEntry = (message: QueueMessage, index: number): SendMessageBatchRequestEntry => {
  const bytes = Buffer.byteLength(message.body);
  if (bytes > MAX_BYTES) throw new HeadgateError('Invalid', `a message of ${bytes} bytes is too long to send`);
  return {
    Id: String(index),
    MessageBody: message.body,
    MessageGroupId: message.groupId,
    MessageDeduplicationId: message.dedupId === undefined ? undefined : toDedupId(message.dedupId),
    DelaySeconds: message.delaySeconds,
  };
};

/** SQS takes up to 128 letters, digits and punctuation marks; anything else is told apart by its hash. */
const toDedupId = (text: string): string =>
  /^[!-~]{1,128}$/.test(text) ? text : createHash('sha256').update(text).digest('hex');

const batchesOf = (entries: readonly SendMessageBatchRequestEntry[]): readonly SendMessageBatchRequestEntry[][] => {
  const batches: SendMessageBatchRequestEntry[][] = [];
  let bytes = 0;
  for (const entry of entries) {
    const more = Buffer.byteLength(entry.MessageBody ?? '');
    const batch = batches.at(-1);
    if (batch === undefined || batch.length === MAX_BATCH || bytes + more > MAX_BYTES) {
      batches.push([entry]);
      bytes = more;
    } else {
      batch.push(entry);
      bytes += more;
    }
  }
  return batches;
};

/** The SDK's client on our network and clock, without retries of its own; everything that it would look up in files is said here. */
const createClient = (world: World, options: QueueOptions & { readonly endpoint: string }): SQSClient => {
  const { region, endpoint } = options;
  const signer = createAwsSigner(world, { service: 'sqs', region });
  const client = new SQSClient({
    region,
    endpoint,
    credentials: awsCredentials(world),
    signer: { sign: (request, how) => signer.sign(request, { ...how, signingDate: new Date(world.now()) }) },
    requestHandler: { handle: (request: HttpRequest) => send(world, request, options.signal) },
    maxAttempts: 1,
    retryMode: 'standard',
    defaultsMode: 'standard',
    useDualstackEndpoint: false,
    useFipsEndpoint: false,
    userAgentAppId: 'headgate',
    authSchemePreference: [],
    disableClockSkewCorrection: true,
  });
  // Its own retries, which also put a random id on each request, make room for ours.
  client.middlewareStack.add((next) => next, {
    name: 'retryMiddleware',
    step: 'finalizeRequest',
    priority: 'high',
    override: true,
  });
  return client;
};

const send = async (world: World, request: HttpRequest, signal: AbortSignal) => {
  const port = request.port === undefined ? '' : `:${request.port}`;
  const url = `${request.protocol}//${request.hostname}${port}${request.path}`;
  const { status, headers, text } = await call(
    world,
    { method: request.method, url, headers: request.headers, body: textOf(request.body) },
    { signal, timeoutMillis: CALL_TIMEOUT_MILLIS, repeatable: true },
  );
  return { response: { statusCode: status, headers: Object.fromEntries(headers), body: Buffer.from(text) } };
};

const textOf = (body: string | Uint8Array = ''): string =>
  typeof body === 'string' ? body : new TextDecoder().decode(body);

/** SQS's refusal as one of our errors; what `call` threw passes as it is. */
const failWith = (error: unknown): never => {
  if (error instanceof HeadgateError) throw error;
  if (!(error instanceof SQSServiceException))
    throw new HeadgateError('Misconfigured', messageOf(error), { cause: error });
  throw new HeadgateError(codeOf(error), `${error.name}: ${error.message}`, {
    cause: error,
    details: { status: error.$metadata.httpStatusCode },
  });
};

const codeOf = ({ name, $metadata: { httpStatusCode: status = 500 } }: SQSServiceException): ErrorCode => {
  if (/throttl/i.test(name) || status === 429) return 'Throttled';
  if (status >= 500) return 'Unavailable';
  if (status === 401 || status === 403) return 'Forbidden';
  return /QueueDoesNotExist/.test(name) ? 'NotFound' : 'Invalid';
};
