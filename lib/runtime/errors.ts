/** Whether trying again can help: at once (the world moved under us), later (it is busy or away), or never. */
export type Retry = 'now' | 'later' | 'never';

/** Closed set of failure codes; each names what a reader can do about it in docs/errors.md. */
export type ErrorCode =
  | 'Conflict' // the object changed since it was read: read and decide again
  | 'OwnedByAnother' // another field manager owns the field: left alone
  | 'NotFound'
  | 'Forbidden' // RBAC or admission said no, in its own words
  | 'Invalid' // the API server or a schema refused the content
  | 'Throttled'
  | 'Unavailable' // 5xx, reset, time-out before anything was known
  | 'OutcomeUnknown' // a write timed out: it may have happened; read before writing again
  | 'DeadlineExceeded' // our own invocation ran out of time
  | 'Misconfigured'; // our own environment

const RETRY: Record<ErrorCode, Retry> = {
  Conflict: 'now',
  OwnedByAnother: 'never',
  NotFound: 'never',
  Forbidden: 'never',
  Invalid: 'never',
  Throttled: 'later',
  Unavailable: 'later',
  OutcomeUnknown: 'later',
  DeadlineExceeded: 'later',
  Misconfigured: 'never',
};

/** Every failure that crosses a function border: what, whether to retry, and after how long if the other side said so. */
export class HeadgateError extends Error {
  readonly code: ErrorCode;
  readonly retry: Retry;
  readonly retryAfterSeconds: number | undefined;
  readonly details: Readonly<Record<string, unknown>>;

  constructor(
    code: ErrorCode,
    message: string,
    options: { cause?: unknown; retryAfterSeconds?: number; details?: Record<string, unknown> } = {},
  ) {
    super(message, { cause: options.cause });
    this.name = 'HeadgateError';
    this.code = code;
    this.retry = RETRY[code];
    this.retryAfterSeconds = options.retryAfterSeconds;
    this.details = options.details ?? {};
  }
}

/** What went wrong in words, with the socket's error that `fetch` hides in the cause of its own. */
export const messageOf = (error: unknown): string => {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? `${error.message}: ${error.cause.message}` : error.message;
};
