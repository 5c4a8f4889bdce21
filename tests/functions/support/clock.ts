import { getActiveResourcesInfo } from 'node:process';
import type { World } from '../../../lib/runtime/world.ts';

/** A clock that stands still while anybody is at work, and jumps to the next sleeper when nobody is. */
export type Clock = {
  readonly now: () => number;
  /** Lets time pass while nothing runs. */
  readonly advance: (millis: number) => void;
  /** Waiting, for one party; `forget` leaves its sleepers asleep for good. */
  readonly sleepers: () => { readonly sleep: World['sleep']; readonly forget: () => void };
  /** Marks work that the clock must not jump over. */
  readonly during: <T>(work: Promise<T>) => Promise<T>;
};

type Sleeper = { readonly at: number; readonly wake: () => void };

/** So many turns of the event loop without any work mean that only time can help. */
const IDLE_TURNS = 4;

export const createClock = (start: number): Clock => {
  let now = start;
  let underWay = 0;
  let idleTurns = 0;
  let isWatching = false;
  const asleep = new Set<Sleeper>();

  const watch = (): void => {
    if (isWatching) return;
    isWatching = true;
    const turn = (): void => {
      // Reading files is the one real thing that the functions may be at.
      idleTurns = underWay > 0 || getActiveResourcesInfo().some((name) => name.startsWith('FSReq')) ? 0 : idleTurns + 1;
      if (idleTurns >= IDLE_TURNS) {
        idleTurns = 0;
        const [next] = [...asleep].sort((a, b) => a.at - b.at);
        if (next !== undefined) {
          asleep.delete(next);
          now = Math.max(now, next.at);
          next.wake();
        }
      }
      isWatching = asleep.size > 0;
      if (isWatching) setImmediate(turn);
    };
    setImmediate(turn);
  };

  return {
    now: () => now,
    advance: (millis) => {
      now += millis;
    },
    during: async (work) => {
      underWay += 1;
      idleTurns = 0;
      try {
        return await work;
      } finally {
        underWay -= 1;
        idleTurns = 0;
      }
    },
    sleepers: () => {
      const own = new Set<Sleeper>();
      let isForgotten = false;
      return {
        sleep: (millis, signal) =>
          new Promise((resolve, reject) => {
            if (isForgotten) return;
            if (signal?.aborted === true) return reject(signal.reason);
            const sleeper = { at: now + Math.ceil(millis), wake: resolve };
            own.add(sleeper);
            asleep.add(sleeper);
            signal?.addEventListener('abort', () => {
              asleep.delete(sleeper);
              if (!isForgotten) reject(signal.reason);
            });
            watch();
          }),
        forget: () => {
          isForgotten = true;
          for (const sleeper of own) asleep.delete(sleeper);
        },
      };
    },
  };
};
