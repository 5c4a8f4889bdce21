import { HeadgateError } from '../../runtime/errors.ts';
import type { World } from '../../runtime/world.ts';
import { call } from '../call.ts';
import type { SendToFlink } from './rest.ts';

const TIMEOUT_MILLIS = 10_000;
/** A job of a thousand vertices describes itself in less. */
const MAX_BYTES = 32 * 1024 * 1024;

/** Calls a JobManager at its own address (`http://jobs-rest.payments:8081`), for networks where functions can reach it. */
export const createDirectSend =
  (world: World, baseUrl: string, options: { readonly signal: AbortSignal }): SendToFlink =>
  async ({ method, path, query, body }) => {
    const search = query === undefined ? '' : `?${new URLSearchParams(query).toString()}`;
    const answer = await call(
      world,
      {
        method,
        url: `${baseUrl.replace(/\/$/, '')}${path}${search}`,
        headers: { accept: 'application/json', ...(body !== undefined && { 'content-type': 'application/json' }) },
        body: body === undefined ? undefined : JSON.stringify(body),
      },
      {
        signal: options.signal,
        timeoutMillis: TIMEOUT_MILLIS,
        maxBytes: MAX_BYTES,
        // Requirements, triggers with an id of their own and a cancel can all be said twice.
        repeatable: true,
      },
    );
    return { status: answer.status, body: parseJson(answer.text, `${method} ${path}`) };
  };

const parseJson = (text: string, where: string): unknown => {
  if (text === '') return {};
  try {
    return JSON.parse(text);
  } catch (error) {
    if (text.trimStart().startsWith('{'))
      throw new HeadgateError('Unavailable', `${where}: broken JSON`, { cause: error });
    return text;
  }
};
