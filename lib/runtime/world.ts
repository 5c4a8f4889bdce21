import type { EpochMillis } from '../model/instant.ts';

/**
 * The one thing that is injected: network, time, chance and environment. Production hands in `lambdaWorld`,
 * tests and the embedded stack a virtual one; nothing else in lib/ or functions/ reaches outside.
 */
export type World = {
  /** Rejects with the reason of the request's signal when that aborts. */
  readonly fetch: (request: Request) => Promise<Response>;
  /** Milliseconds since the epoch. */
  readonly now: () => EpochMillis;
  /** Resolves after `millis`, or rejects with the signal's reason when it aborts first. */
  readonly sleep: (millis: number, signal?: AbortSignal) => Promise<void>;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Where log lines and metrics go, one JSON text at a time; left out, they are dropped. */
  readonly print?: (line: string) => void;
};
