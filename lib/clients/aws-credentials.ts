import type { defaultProvider } from '@aws-sdk/credential-provider-node';
import type { World } from '../runtime/world.ts';

export type AwsCredentials = () => Promise<Awaited<ReturnType<ReturnType<typeof defaultProvider>>>>;

/** The role's credentials from the environment, as Lambda hands them over; elsewhere (a laptop, a pod) by the SDK's own chain. */
export const awsCredentials = ({ env }: World): AwsCredentials => {
  const { AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN } = env;
  if (AWS_ACCESS_KEY_ID !== undefined && AWS_SECRET_ACCESS_KEY !== undefined) {
    const credentials = {
      accessKeyId: AWS_ACCESS_KEY_ID,
      secretAccessKey: AWS_SECRET_ACCESS_KEY,
      ...(AWS_SESSION_TOKEN !== undefined && { sessionToken: AWS_SESSION_TOKEN }),
    };
    return async () => credentials;
  }
  let chain: AwsCredentials | undefined;
  return async () => {
    chain ??= (await import('@aws-sdk/credential-provider-node')).defaultProvider();
    return chain();
  };
};
