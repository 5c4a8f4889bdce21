import { HeadgateError, messageOf } from '../runtime/errors.ts';
import type { World } from '../runtime/world.ts';

/** An answer, read to its end: nothing of the call is left running. */
export type Answer = { readonly status: number; readonly headers: Headers; readonly text: string };

export type CallLimits = {
  /** The invocation's signal. */
  readonly signal: AbortSignal;
  readonly timeoutMillis: number;
  /** Longer answers are refused unread. */
  readonly maxBytes?: number;
  /** Whether doing it twice does no harm. What does, and broke off, has an unknown outcome. */
  readonly repeatable: boolean;
};

export type CallRequest = {
  readonly method: string;
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | undefined;
  readonly dispatcher?: RequestInit['dispatcher'] | undefined;
};

/** Failures before the first byte was sent (Node's and undici's codes). */
const NEVER_SENT = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
]);

/** OpenSSL's and Node's words for a peer that cannot be trusted. */
const UNTRUSTED = /^ERR_(?:TLS|SSL)_|CERT|^UNABLE_TO_/;

/**
 * One HTTP call over `world.fetch`, with a time limit that ends it for real. Any status is an answer; no answer is a HeadgateError:
 * `Unavailable` (repeat at will), `OutcomeUnknown` (a write broke off), `DeadlineExceeded`, `Misconfigured` (certificates), `Invalid` (too long).
 */
export const call = async (world: World, request: CallRequest, limits: CallLimits): Promise<Answer> => {
  const where = `${request.method} ${new URL(request.url).pathname}`;
  if (limits.signal.aborted) throw new HeadgateError('DeadlineExceeded', `${where}: no time left to begin`);

  const finished = new AbortController();
  const expired = new AbortController();
  void world.sleep(limits.timeoutMillis, finished.signal).then(
    () => expired.abort(new Error(`no answer within ${limits.timeoutMillis} ms`)),
    () => {}, // the answer came first
  );
  try {
    const response = await world.fetch(
      new Request(request.url, {
        method: request.method,
        headers: { ...request.headers },
        ...(request.body !== undefined && { body: request.body }),
        ...(request.dispatcher !== undefined && { dispatcher: request.dispatcher }),
        // A redirect would carry our credentials to wherever a proxied service points.
        redirect: 'manual',
        signal: AbortSignal.any([limits.signal, expired.signal]),
      }),
    );
    return { status: response.status, headers: response.headers, text: await readText(response, limits.maxBytes) };
  } catch (error) {
    throw failureOf(error, where, limits);
  } finally {
    finished.abort();
  }
};

const readText = async (response: Response, maxBytes = Number.POSITIVE_INFINITY): Promise<string> => {
  if (response.body === null) return '';
  const decoder = new TextDecoder();
  let bytes = 0;
  let text = '';
  for await (const chunk of response.body) {
    bytes += chunk.byteLength;
    if (bytes > maxBytes) throw new HeadgateError('Invalid', `the answer is longer than ${maxBytes} bytes`);
    text += decoder.decode(chunk, { stream: true });
  }
  return text + decoder.decode();
};

const failureOf = (error: unknown, where: string, { signal, repeatable }: CallLimits): HeadgateError => {
  if (error instanceof HeadgateError) return error;
  const code = codeOf(error);
  const because = `${where}: ${messageOf(error)}`;
  if (NEVER_SENT.has(code)) return new HeadgateError('Unavailable', because, { cause: error });
  if (UNTRUSTED.test(code)) return new HeadgateError('Misconfigured', because, { cause: error });
  if (!repeatable) return new HeadgateError('OutcomeUnknown', because, { cause: error });
  return new HeadgateError(signal.aborted ? 'DeadlineExceeded' : 'Unavailable', because, { cause: error });
};

const codeOf = (error: unknown): string => {
  const cause: unknown = error instanceof Error ? (error.cause ?? error) : error;
  return cause instanceof Error && 'code' in cause ? String(cause.code) : '';
};
