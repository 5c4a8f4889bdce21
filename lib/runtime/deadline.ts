import { HeadgateError } from './errors.ts';
import type { World } from './world.ts';

/** What Lambda tells of the time left. */
export type RemainingTime = { readonly getRemainingTimeInMillis: () => number };

export type Deadline = {
  /** Aborts shortly before the function would be killed, with `DeadlineExceeded`. */
  readonly signal: AbortSignal;
  /** The invocation is over: nothing is left waiting. */
  readonly stop: () => void;
};

/** Time kept for handing back what was not begun, and for the last log line. */
const RESERVE_MILLIS = 1_000;

export const startDeadline = (world: World, context: RemainingTime): Deadline => {
  const deadline = new AbortController();
  const stopped = new AbortController();
  const left = Math.max(0, context.getRemainingTimeInMillis() - RESERVE_MILLIS);
  void world.sleep(left, stopped.signal).then(
    () => deadline.abort(new HeadgateError('DeadlineExceeded', `the invocation ends in ${RESERVE_MILLIS} ms`)),
    () => {}, // stopped first
  );
  return { signal: deadline.signal, stop: () => stopped.abort() };
};
