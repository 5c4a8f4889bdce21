import { withinBounds } from './bounds.ts';
import { describeChange, describeTightest, describeVertex, nameOf, seconds } from './describe.ts';
import type { HoldReason, Parallelism } from './scaling-decision.ts';
import { presentSize, sizes, withoutWishes, type Choice, type Situation } from './situation.ts';
import { slotsNeeded } from './task-managers.ts';
import { strangeRestarts } from './window.ts';

/** A backlog of so many seconds of input is none to speak of. */
const NO_BACKLOG_SECONDS = 5;

/** A restart may always replay this much. */
const SHORT_REPLAY_SECONDS = 60;

/** Nothing unknown lets a job shrink, or be called stable. A wish to shrink survives a gap in the metrics. */
export const unknownParts = ({ history, assessment: { gap } }: Situation): Choice | undefined =>
  gap && {
    kind: 'hold',
    reason: 'MetricsUnknown',
    message: `kept at its size: of ${nameOf(gap.vertex)}, ${gap.what} is not known`,
    history: { ...withoutWishes(history), ...(history.shrink && { shrink: history.shrink }) },
  };

/** Answers when the load leaves whole slots unused: a size that frees no slot is worth no restart. */
export const shrinking = (situation: Situation): Choice | undefined => {
  const { graph, policy, bounds, history, now, assessment } = situation;
  const { vertices } = assessment;
  const present = presentSize(graph.vertices);
  const slots = slotsNeeded(graph, present);

  // Hysteresis: only when the slots are too many even at the lowest utilization of the band.
  const atLowest = sizes(vertices, (v) => (v.target === 0 ? 0 : v.target / (policy.minUtilization * v.capacityAt(1)!)));
  if (slotsNeeded(graph, atLowest) >= slots) return undefined;
  const stepTo = (wish: Parallelism): Parallelism | undefined => {
    const step = sizes(vertices, ({ vertex }) => {
      const least = Math.ceil(vertex.parallelism * (1 - policy.maxScaleDownFraction) - 1e-9);
      return Math.max(wish[vertex.id]!, withinBounds(vertex, least, bounds));
    });
    return slotsNeeded(graph, step) < slots ? step : undefined;
  };
  const wanted = sizes(vertices, (v) => Math.min(v.vertex.parallelism, v.wanted));
  if (stepTo(wanted) === undefined) return undefined;

  const refusal = whyNotNow(situation);
  if (refusal !== undefined) return { kind: 'hold', ...refusal, wanted: present, history: withoutWishes(history) };

  const since = history.shrink?.since ?? now;
  const waited = (now - since) / 1000;
  const delay = delayOf(situation);
  const highest = sizes(vertices, ({ vertex: { id } }) => Math.max(history.shrink?.highest[id] ?? 1, wanted[id]!));
  const remember = (shrink: NonNullable<typeof history.shrink>) => ({ ...withoutWishes(history), shrink });
  const parallelism = stepTo(highest);
  if (waited < delay || parallelism === undefined) {
    // A delay that ends with nothing to gain starts anew, without the peaks that it remembers.
    const ended = waited >= delay;
    return {
      kind: 'hold',
      reason: 'ScaleDownDelayed',
      message: `${describeTightest(assessment)}; less has been enough for ${seconds(waited)} of ${seconds(delay)}`,
      wanted,
      history: remember(ended ? { since: now, highest: { ...wanted } } : { since, highest: { ...highest } }),
    };
  }
  const { rewindSeconds } = assessment;
  if (rewindSeconds > Math.max(policy.lagLimitSeconds, SHORT_REPLAY_SECONDS)) {
    const message = `a restart would replay ${seconds(rewindSeconds)} of input: waits for the next checkpoint`;
    return {
      kind: 'hold',
      reason: 'CheckpointTooOld',
      message,
      wanted,
      history: remember({ since, highest: { ...highest } }),
    };
  }
  return {
    kind: 'rescale',
    reason: 'LoadBelowTarget',
    parallelism,
    wanted: highest,
    message: `${describeTightest(assessment)}: ${describeChange(graph.vertices, parallelism)}`,
    history: remember({ since, highest: { ...highest } }),
  };
};

/**
 * How long a smaller size must have been enough. To shrink is a choice, and its restart delays every record that comes in
 * meanwhile: the time lost grows with the square of the outage. So where the outage alone breaks the lag limit, the wish
 * must stand as much longer.
 */
const delayOf = ({ policy, assessment: { restartSeconds } }: Situation): number => {
  const outages = restartSeconds / Math.max(policy.lagLimitSeconds, SHORT_REPLAY_SECONDS);
  return policy.scaleDownDelaySeconds * Math.max(1, outages ** 2);
};

/** What forbids to shrink now: a backlog to work off, or a job that restarts by itself. */
const whyNotNow = ({
  samples,
  history,
  policy,
  assessment,
}: Situation): { readonly reason: HoldReason; readonly message: string } | undefined => {
  const backlogged = assessment.vertices.find(({ rates: { source }, target }) => {
    const seconds = Math.max(NO_BACKLOG_SECONDS, policy.lagLimitSeconds / 2);
    return source?.lag.kind === 'known' && source.lag.value > target * seconds;
  });
  if (backlogged !== undefined) {
    return {
      reason: 'BacklogRemains',
      message: `${describeVertex(backlogged)}: no shrinking before that is worked off`,
    };
  }
  const restarts = strangeRestarts(samples, history.lastRescale?.at);
  if (restarts === 0) return undefined;
  return { reason: 'Flapping', message: `the job restarted by itself ${restarts} times while it was watched` };
};
