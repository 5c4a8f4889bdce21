import type { EpochMillis } from '../model/instant.ts';

/** A cumulative count at a point in time. */
export type Point = { readonly at: EpochMillis; readonly value: number };

export const secondsBetween = (from: EpochMillis, to: EpochMillis): number => (to - from) / 1000;

const slopeBetween = (a: Point, b: Point): number => (b.value - a.value) / secondsBetween(a.at, b.at);

/**
 * The rate of a cumulative count, per second: the median slope over all pairs of points (Theil 1950, Sen 1968), so that
 * a single odd sample does not move it. Points in order of time, at distinct times; undefined for fewer than two.
 */
export const medianSlope = (points: readonly Point[]): number | undefined => {
  const slopes = points.flatMap((a, i) => points.slice(i + 1).map((b) => slopeBetween(a, b))).sort((x, y) => x - y);
  const middle = slopes.length / 2;
  if (slopes.length === 0) return undefined;
  return (slopes[Math.ceil(middle) - 1]! + slopes[Math.floor(middle)]!) / 2;
};

/** Two spans are of one level when their slopes differ by less than this share … */
const LEVEL_TOLERANCE = 0.1;
/** … plus what samples taken this much too early or too late can feign (Flink caches its answers for some seconds). */
const CLOCK_SECONDS = 3;

/**
 * The newest points over which the slope is level. Starts with the shortest newest part that spans `minSeconds` and
 * goes back while each older interval has much the same slope, so that after a jump the old load is forgotten at once
 * and in steady times every sample counts.
 */
export const newestLevel = (points: readonly Point[], minSeconds: number): readonly Point[] => {
  const newest = points.at(-1);
  if (newest === undefined) return [];
  let start = points.findLastIndex((p) => secondsBetween(p.at, newest.at) >= minSeconds);
  if (start < 0) return points;
  for (; start > 0; start -= 1) {
    const [before, first] = [points[start - 1]!, points[start]!];
    const shortest = Math.min(secondsBetween(before.at, first.at), secondsBetween(first.at, newest.at));
    const older = slopeBetween(before, first);
    const level = medianSlope(points.slice(start))!;
    const tolerance = LEVEL_TOLERANCE + CLOCK_SECONDS / shortest;
    if (Math.abs(older - level) > tolerance * Math.max(Math.abs(older), Math.abs(level))) break;
  }
  return points.slice(start);
};
