import { z } from 'zod';

/** What a look at a job leaves for the next one; kept with the tenant's sample history. Losing it costs calls, nothing else. */
export const JobMemory = z.object({
  jobId: z.string(),
  /** The run that was seen last (`MetricSample.run`). */
  run: z.string(),
  /** Smallest distance seen between our clock and the counters' (`counter-clock.ts`), in milliseconds. */
  clockOffset: z.number().optional(),
  /** Metric names of each source vertex that are worth asking for, and when they were listed (epoch milliseconds). */
  sources: z.record(z.string(), z.object({ names: z.array(z.string()), listedAt: z.number() })),
});
export type JobMemory = z.infer<typeof JobMemory>;
