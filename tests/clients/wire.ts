import type { World } from '../../lib/runtime/world.ts';

/** A request as it went over the wire. */
export type Sent = {
  readonly method: string;
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
  readonly headers: Headers;
  /** Parsed when it is JSON. */
  readonly body: unknown;
};

/** An answer, `silence` (none ever comes), or an error to fail with. */
export type Script = (request: Sent, number: number) => Response | 'silence' | Error;

export type Wire = {
  readonly world: World;
  readonly sent: readonly Sent[];
  /** How far the clock has moved since the start. */
  readonly elapsed: () => number;
};

const START = Date.UTC(2026, 0, 1);

export const json = (body: unknown, status = 200, headers: Record<string, string> = {}): Response =>
  new Response(JSON.stringify(body), { status, headers: { 'content-type': 'application/json', ...headers } });

/** What `fetch` throws when the socket fails. */
export const socketError = (code: string): Error =>
  new TypeError('fetch failed', { cause: Object.assign(new Error(`it was ${code}`), { code }) });

/** A world whose other side is scripted. Time stands still, and jumps to the next sleeper when nobody has anything else to do. */
export const wire = (script: Script, env: World['env'] = {}): Wire => {
  const sent: Sent[] = [];
  const sleepers = new Set<{ readonly at: number; readonly wake: () => void }>();
  let now = START;

  const wakeNextWhenIdle = (): void => {
    setImmediate(() => {
      const [next] = [...sleepers].sort((a, b) => a.at - b.at);
      if (next === undefined) return;
      sleepers.delete(next);
      now = next.at;
      next.wake();
      wakeNextWhenIdle();
    });
  };

  const world: World = {
    env,
    now: () => now,
    random: () => 0.5,
    sleep: (millis, signal) =>
      new Promise((resolve, reject) => {
        if (signal?.aborted === true) return reject(signal.reason);
        const sleeper = { at: now + millis, wake: resolve };
        sleepers.add(sleeper);
        signal?.addEventListener('abort', () => {
          sleepers.delete(sleeper);
          reject(signal.reason);
        });
        wakeNextWhenIdle();
      }),
    fetch: async (request) => {
      request.signal.throwIfAborted();
      const { pathname, searchParams } = new URL(request.url);
      const text = await request.text();
      const { method, headers } = request;
      sent.push({ method, path: pathname, query: Object.fromEntries(searchParams), headers, body: parse(text) });
      const answer = script(sent.at(-1)!, sent.length);
      if (answer instanceof Error) throw answer;
      if (answer !== 'silence') return answer;
      return new Promise((_, reject) => {
        request.signal.addEventListener('abort', () => reject(request.signal.reason));
      });
    },
  };
  return { world, sent, elapsed: () => now - START };
};

const parse = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
};
