import type { JobSpec } from './spec.ts';

const PERIOD_MILLIS = 10_000;

/** A number in [0, 1) of a few integers: the last mixing steps of MurmurHash3, which spread every bit over all. */
const chance = (...numbers: readonly number[]): number => {
  let hash = 0x9e3779b9;
  for (const number of numbers) {
    hash ^= number | 0;
    hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
    hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
    hash ^= hash >>> 16;
  }
  return (hash >>> 0) / 2 ** 32;
};

/** What a vertex's service rate is multiplied with at a time: the same for the same seed, whoever asks and how often. */
export const serviceNoise = ({ noise }: JobSpec, vertex: number, atMillis: number): number =>
  noise === undefined
    ? 1
    : 1 + noise.share * (2 * chance(noise.seed, vertex, Math.floor(atMillis / PERIOD_MILLIS)) - 1);
