import { z } from 'zod';
import { SqsError } from './sqs-error.ts';

/** Which receive of which message a receipt handle stands for. */
export type Receipt = { readonly queue: string; readonly messageId: string; readonly receive: number };

const Receipts = z.tuple([z.string(), z.string(), z.number()]);

/** A receipt handle, different for each receive of a message. */
export const writeReceipt = ({ queue, messageId, receive }: Receipt): string =>
  Buffer.from(JSON.stringify([queue, messageId, receive])).toString('base64');

/** Reads a receipt handle of `queue`; throws `ReceiptHandleIsInvalid` when it is none. */
export const parseReceipt = (queue: string, handle: string): Receipt => {
  const read = Receipts.safeParse(jsonOf(Buffer.from(handle, 'base64').toString()));
  if (!read.success || read.data[0] !== queue)
    throw new SqsError('ReceiptHandleIsInvalid', `The input receipt handle "${handle}" is not a valid receipt handle.`);
  const [, messageId, receive] = read.data;
  return { queue, messageId, receive };
};

const jsonOf = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};
