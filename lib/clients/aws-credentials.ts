import type { defaultProvider } from '@aws-sdk/credential-provider-node';
import type { World } from '../runtime/world.ts';

export type AwsCredentials = () => Promise<Awaited<ReturnType<ReturnType<typeof defaultProvider>>>>;

/** The role's credentials from the environment, as Lambda hands them over; elsewhere (a laptop, a pod) by the SDK's own chain. */
export const awsCredentials = (world: World): AwsCredentials => {
  let chain: AwsCredentials | undefined;
  return async () => {
    const { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey, ...env } = world.env;
    if (accessKeyId !== undefined && secretAccessKey !== undefined) {
      const sessionToken = env['AWS_SESSION_TOKEN'];
      return { accessKeyId, secretAccessKey, ...(sessionToken !== undefined && { sessionToken }) };
    }
    chain ??= (await import('@aws-sdk/credential-provider-node')).defaultProvider();
    return chain();
  };
};
