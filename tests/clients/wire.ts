import type { World } from '../../lib/runtime/world.ts';
import { virtualWorld, type VirtualWorld } from './virtual-world.ts';

/** A request as it went over the wire. */
export type Sent = {
  readonly method: string;
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
  readonly headers: Headers;
  /** Parsed when it is JSON. */
  readonly body: unknown;
};

/** What the other side does: answers, fails, or never says a word. */
export type Script = (request: Sent, number: number) => Response | 'silence' | Error;

export type Wire = VirtualWorld & { readonly sent: readonly Sent[] };

export const json = (body: unknown, status = 200, headers: Record<string, string> = {}): Response =>
  new Response(JSON.stringify(body), { status, headers: { 'content-type': 'application/json', ...headers } });

/** What `fetch` throws when the socket fails. */
export const socketError = (code: string): Error =>
  new TypeError('fetch failed', { cause: Object.assign(new Error(`it was ${code}`), { code }) });

/** A world whose other side follows a script. */
export const wire = (script: Script, env: World['env'] = {}): Wire => {
  const sent: Sent[] = [];
  const virtual = virtualWorld(async (request) => {
    const { pathname, searchParams } = new URL(request.url);
    const { method, headers } = request;
    const body = parse(await request.text());
    const one = { method, path: pathname, query: Object.fromEntries(searchParams), headers, body };
    sent.push(one);
    const answer = script(one, sent.length);
    if (answer instanceof Error) throw answer;
    return answer;
  }, env);
  return { ...virtual, sent };
};

const parse = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
};
