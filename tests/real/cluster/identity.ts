import { createHmac, timingSafeEqual } from 'node:crypto';

/** Who a request to the API server comes from. */
export type Identity = { user: string; groups: readonly string[] };

/**
 * A bearer token that says who its holder is, signed with the run's secret. The API server asks our token webhook what it means
 * (`node-agent/token-webhook.ts`), as EKS asks aws-iam-authenticator, so an identity can be made at any time, without a restart.
 */
export function signIdentity(secret: string, identity: Identity): string {
  const claim = Buffer.from(JSON.stringify(identity)).toString('base64url');
  return `${claim}.${signature(secret, claim)}`;
}

/** The identity in a token that was signed with this secret, or undefined. */
export function readIdentity(secret: string, token: string): Identity | undefined {
  const [claim = '', signed = ''] = token.split('.');
  const expected = Buffer.from(signature(secret, claim));
  const given = Buffer.from(signed);
  if (given.length !== expected.length || !timingSafeEqual(given, expected)) return undefined;
  const identity: Identity = JSON.parse(Buffer.from(claim, 'base64url').toString());
  return identity;
}

function signature(secret: string, claim: string): string {
  return createHmac('sha256', secret).update(claim).digest('base64url');
}
