import { createHash, createHmac, type Hash, type Hmac } from 'node:crypto';
import { SignatureV4 } from '@smithy/signature-v4';
import { HeadgateError, messageOf } from '../../runtime/errors.ts';
import type { World } from '../../runtime/world.ts';
import { awsCredentials } from '../aws-credentials.ts';

/** EKS takes a token for 15 minutes after its signature; what is kept longer than this might run out on the way. */
const KEEP_MILLIS = 10 * 60_000;

/**
 * Tokens as EKS wants them (aws-iam-authenticator, "API Authorization from Outside a Cluster"): the presigned URL of an
 * STS GetCallerIdentity that names the cluster in a signed header.
 */
export const createEksToken = (
  world: World,
  cluster: { readonly clusterName: string; readonly region: string },
): (() => Promise<string>) => {
  const signer = new SignatureV4({
    service: 'sts',
    region: cluster.region,
    credentials: awsCredentials(world),
    sha256: Sha256,
  });
  const host = `sts.${cluster.region}.${cluster.region.startsWith('cn-') ? 'amazonaws.com.cn' : 'amazonaws.com'}`;

  const sign = async (): Promise<string> => {
    const { query = {} } = await signer.presign(
      {
        method: 'GET',
        protocol: 'https:',
        hostname: host,
        path: '/',
        query: { Action: 'GetCallerIdentity', Version: '2011-06-15' },
        headers: { host, 'x-k8s-aws-id': cluster.clusterName },
      },
      { signingDate: new Date(world.now()), expiresIn: 60 },
    );
    const url = new URL(`https://${host}/`);
    for (const [name, value] of Object.entries(query)) url.searchParams.set(name, String(value));
    return `k8s-aws-v1.${Buffer.from(url.href).toString('base64url')}`;
  };

  let kept: { readonly token: string; readonly until: number } | undefined;
  return async () => {
    if (kept === undefined || world.now() >= kept.until) {
      const until = world.now() + KEEP_MILLIS;
      try {
        kept = { token: await sign(), until };
      } catch (error) {
        throw new HeadgateError('Misconfigured', `no AWS credentials for the cluster: ${messageOf(error)}`, {
          cause: error,
        });
      }
    }
    return kept.token;
  };
};

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
