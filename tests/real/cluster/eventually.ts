import { setTimeout as delay } from 'node:timers/promises';

/** Tries again, ten times a second, until the attempt neither throws nor answers undefined; after the deadline its last error. */
export async function eventually<T>(attempt: () => Promise<T | undefined>, options: { seconds: number }): Promise<T> {
  const deadline = Date.now() + options.seconds * 1000;
  for (;;) {
    let lastError: unknown;
    try {
      const answer = await attempt();
      if (answer !== undefined) return answer;
    } catch (error) {
      lastError = error;
    }
    if (Date.now() > deadline) throw lastError ?? new Error(`still nothing after ${options.seconds} s`);
    await delay(100);
  }
}
