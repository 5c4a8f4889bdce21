import { createServer } from 'node:http';
import { text } from 'node:stream/consumers';
import { readIdentity } from '../identity.ts';
import { tokenWebhook } from '../network.ts';

/** Answers the API server's TokenReviews: who holds this bearer token? Tokens are those of `identity.ts`. */
export function serveTokenReviews(secret: string): Promise<void> {
  const server = createServer((request, response) => {
    response.setHeader('content-type', 'application/json');
    void text(request).then((body) => response.end(JSON.stringify(answerReview(body, secret))));
  });
  return new Promise((resolve) => {
    server.listen(tokenWebhook.port, tokenWebhook.host, resolve);
  });
}

function answerReview(body: string, secret: string): object {
  const review: { spec: { token: string } } = JSON.parse(body);
  const identity = readIdentity(secret, review.spec.token);
  const status = identity
    ? { authenticated: true, user: { username: identity.user, groups: identity.groups } }
    : { authenticated: false };
  return { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenReview', status };
}
