/** From `sinceMillis` (epoch) on, this many records come into being each second, in all partitions together. */
export interface LoadStep {
  readonly sinceMillis: number;
  readonly recordsPerSecond: number;
}

/** How the job's control file writes a load: see `Load.java`, which computes the same. */
export const writeLoad = (steps: readonly LoadStep[]): string =>
  steps.map((step) => `${step.sinceMillis}:${step.recordsPerSecond}`).join(' ');

export const parseLoad = (text: string): LoadStep[] =>
  text
    .split(' ')
    .filter((step) => step !== '')
    .map((step) => {
      const [sinceMillis, recordsPerSecond] = step.split(':').map(Number);
      return { sinceMillis: sinceMillis ?? 0, recordsPerSecond: recordsPerSecond ?? 0 };
    });

/** How many records exist in one partition at a moment: record n of all is in partition n modulo `partitions`. */
export function endOffset(steps: readonly LoadStep[], partition: number, partitions: number, atMillis: number): number {
  const recordMillis = steps.reduce((sum, step, i) => {
    const until = Math.min(steps[i + 1]?.sinceMillis ?? atMillis, atMillis);
    return sum + step.recordsPerSecond * Math.max(0, until - step.sinceMillis);
  }, 0);
  return Math.floor((Math.floor(recordMillis / 1000) - partition + partitions - 1) / partitions);
}
