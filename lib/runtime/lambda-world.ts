import { setTimeout } from 'node:timers/promises';
import type { World } from './world.ts';

/**
 * The real world: Node's own network, clock, chance and environment. The one place in functions/ and lib/ that may touch them.
 * The environment is read when it is asked for, never at import.
 */
export const lambdaWorld: World = {
  fetch: (request) => fetch(request),
  now: () => Date.now(),
  sleep: async (millis, signal) => {
    try {
      await setTimeout(millis, undefined, signal === undefined ? {} : { signal });
    } catch (error) {
      throw signal?.aborted === true ? signal.reason : error;
    }
  },
  random: () => Math.random(),
  get env() {
    return process.env;
  },
  // Not console.log: Lambda puts a time stamp of its own before each of its lines.
  print: (line) => void process.stdout.write(`${line}\n`),
};
