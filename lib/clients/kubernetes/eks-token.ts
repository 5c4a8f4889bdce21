import { HeadgateError, messageOf } from '../../runtime/errors.ts';
import type { World } from '../../runtime/world.ts';
import { createAwsSigner } from '../aws-signer.ts';

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
  const signer = createAwsSigner(world, { service: 'sts', region: cluster.region });
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
