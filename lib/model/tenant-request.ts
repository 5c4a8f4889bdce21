import { z } from 'zod';
import { Conditions } from './condition.ts';
import { HEADGATE_API_VERSION } from './group.ts';
import type { ObjectMeta } from './kubernetes-object.ts';

/** A request as it came, and who sent it. */
export const TenantRequestSpec = z.object({
  id: z.string().min(1).max(256),
  source: z.string().min(1).max(1024),
  type: z.string().min(1).max(128),
  tenant: z.string().min(1).max(63),
  /** When the sender says it was made (RFC 3339). */
  time: z.string(),
  /** The authenticated sender (`sqs:<SenderId>` or `kubernetes:<user>`). */
  sender: z.string().min(1).max(512),
  /** The CloudEvent's `data`, as it came. */
  data: z.record(z.string(), z.unknown()).default({}).meta({ 'x-kubernetes-preserve-unknown-fields': true }),
});
export type TenantRequestSpec = z.infer<typeof TenantRequestSpec>;

/** What became of it: exactly one outcome. */
export const TenantRequestStatus = z.object({
  observedGeneration: z.number().int().optional(),
  outcome: z.enum(['waiting', 'accepted', 'rejected', 'failed']).optional(),
  /** PascalCase reason, one of docs/reasons.md. */
  reason: z.string().optional(),
  /** Every problem, or what was changed, in one text. */
  message: z.string().optional(),
  changed: z.array(z.string()).optional(),
  decidedAt: z.string().optional(),
  conditions: Conditions.optional(),
});
export type TenantRequestStatus = z.infer<typeof TenantRequestStatus>;

export type TenantRequest = {
  readonly apiVersion: typeof HEADGATE_API_VERSION;
  readonly kind: 'TenantRequest';
  readonly metadata: ObjectMeta;
  readonly spec: TenantRequestSpec;
  readonly status?: TenantRequestStatus;
};
