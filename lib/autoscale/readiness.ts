import { limitsOf, withinBounds } from './bounds.ts';
import { describeChange, nameOf, seconds } from './describe.ts';
import { LONGEST_RESTART_SECONDS } from './scaling-history.ts';
import { presentSize, type Choice, type Situation } from './situation.ts';
import { shortestSpan, spanSeconds } from './window.ts';

const secondsUntil = (at: number, now: number): number => Math.max(1, Math.ceil((at - now) / 1000));

/** A rescale is awaited for this long at least: Flink 2 first waits for stable resources (60 s) and for a checkpoint. */
const LANDING_SECONDS = 180;

/** Holds until our own rescale has landed and the job has run for a while since its last start. */
export const settling = ({ history, policy, runningSince, now, urgent }: Situation): Choice | undefined => {
  const last = history.lastRescale;
  if (last !== undefined && last.at >= runningSince) {
    const until = last.at + Math.max(LANDING_SECONDS, policy.restartSeconds + policy.stabilizationSeconds) * 1000;
    if (now < until) {
      const message = `the rescale asked for ${seconds((now - last.at) / 1000)} ago has not restarted the job yet`;
      return { kind: 'hold', reason: 'Restarting', message, history, recheckAfterSeconds: secondsUntil(until, now) };
    }
  }
  const until = runningSince + policy.stabilizationSeconds * 1000;
  const startedByUs = last !== undefined && runningSince - last.at <= LONGEST_RESTART_SECONDS * 1000;
  if (now >= until || (urgent && !startedByUs)) return undefined;
  const message = `running for ${seconds((now - runningSince) / 1000)} of the ${policy.stabilizationSeconds} s that a start is given to settle`;
  return { kind: 'hold', reason: 'Stabilizing', message, history, recheckAfterSeconds: secondsUntil(until, now) };
};

/** Brings the job back inside its bounds: they are a person's word and need no metrics. */
export const intoBounds = ({ graph, bounds, history }: Situation): Choice | undefined => {
  const outside = graph.vertices.filter((vertex) => {
    const { lower, upper } = limitsOf(vertex, bounds);
    return vertex.parallelism < lower || vertex.parallelism > upper;
  });
  if (outside.length === 0) return undefined;
  const parallelism = {
    ...presentSize(graph.vertices),
    ...Object.fromEntries(outside.map((vertex) => [vertex.id, withinBounds(vertex, vertex.parallelism, bounds)])),
  };
  const message = `${nameOf(outside[0]!)} stands outside its bounds: ${describeChange(graph.vertices, parallelism)}`;
  return { kind: 'rescale', reason: 'OutOfBounds', parallelism, wanted: parallelism, message, history };
};

/** Holds while the current run has not been watched for long enough, or not lately. An alert is content with half. */
export const tooLittleSeen = ({ policy, window, history, now, urgent }: Situation): Choice | undefined => {
  const seen = spanSeconds(window);
  const needed = shortestSpan(policy.windowSeconds) * (urgent ? 1 : 2);
  const newest = window.at(-1);
  if (newest === undefined || seen < needed) {
    const message = `${window.length} usable samples of this run over ${seconds(seen)}; at least ${seconds(needed)} must be seen`;
    const recheckAfterSeconds = Math.max(1, Math.ceil(needed - seen));
    return { kind: 'hold', reason: 'TooFewSamples', message, history, recheckAfterSeconds };
  }
  const age = (now - newest.at) / 1000;
  if (age <= policy.windowSeconds / 2) return undefined;
  return { kind: 'hold', reason: 'MetricsUnknown', message: `the newest sample is ${seconds(age)} old`, history };
};
