import { z } from 'zod';
import { bytesOf, type MessageAttributes } from './digest.ts';
import type { Settings } from './settings.ts';
import { invalidParameter, missingParameter, SqsError } from './sqs-error.ts';

/** Reads what an action was given; throws `MissingParameter` for what is not there, and `SerializationException` for what is of another type. */
export const parseInput = <Input>(schema: z.ZodType<Input>, json: unknown): Input => {
  const read = schema.safeParse(json);
  if (read.success) return read.data;
  const [issue] = read.error.issues;
  const path = issue?.path.join('.') ?? '';
  const isMissing = issue?.code === 'invalid_type' && issue.message.endsWith('received undefined');
  throw isMissing ? missingParameter(path) : new SqsError('SerializationException', `${path}: ${issue?.message}`);
};

/** Refuses a number outside its range with SQS's sentence. */
export const checkRange = (name: string, value: number | undefined, least: number, most: number, reason: string) => {
  if (value !== undefined && (value < least || value > most)) throw invalidParameter(name, value, reason);
};

/** What SQS looks at when it is sent a message. */
export type Sent = {
  readonly body: string;
  readonly attributes: MessageAttributes;
  readonly group: string | undefined;
  readonly dedupId: string | undefined;
  readonly delaySeconds: number | undefined;
};

const MAX_ATTRIBUTES = 10;
const MAX_DELAY_SECONDS = 900;
/** What is allowed in a body: "Message content" of the message quotas. A lone half of a surrogate pair is none of it. */
// oxlint-disable-next-line no-control-regex -- three of them are allowed
const FORBIDDEN_CHARACTER = /[^\u0009\u000A\u000D\u0020-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/u;
const ID = /^[!-~]{1,128}$/;

/** Refuses what this queue does not take. */
export const checkMessage = (settings: Settings, { body, attributes, group, dedupId, delaySeconds }: Sent): void => {
  if (body === '') throw missingParameter('MessageBody');
  if (FORBIDDEN_CHARACTER.test(body))
    throw new SqsError('InvalidMessageContents', 'Invalid characters found. Valid unicode characters are allowed.');
  checkAttributes(attributes);
  if (bytesOf(body, attributes) > settings.maxBytes) throw tooLong(settings.maxBytes);
  checkId('MessageGroupId', group);
  checkId('MessageDeduplicationId', dedupId);
  checkRange('DelaySeconds', delaySeconds, 0, MAX_DELAY_SECONDS, 'DelaySeconds must be >= 0 and <= 900.');
  if (settings.fifo) checkFifo(settings, { group, dedupId, delaySeconds });
  else if (dedupId !== undefined) throw notForThisQueue('MessageDeduplicationId', dedupId);
};

type Fifo = Pick<Sent, 'group' | 'dedupId' | 'delaySeconds'>;

const checkFifo = (settings: Settings, { group, dedupId, delaySeconds = 0 }: Fifo): void => {
  if (group === undefined) throw missingParameter('MessageGroupId');
  if (delaySeconds !== 0) throw notForThisQueue('DelaySeconds', delaySeconds);
  if (dedupId !== undefined || settings.contentBasedDedup) return;
  const message =
    'The queue should either have ContentBasedDeduplication enabled or MessageDeduplicationId provided explicitly';
  throw new SqsError('InvalidParameterValue', message);
};

const tooLong = (most: number): SqsError =>
  new SqsError(
    'InvalidParameterValue',
    `One or more parameters are invalid. Reason: Message must be shorter than ${most} bytes.`,
  );

const notForThisQueue = (name: string, value: unknown): SqsError =>
  invalidParameter(name, value, 'The request include parameter that is not valid for this queue type.');

const checkId = (name: string, id: string | undefined): void => {
  if (id === undefined || ID.test(id)) return;
  const reason = `${name} can only include alphanumeric and punctuation characters. 1 to 128 in length.`;
  throw invalidParameter(name, id, reason);
};

const checkAttributes = (attributes: MessageAttributes): void => {
  const entries = Object.entries(attributes);
  const refuse = (message: string): never => {
    throw new SqsError('InvalidParameterValue', message);
  };
  if (entries.length > MAX_ATTRIBUTES)
    refuse(`Number of message attributes [${entries.length}] exceeds the allowed maximum [${MAX_ATTRIBUTES}].`);
  for (const [name, { DataType, StringValue, BinaryValue }] of entries) {
    if (!/^(?!aws\.|amazon\.|\.)[\w.-]{1,256}(?<!\.)$/i.test(name) || name.includes('..'))
      refuse(`The message attribute name '${name}' is not valid.`);
    if (!/^(String|Number|Binary)(\..+)?$/.test(DataType))
      refuse(
        `The message attribute '${name}' has an invalid message attribute type, the set of supported type prefixes is Binary, Number, and String.`,
      );
    if (((DataType.startsWith('Binary') ? BinaryValue : StringValue) ?? '') === '')
      refuse(
        `The message attribute '${name}' must contain a non-empty message attribute value for message attribute type '${DataType}'.`,
      );
  }
};

/** The most that one request may send, all entries together. */
const MAX_BATCH_BYTES = 1_048_576;

/** Refuses a batch as a whole: none, too many, equal or malformed ids. `action` is the name of its entries. */
export const checkBatch = (action: string, entries: readonly { readonly Id: string }[]): void => {
  if (entries.length === 0)
    throw new SqsError('EmptyBatchRequest', `There should be at least one ${action}RequestEntry in the request.`);
  if (entries.length > 10) {
    const message = `Maximum number of entries per request are 10. You have sent ${entries.length}.`;
    throw new SqsError('TooManyEntriesInBatchRequest', message);
  }
  if (entries.some(({ Id }) => !/^[\w-]{1,80}$/.test(Id))) {
    const message =
      'A batch entry id can only contain alphanumeric characters, hyphens and underscores. It can be at most 80 letters long.';
    throw new SqsError('InvalidBatchEntryId', message);
  }
  const ids = entries.map(({ Id }) => Id);
  const repeated = ids.find((id, index) => ids.indexOf(id) !== index);
  if (repeated !== undefined) throw new SqsError('BatchEntryIdsNotDistinct', `Id ${repeated} repeated.`);
};

/** Refuses a batch whose messages are too long together. */
export const checkBatchBytes = (messages: readonly Pick<Sent, 'body' | 'attributes'>[]): void => {
  const bytes = messages.reduce((sum, { body, attributes }) => sum + bytesOf(body, attributes), 0);
  if (bytes <= MAX_BATCH_BYTES) return;
  const message = `Batch requests cannot be longer than ${MAX_BATCH_BYTES} bytes. You have sent ${bytes} bytes.`;
  throw new SqsError('BatchRequestTooLong', message);
};
