import { createHash, createHmac, type Hash, type Hmac } from 'node:crypto';
import { SignatureV4 } from '@smithy/signature-v4';
import type { World } from '../runtime/world.ts';
import { awsCredentials } from './aws-credentials.ts';

/** Signature Version 4 for one service. Whoever signs gives the date: the signer knows no clock. */
export const createAwsSigner = (
  world: World,
  options: {
    readonly service: string;
    readonly region: string;
    /** S3 alone signs paths as they are. */
    readonly uriEscapePath?: boolean;
  },
): SignatureV4 => new SignatureV4({ ...options, credentials: awsCredentials(world), sha256: Sha256 });

/** Node's own, synchronous inside: the signer's interface asks for promises, a virtual clock for nothing that works elsewhere. */
class Sha256 {
  readonly #secret: Uint8Array | undefined;
  #hash: Hash | Hmac;

  constructor(secret?: string | ArrayBuffer | ArrayBufferView) {
    this.#secret = secret === undefined ? undefined : Buffer.from(toBytes(secret));
    this.#hash = this.#begin();
  }

  update(chunk: Uint8Array): void {
    this.#hash.update(chunk);
  }

  async digest(): Promise<Uint8Array> {
    return this.#hash.digest();
  }

  reset(): void {
    this.#hash = this.#begin();
  }

  #begin(): Hash | Hmac {
    return this.#secret === undefined ? createHash('sha256') : createHmac('sha256', this.#secret);
  }
}

const toBytes = (source: string | ArrayBuffer | ArrayBufferView): Uint8Array => {
  if (typeof source === 'string') return Buffer.from(source);
  return ArrayBuffer.isView(source)
    ? new Uint8Array(source.buffer, source.byteOffset, source.byteLength)
    : new Uint8Array(source);
};
