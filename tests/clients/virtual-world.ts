import type { World } from '../../lib/runtime/world.ts';

export type VirtualWorld = {
  readonly world: World;
  /** How far the clock has moved since the start. */
  readonly elapsed: () => number;
};

/** An answer, or `silence`: none ever comes. */
export type Answering = (request: Request) => Promise<Response | 'silence'>;

const START = Date.UTC(2026, 0, 1);

/** A world with somebody else at the other side. Its time stands still, and jumps to the next sleeper when nothing else is to be done. */
export const virtualWorld = (answer: Answering, env: World['env'] = {}): VirtualWorld => {
  const sleepers = new Set<{ readonly at: number; readonly wake: () => void }>();
  let now = START;
  let callsUnderWay = 0;

  const wakeNextWhenIdle = (): void => {
    setImmediate(() => {
      const [next] = [...sleepers].sort((a, b) => a.at - b.at);
      if (next === undefined) return;
      if (callsUnderWay === 0) {
        sleepers.delete(next);
        now = next.at;
        next.wake();
      }
      wakeNextWhenIdle();
    });
  };

  const sleep: World['sleep'] = (millis, signal) =>
    new Promise((resolve, reject) => {
      if (signal?.aborted === true) return reject(signal.reason);
      const sleeper = { at: now + millis, wake: resolve };
      sleepers.add(sleeper);
      signal?.addEventListener('abort', () => {
        sleepers.delete(sleeper);
        reject(signal.reason);
      });
      wakeNextWhenIdle();
    });

  const fetch: World['fetch'] = async (request) => {
    request.signal.throwIfAborted();
    callsUnderWay += 1;
    const answered = await answer(request).finally(() => (callsUnderWay -= 1));
    if (answered !== 'silence') return answered;
    return new Promise((_, reject) => {
      request.signal.addEventListener('abort', () => reject(request.signal.reason));
    });
  };

  return { world: { env, now: () => now, random: () => 0.5, sleep, fetch }, elapsed: () => now - START };
};
