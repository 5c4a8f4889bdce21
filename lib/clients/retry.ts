import { HeadgateError } from '../runtime/errors.ts';
import type { World } from '../runtime/world.ts';

const BASE_MILLIS = 200;
const CAP_MILLIS = 5_000;
/** Whoever is told to wait longer gives up: the next tick comes sooner than that. */
const LONGEST_WAIT_SECONDS = 30;

/**
 * Repeats what failed as `Throttled` or `Unavailable`, waiting with full jitter in between (uniform in [0, min(cap, base × 2^n)];
 * M. Brooker, "Exponential Backoff And Jitter", AWS 2015), and at least as long as the other side asked for.
 */
export const retrying = async <T>(
  world: World,
  options: { readonly signal: AbortSignal; readonly attempts: number },
  attempt: () => Promise<T>,
): Promise<T> => {
  for (let failures = 0; ; failures += 1) {
    try {
      return await attempt();
    } catch (error) {
      if (!isWorthRepeating(error) || failures + 1 >= options.attempts) throw error;
      await pause(world, options.signal, failures, error);
    }
  }
};

const isWorthRepeating = (error: unknown): error is HeadgateError =>
  error instanceof HeadgateError &&
  (error.code === 'Throttled' || error.code === 'Unavailable') &&
  (error.retryAfterSeconds ?? 0) <= LONGEST_WAIT_SECONDS;

const pause = async (world: World, signal: AbortSignal, failures: number, error: HeadgateError): Promise<void> => {
  const jitterMillis = world.random() * Math.min(CAP_MILLIS, BASE_MILLIS * 2 ** failures);
  const askedMillis = (error.retryAfterSeconds ?? 0) * 1000;
  try {
    await world.sleep(askedMillis + jitterMillis, signal);
  } catch {
    throw new HeadgateError('DeadlineExceeded', `no time left to repeat: ${error.message}`, { cause: error });
  }
};
