import { z } from 'zod';
import { DnsLabel } from '../lib/model/tenant.ts';

/** Who is to be looked at, and why. Never what to set: the worker reads afresh. Message group = tenant. */
export const WorkMessage = z.object({
  tenant: DnsLabel,
  cause: z.enum(['tick', 'alert', 'request', 'rebalance', 'follow-up']),
  /** Look at this job at once, the others as usual. `namespace/name`. */
  job: z.string().max(320).optional(),
  /** What the cause is called: the scheduled time, the alert's fingerprint, the operation and step. */
  id: z.string().min(1).max(256),
  /** When it was sent (milliseconds since the epoch): a tick older than its period is dropped unread. */
  at: z.number().int(),
});
export type WorkMessage = z.infer<typeof WorkMessage>;

/** Wakes `rebalance` for one pool at once. Message group = pool. */
export const PoolMessage = z.object({
  pool: DnsLabel,
  cause: z.enum(['tenant', 'demand', 'schedule']),
  id: z.string().min(1).max(256),
  at: z.number().int(),
});
export type PoolMessage = z.infer<typeof PoolMessage>;
