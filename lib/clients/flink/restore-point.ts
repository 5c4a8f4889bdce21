import { toTimestamp } from '../../model/instant.ts';
import type { RestorePoint } from '../../model/managed-job.ts';
import type { Checkpoints } from './answers.ts';

/** The newest completed checkpoint or savepoint that has an address and was not discarded since. */
export const parseLatestCheckpoint = ({ latest }: Checkpoints): RestorePoint | undefined =>
  [latest.completed, latest.savepoint]
    .filter((c) => c !== null && c !== undefined)
    .filter((c) => !c.discarded && isAddress(c.external_path))
    .sort((a, b) => b.latest_ack_timestamp - a.latest_ack_timestamp)
    .map((c) => ({
      kind: c.is_savepoint ? ('savepoint' as const) : ('checkpoint' as const),
      location: c.external_path!,
      completedAt: toTimestamp(c.latest_ack_timestamp),
      id: c.id,
    }))
    .at(0);

/** A checkpoint that lives in the JobManager's memory shows `<checkpoint-not-externally-addressable>`. */
const isAddress = (path: string | null | undefined): boolean =>
  path !== null && path !== undefined && path.includes(':');
