import { createHash, timingSafeEqual } from 'node:crypto';
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import type { z } from 'zod';
import { HeadgateError, messageOf } from './errors.ts';
import { parseJson } from './parse-json.ts';
import type { Log } from './telemetry.ts';

/** A request whose sender has shown an accepted token. */
export type WebhookRequest = {
  readonly method: string;
  readonly path: string;
  readonly query: Readonly<Record<string, string | undefined>>;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body: string;
};

export type WebhookAnswer = {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: string;
};

export type WebhookOptions = {
  /** SHA-256 of the tokens that are let in: several, so that one can be exchanged for the next. */
  readonly tokenSha256: readonly string[];
  readonly log: Log;
};

/** API Gateway hands over up to 10 MiB; Alertmanager's largest groups stay far below one. */
const MAX_BODY_BYTES = 1024 * 1024;

export const answerJson = (status: number, body: unknown, headers: Record<string, string> = {}): WebhookAnswer => ({
  status,
  headers: { 'content-type': 'application/json', ...headers },
  body: JSON.stringify(body),
});

/** A refusal in words (the shape of RFC 9457). */
export const answerProblem = (status: number, detail: string, headers: Record<string, string> = {}): WebhookAnswer =>
  answerJson(status, { status, detail }, { 'content-type': 'application/problem+json', ...headers });

/**
 * Answers one HTTP request (API Gateway's HTTP API, payload 2.0). Who shows no accepted token learns nothing; what fails on our side is
 * answered 503 when trying again can help, and Alertmanager then does, else 500.
 */
export const answerWebhook = async (
  event: APIGatewayProxyEventV2,
  { tokenSha256, log }: WebhookOptions,
  handle: (request: WebhookRequest) => Promise<WebhookAnswer>,
): Promise<APIGatewayProxyStructuredResultV2> => {
  const answer = async (): Promise<WebhookAnswer> => {
    if (!isAccepted(event.headers['authorization'], tokenSha256)) return UNAUTHORIZED;
    const { body = '', isBase64Encoded } = event;
    if (Buffer.byteLength(body, isBase64Encoded ? 'base64' : 'utf8') > MAX_BODY_BYTES) {
      return answerProblem(413, `more than ${MAX_BODY_BYTES} bytes`);
    }
    return handle({
      method: event.requestContext.http.method,
      path: event.rawPath,
      query: event.queryStringParameters ?? {},
      headers: event.headers,
      body: isBase64Encoded ? Buffer.from(body, 'base64').toString() : body,
    });
  };
  const {
    status,
    headers = {},
    body,
  } = await answer().catch((error: unknown) => {
    log.error('request failed', { error });
    return answerFailure(error);
  });
  return { statusCode: status, headers: { ...headers, 'cache-control': 'no-store' }, body };
};

/** Handles only requests whose body is JSON that fits the schema; any other is told why it is not. */
export const ifJson =
  <T>(schema: z.ZodType<T>, handle: (content: T, request: WebhookRequest) => Promise<WebhookAnswer>) =>
  async (request: WebhookRequest): Promise<WebhookAnswer> => {
    const parsed = parseJson(request.body, schema, MAX_BODY_BYTES);
    return parsed.ok ? handle(parsed.value, request) : answerProblem(400, parsed.problem);
  };

/** `Basic` is for browsers, which can ask for nothing else: the token is the password, the user name is ignored. */
const UNAUTHORIZED = answerProblem(401, 'an accepted token is needed', {
  'www-authenticate': 'Bearer, Basic realm="Headgate"',
});

/** Compares with every accepted token, and each in constant time. */
const isAccepted = (authorization: string | undefined, tokenSha256: readonly string[]): boolean => {
  const sum = createHash('sha256')
    .update(tokenOf(authorization ?? ''))
    .digest();
  return tokenSha256.map((accepted) => timingSafeEqual(Buffer.from(accepted, 'hex'), sum)).includes(true);
};

const tokenOf = (authorization: string): string => {
  const [, scheme, credentials = ''] = /^(bearer|basic) +(\S+) *$/i.exec(authorization) ?? [];
  if (scheme?.toLowerCase() !== 'basic') return credentials;
  const pair = Buffer.from(credentials, 'base64').toString();
  return pair.slice(pair.indexOf(':') + 1);
};

const answerFailure = (error: unknown): WebhookAnswer => {
  if (!(error instanceof HeadgateError) || error.retry === 'never') return answerProblem(500, 'it failed, see the log');
  return answerProblem(503, messageOf(error), { 'retry-after': String(Math.ceil(error.retryAfterSeconds ?? 10)) });
};
