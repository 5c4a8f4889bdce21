import { HeadgateError } from '../../runtime/errors.ts';
import type { World } from '../../runtime/world.ts';
import { call, type Answer } from '../call.ts';
import type { Connection } from './connection.ts';

export type ApiRequest = {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly path: string;
  readonly query?: Readonly<Record<string, string | undefined>>;
  /** Sent as JSON. */
  readonly body?: unknown;
  readonly contentType?: string;
};

/** One HTTP call to the API server, authenticated; any status is an answer. */
export type Transport = (request: ApiRequest) => Promise<Answer>;

export type TransportOptions = {
  readonly connection: Connection;
  readonly signal: AbortSignal;
  readonly timeoutMillis: number;
  /** Longer answers are refused. */
  readonly maxBytes: number;
};

/** Reads may be repeated at will. A write may not, though most would do no harm: what it meets the second time is another world. */
export const isRepeatable = ({ method }: Pick<ApiRequest, 'method'>): boolean => method === 'GET';

export const createTransport =
  (world: World, { connection, ...limits }: TransportOptions): Transport =>
  async ({ method, path, query = {}, body, contentType = 'application/json' }) => {
    refuseDetour(path);
    const { server, headers, dispatcher } = await connection();
    const url = new URL(server.replace(/\/+$/, '') + path);
    for (const [name, value] of Object.entries(query)) {
      if (value !== undefined) url.searchParams.set(name, value);
    }
    return call(
      world,
      {
        method,
        url: url.href,
        headers: {
          accept: 'application/json',
          'user-agent': 'headgate',
          ...(body !== undefined && { 'content-type': contentType }),
          ...headers,
        },
        body: body === undefined ? undefined : JSON.stringify(body),
        dispatcher,
      },
      { ...limits, repeatable: isRepeatable({ method }) },
    );
  };

/**
 * Parts of a path may come from a tenant's JobManager (job ids) or from a message. `..` would lead our credentials to another place,
 * since URLs resolve it, also when it is written `%2e%2e`.
 */
const refuseDetour = (path: string): void => {
  const isPlain = /^\/[\w\-.~%!$&'()*+,;=:@/]*$/.test(path) && !/%(?![\da-f]{2})/i.test(path);
  const isStraight =
    isPlain &&
    !decodeURIComponent(path)
      .split(/[/\\]/)
      .some((s) => s === '.' || s === '..');
  if (!isStraight) throw new HeadgateError('Invalid', `not a path to call: ${path}`);
};
