import { z } from 'zod';
import type { MetricSample, VertexCounters } from '../../model/job-graph.ts';
import { known, unknown, type Measurement, type UnknownReason } from '../../model/measurement.ts';

// A sample as it lies in the history object: a number is a known value, a text the reason why it is unknown.
const Cell = z.union([z.number(), z.string()]);
const StoredVertex = z.tuple([z.number(), Cell, Cell, Cell, Cell, Cell, Cell]);

/** A sample in its short form: about 40 bytes per vertex. */
export const StoredSample = z.object({ at: z.number(), run: z.string(), v: z.record(z.string(), StoredVertex) });
export type StoredSample = z.infer<typeof StoredSample>;

const encode = (m: Measurement): number | string => (m.kind === 'known' ? Math.round(m.value * 1000) / 1000 : m.why);
const decode = (cell: number | string): Measurement =>
  typeof cell === 'number' ? known(cell) : unknown(cell as UnknownReason);

/** The sample as it is stored. */
export const encodeSample = (sample: MetricSample): StoredSample => ({
  at: sample.at,
  run: sample.run,
  v: Object.fromEntries(
    Object.entries(sample.vertices).map(([id, c]) => [
      id,
      [
        c.parallelism,
        encode(c.readRecords),
        encode(c.writeRecords),
        encode(c.busyMillis),
        encode(c.backpressuredMillis),
        encode(c.idleMillis),
        encode(c.pendingRecords),
      ],
    ]),
  ),
});

/** The sample as decisions read it. */
export const decodeSample = (stored: StoredSample): MetricSample => ({
  at: stored.at,
  run: stored.run,
  vertices: Object.fromEntries(
    Object.entries(stored.v).map(
      ([id, [parallelism, read, write, busy, backpressured, idle, pending]]): [string, VertexCounters] => [
        id,
        {
          parallelism,
          readRecords: decode(read),
          writeRecords: decode(write),
          busyMillis: decode(busy),
          backpressuredMillis: decode(backpressured),
          idleMillis: decode(idle),
          pendingRecords: decode(pending),
        },
      ],
    ),
  ),
});
