import { z } from 'zod';
import { invalidParameter, SqsError } from './sqs-error.ts';

/** What a queue's attributes say about how it behaves. */
export type Settings = {
  readonly fifo: boolean;
  readonly delaySeconds: number;
  readonly visibilitySeconds: number;
  readonly retentionSeconds: number;
  readonly waitSeconds: number;
  readonly maxBytes: number;
  readonly contentBasedDedup: boolean;
  readonly dedupScope: 'queue' | 'messageGroup';
  readonly redrive: { readonly deadLetterArn: string; readonly maxReceiveCount: number } | undefined;
  /** All attributes that can be set, as GetQueueAttributes answers them. */
  readonly attributes: Readonly<Record<string, string>>;
};

/** Least, most and default (SetQueueAttributes in the API reference; a message may have 1 MiB since August 2025). */
const NUMBERS: Readonly<Record<string, readonly [number, number, number]>> = {
  VisibilityTimeout: [0, 43_200, 30],
  MaximumMessageSize: [1024, 1_048_576, 1_048_576],
  MessageRetentionPeriod: [60, 1_209_600, 345_600],
  DelaySeconds: [0, 900, 0],
  ReceiveMessageWaitTimeSeconds: [0, 20, 0],
};

const TRUTH = ['true', 'false'];
const CHOICES: Readonly<Record<string, readonly string[]>> = { SqsManagedSseEnabled: TRUTH };
const FIFO_CHOICES: Readonly<Record<string, readonly string[]>> = {
  FifoQueue: ['true'],
  ContentBasedDeduplication: TRUTH,
  DeduplicationScope: ['queue', 'messageGroup'],
  FifoThroughputLimit: ['perQueue', 'perMessageGroupId'],
};

/** Kept and answered, without any effect here. */
const TEXTS = new Set(['Policy', 'RedriveAllowPolicy', 'KmsMasterKeyId', 'KmsDataKeyReusePeriodSeconds']);

const FIFO_DEFAULTS = {
  FifoQueue: 'true',
  ContentBasedDeduplication: 'false',
  DeduplicationScope: 'queue',
  FifoThroughputLimit: 'perQueue',
};
const DEFAULTS = {
  ...Object.fromEntries(Object.entries(NUMBERS).map(([name, [, , usual]]) => [name, String(usual)])),
  SqsManagedSseEnabled: 'true',
};

/** A queue's attributes before any is set. */
export const defaultAttributes = (fifo: boolean): Readonly<Record<string, string>> =>
  fifo ? { ...DEFAULTS, ...FIFO_DEFAULTS } : DEFAULTS;

/** Names that can be asked for or set. */
export const isSettable = (name: string, fifo: boolean): boolean =>
  name in NUMBERS || name in CHOICES || name === 'RedrivePolicy' || TEXTS.has(name) || (fifo && name in FIFO_CHOICES);

const RedrivePolicy = z.object({
  deadLetterTargetArn: z.string(),
  maxReceiveCount: z.coerce.number().int().min(1).max(1000),
});

/** Reads `attributes` on top of those that a queue has; throws `SqsError`. An empty text takes an attribute away. */
export const parseSettings = (
  fifo: boolean,
  before: Readonly<Record<string, string>>,
  attributes: Readonly<Record<string, string>>,
): Settings => {
  for (const [name, value] of Object.entries(attributes)) checkAttribute(fifo, name, value);
  const all = Object.fromEntries(Object.entries({ ...before, ...attributes }).filter(([, value]) => value !== ''));
  const number = (name: string): number => Number(all[name]);
  if (all['FifoThroughputLimit'] === 'perMessageGroupId' && all['DeduplicationScope'] !== 'messageGroup') {
    throw new SqsError(
      'InvalidAttributeValue',
      'perMessageGroupId is allowed only when the value for DeduplicationScope is messageGroup',
    );
  }
  return {
    fifo,
    delaySeconds: number('DelaySeconds'),
    visibilitySeconds: number('VisibilityTimeout'),
    retentionSeconds: number('MessageRetentionPeriod'),
    waitSeconds: number('ReceiveMessageWaitTimeSeconds'),
    maxBytes: number('MaximumMessageSize'),
    contentBasedDedup: all['ContentBasedDeduplication'] === 'true',
    dedupScope: all['DeduplicationScope'] === 'messageGroup' ? 'messageGroup' : 'queue',
    redrive: redriveOf(all['RedrivePolicy']),
    attributes: all,
  };
};

const checkAttribute = (fifo: boolean, name: string, value: string): void => {
  if (!isSettable(name, fifo)) throw new SqsError('InvalidAttributeName', `Unknown Attribute ${name}.`);
  const range = NUMBERS[name];
  const choices = CHOICES[name] ?? FIFO_CHOICES[name];
  const inRange =
    range === undefined || (/^\d+$/.test(value) && Number(value) >= range[0] && Number(value) <= range[1]);
  if (!inRange || (choices !== undefined && !choices.includes(value)))
    throw new SqsError('InvalidAttributeValue', `Invalid value for the parameter ${name}.`);
};

const redriveOf = (policy: string | undefined): Settings['redrive'] => {
  if (policy === undefined) return undefined;
  const read = RedrivePolicy.safeParse(jsonOf(policy));
  if (!read.success) {
    const reason = 'It needs a deadLetterTargetArn, and a maxReceiveCount from 1 to 1000.';
    throw invalidParameter('RedrivePolicy', policy, reason);
  }
  return { deadLetterArn: read.data.deadLetterTargetArn, maxReceiveCount: read.data.maxReceiveCount };
};

const jsonOf = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};
