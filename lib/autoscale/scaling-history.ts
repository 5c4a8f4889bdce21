import { z } from 'zod';
import type { JobGraph, VertexId } from '../model/job-graph.ts';
import type { EpochMillis } from '../model/instant.ts';

const Sizes = z.record(z.string(), z.number().int().min(1));

/** The saturated vertex that a rescale was to relieve, and what that vertex could process at the time. */
const Relief = z.object({
  vertex: z.string(),
  trueRate: z.number(),
  /** How many rescales in a row, before this one, were to relieve it and did not. */
  inVain: z.number().int().default(0),
});
export type Relief = z.infer<typeof Relief>;

const LastRescale = z.object({
  at: z.number(),
  /** `before` and `after` name only the vertices that it changed. */
  before: Sizes,
  after: Sizes,
  /** From the decision until the job ran again; learnt when the new run is first seen. */
  tookSeconds: z.number().min(0).optional(),
  relieves: Relief.optional(),
});

/** What the scaler remembers of a job between two looks. Small: it lives in the tenant's history object. */
export const ScalingHistory = z.object({
  lastRescale: LastRescale.optional(),
  /** Since when a growth wish has stood: one that rests on a sudden jump is looked at twice. */
  growthSince: z.number().optional(),
  /** Since when a smaller size has been wished without a break, and the highest size wished in that time. */
  shrink: z.object({ since: z.number(), highest: Sizes }).optional(),
});
export type ScalingHistory = z.infer<typeof ScalingHistory>;

/** A restart that took longer than this was held up by something else, and teaches nothing about the next one. */
export const LONGEST_RESTART_SECONDS = 900;

/**
 * The history after a rescale that was really written. `decideScaling` returns it for a rescale applied in full; call this
 * when the grant was smaller than the wish. A decision that was not applied leaves the old history in place.
 */
export const recordRescale = (
  graph: JobGraph,
  parallelism: Readonly<Record<VertexId, number>>,
  at: EpochMillis,
  relieves?: Relief,
): ScalingHistory => {
  const changed = graph.vertices.filter((v) => (parallelism[v.id] ?? v.parallelism) !== v.parallelism);
  return {
    lastRescale: {
      at,
      before: Object.fromEntries(changed.map((v) => [v.id, v.parallelism])),
      after: Object.fromEntries(changed.map((v) => [v.id, parallelism[v.id]!])),
      ...(relieves && { relieves }),
    },
  };
};

/** Notes how long our last rescale kept the job from running, once its new run is there. */
export const learnRestart = (history: ScalingHistory, runningSince: EpochMillis): ScalingHistory => {
  const last = history.lastRescale;
  if (last === undefined || last.tookSeconds !== undefined || runningSince <= last.at) return history;
  const tookSeconds = Math.round((runningSince - last.at) / 1000);
  return tookSeconds > LONGEST_RESTART_SECONDS ? history : { ...history, lastRescale: { ...last, tookSeconds } };
};
