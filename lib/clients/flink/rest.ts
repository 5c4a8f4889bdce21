import type { z } from 'zod';
import { HeadgateError, type ErrorCode } from '../../runtime/errors.ts';

/** One call of Flink's REST API. `path` starts with a slash and knows nothing of where the JobManager is. */
export type FlinkRequest = {
  readonly method: 'GET' | 'PUT' | 'POST' | 'PATCH';
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly body?: unknown;
};

/** What came back, whatever its status; `body` as parsed JSON, or as text where it was none. */
export type FlinkAnswer = { readonly status: number; readonly body: unknown };

/** Carries a call to a JobManager: the Kubernetes service proxy, or `createDirectSend`. Rejects with a HeadgateError when no answer came. */
export type SendToFlink = (request: FlinkRequest) => Promise<FlinkAnswer>;

/** Sends a call and reads the answer by its schema; every failure is a HeadgateError in Flink's own words. */
export const readFlink = async <T>(send: SendToFlink, request: FlinkRequest, schema: z.ZodType<T>): Promise<T> => {
  const { status, body } = await send(request);
  const where = `${request.method} ${request.path}`;
  if (status < 200 || status > 299) throw refusalOf(where, status, body);
  const parsed = schema.safeParse(body);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.slice(0, 3).map((issue) => `${issue.path.join('.')}: ${issue.message}`);
  throw new HeadgateError('Invalid', `${where}: unexpected answer: ${problems.join('; ')}`);
};

const refusalOf = (where: string, status: number, body: unknown): HeadgateError => {
  const text = wordsOf(body);
  return new HeadgateError(codeOf(status, text), `${where}: ${status} ${text}`.trim(), { details: { status } });
};

const codeOf = (status: number, text: string): ErrorCode => {
  // A job that is unknown or has ended: 404 on most paths, but 500 on resource-requirements and savepoints.
  if (status === 404 || text.includes('FlinkJobNotFoundException')) return 'NotFound';
  if (status === 429) return 'Throttled';
  if (status === 401 || status === 403) return 'Forbidden';
  return status >= 500 ? 'Unavailable' : 'Invalid';
};

/** The sentences of an error answer, without exception class and stack frames: Flink's `{errors}`, a Kubernetes Status, or text. */
const wordsOf = (body: unknown): string =>
  textOf(body)
    .split('\n')
    .filter((line) => !/^\s+at |^\s*\.\.\. \d+ more|^<Exception on server side|^End of exception/.test(line))
    .map((line) => line.replace(/^org\.apache\.flink\.runtime\.rest\.[A-Za-z.]+Exception: /, '').trim())
    .filter((line) => line !== '')
    .join(' ')
    .slice(0, 1000);

const textOf = (body: unknown): string => {
  if (typeof body === 'string') return body;
  if (typeof body !== 'object' || body === null) return '';
  if ('errors' in body && Array.isArray(body.errors)) return body.errors.map(String).join('\n');
  return 'message' in body ? String(body.message) : '';
};
