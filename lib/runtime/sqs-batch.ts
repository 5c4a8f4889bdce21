import {
  BatchProcessor,
  EventType,
  processPartialResponse,
  SqsFifoPartialProcessorAsync,
} from '@aws-lambda-powertools/batch';
import type { SQSBatchResponse, SQSEvent, SQSRecord } from 'aws-lambda';
import type { z } from 'zod';
import { parseJson } from './parse-json.ts';
import type { Log } from './telemetry.ts';

/** A message as a queue delivers it. */
export type QueuedMessage = {
  /** Name of the queue it comes from. */
  readonly queue: string;
  readonly messageId: string;
  readonly body: string;
  /** Message group of a FIFO queue; else empty. */
  readonly group: string;
  /** Who sent it, as SQS authenticated them. */
  readonly senderId: string;
  /** How often it has been delivered, this time included. */
  readonly receiveCount: number;
};

/** Longest body that is parsed. */
const MAX_BODY_BYTES = 256 * 1024;

/**
 * Handles a batch message by message: a failure concerns its message alone and, in a FIFO queue, those behind it in its group.
 * What the deadline leaves unbegun goes back to the queue.
 */
export const handleBatch = async (
  event: SQSEvent,
  { signal, log }: { readonly signal: AbortSignal; readonly log: Log },
  handle: (message: QueuedMessage) => Promise<void>,
): Promise<SQSBatchResponse> => {
  const handleRecord = async (record: SQSRecord): Promise<void> => {
    const message = toMessage(record);
    try {
      signal.throwIfAborted();
      await handle(message);
    } catch (error) {
      const { body: _, ...which } = message;
      log.error('message failed', { ...which, error });
      throw error;
    }
  };
  const options = { throwOnFullBatchFailure: false };
  // A new processor each time: it keeps the batch's failures.
  return isFifo(event)
    ? processPartialResponse(event, handleRecord, new SqsFifoPartialProcessorAsync(), {
        ...options,
        skipGroupOnError: true,
      })
    : processPartialResponse(event, handleRecord, new BatchProcessor(EventType.SQS), options);
};

const isFifo = (event: SQSEvent): boolean => event.Records[0]?.eventSourceARN.endsWith('.fifo') === true;

const toMessage = (record: SQSRecord): QueuedMessage => ({
  queue: record.eventSourceARN.split(':').at(-1) ?? '',
  messageId: record.messageId,
  body: record.body,
  group: record.attributes.MessageGroupId ?? '',
  senderId: record.attributes.SenderId,
  receiveCount: Number(record.attributes.ApproximateReceiveCount),
});

/**
 * Handles only messages whose body is JSON that fits the schema. Any other will never fit: it is reported, not tried again.
 */
export const ifWellFormed =
  <T>(
    schema: z.ZodType<T>,
    handle: (content: T, message: QueuedMessage) => Promise<void>,
    onMalformed: (message: QueuedMessage, problem: string) => Promise<void>,
  ) =>
  async (message: QueuedMessage): Promise<void> => {
    const parsed = parseJson(message.body, schema, MAX_BODY_BYTES);
    await (parsed.ok ? handle(parsed.value, message) : onMalformed(message, parsed.problem));
  };
