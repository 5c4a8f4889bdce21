import { createHash } from 'node:crypto';

/** An attribute that a sender puts on a message; binary values as base64, as the wire has them. */
export type MessageAttribute = {
  readonly DataType: string;
  readonly StringValue?: string | undefined;
  readonly BinaryValue?: string | undefined;
};
export type MessageAttributes = Readonly<Record<string, MessageAttribute>>;

export const md5 = (content: string | Buffer): string => createHash('md5').update(content).digest('hex');

/** What content-based deduplication takes for a deduplication id. */
export const contentId = (body: string): string => createHash('sha256').update(body).digest('hex');

/** The digest that SDKs check (SQS developer guide, "Calculating the MD5 message digest for message attributes"). */
export const md5OfAttributes = (attributes: MessageAttributes): string => {
  const parts = Object.entries(attributes)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([name, { DataType, StringValue, BinaryValue }]) => [
      measured(Buffer.from(name)),
      measured(Buffer.from(DataType)),
      Buffer.of(BinaryValue === undefined ? 1 : 2),
      measured(BinaryValue === undefined ? Buffer.from(StringValue ?? '') : Buffer.from(BinaryValue, 'base64')),
    ]);
  return md5(Buffer.concat(parts));
};

const measured = (content: Buffer): Buffer => {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(content.length);
  return Buffer.concat([length, content]);
};

/** What counts towards the size of a message: its body, and names, types and values of its attributes. */
export const bytesOf = (body: string, attributes: MessageAttributes): number =>
  Object.entries(attributes).reduce(
    (sum, [name, { DataType, StringValue = '', BinaryValue = '' }]) =>
      sum + Buffer.byteLength(name + DataType + StringValue) + Buffer.byteLength(BinaryValue, 'base64'),
    Buffer.byteLength(body),
  );
