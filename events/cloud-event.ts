import { z } from 'zod';

/** CloudEvents 1.0, structured JSON mode: the envelope of every tenant request. */
export const CloudEvent = z.object({
  specversion: z.literal('1.0'),
  id: z.string().min(1).max(256),
  source: z.string().min(1).max(1024),
  type: z.string().min(1).max(128),
  /** The tenant's name. */
  subject: z.string().min(1).max(63),
  time: z.iso.datetime({ offset: true }),
  datacontenttype: z.literal('application/json').optional(),
  data: z.record(z.string(), z.unknown()).default({}),
});
export type CloudEvent = z.infer<typeof CloudEvent>;
