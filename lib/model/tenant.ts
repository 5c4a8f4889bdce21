import { z } from 'zod';
import { AutoscalingOverrides } from './autoscaling-policy.ts';
import { Conditions } from './condition.ts';
import { HEADGATE_API_VERSION } from './group.ts';
import type { ObjectMeta } from './kubernetes-object.ts';
import { Mode } from './mode.ts';
import { RecoveryOverrides } from './recovery-policy.ts';
import { Quantity, ResourceAmounts } from './resources.ts';

/** A DNS label (RFC 1123): what a namespace and a tenant may be called. */
export const DnsLabel = z
  .string()
  .regex(/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/, 'must be a DNS label: lower case letters, digits and -, at most 63');

const Subject = z.object({
  kind: z.enum(['User', 'Group', 'ServiceAccount']),
  name: z.string().min(1).max(253),
  /** Only for a ServiceAccount. */
  namespace: DnsLabel.optional(),
});

const Peer = z.object({
  /** An address range in CIDR form … */
  cidr: z.string().max(64).optional(),
  /** … or another namespace by name. */
  namespace: DnsLabel.optional(),
  ports: z.array(z.number().int().min(1).max(65_535)).max(32).default([]),
});

/** How a tenant is fenced. */
export const Isolation = z.object({
  enforcement: z.enum(['audit', 'warn', 'enforce']).default('enforce'),
  podSecurity: z.enum(['baseline', 'restricted']).default('restricted'),
  /** Image prefixes that may run (`registry.example.com/team/`); empty: any. */
  registries: z.array(z.string().min(1).max(253)).max(64).default([]),
  /** Prefixes that `jarURI` may have; empty: any `local:///` path. */
  jarPrefixes: z.array(z.string().min(1).max(1024)).max(64).default([]),
  /** Where all state of the tenant lies: checkpoints, savepoints and HA metadata must be below it. */
  statePrefix: z
    .string()
    .min(1)
    .max(1024)
    .regex(/^[a-z][a-z0-9+.-]*:\/\/.*\/$/, 'must be a URI that ends in /'),
  serviceAccountAnnotations: z.record(z.string(), z.string()).default({}),
  network: z
    .object({ allowFrom: z.array(Peer).max(32).default([]), allowTo: z.array(Peer).max(32).default([]) })
    .prefault({}),
  priorityClasses: z.array(z.string()).max(32).default([]),
  nodeSelector: z.record(z.string(), z.string()).default({}),
  /** Requests and limits for a container that states none (LimitRange). */
  containerDefaults: z.object({ cpu: Quantity.default('100m'), memory: Quantity.default('128Mi') }).prefault({}),
});
export type Isolation = z.infer<typeof Isolation>;

/** What an admin says about a tenant. */
export const TenantSpec = z.object({
  pool: DnsLabel.default('default'),
  mode: Mode.default('drive'),
  /** Higher is served first with surplus, and reclaimed from last. */
  tier: z.number().int().min(0).max(100).default(10),
  /** Share of surplus inside a tier. */
  weight: z.number().int().min(1).max(1000).default(1),
  quota: z.object({
    guarantee: ResourceAmounts,
    limit: ResourceAmounts.optional(),
    lend: ResourceAmounts.optional(),
    jobs: z.number().int().min(0).max(10_000).default(50),
  }),
  /** Default: one namespace named after the tenant. */
  namespaces: z
    .array(z.object({ name: DnsLabel, adopt: z.boolean().default(false) }))
    .max(16)
    .default([]),
  owners: z
    .array(Subject.extend({ role: z.enum(['admin', 'edit', 'view']) }))
    .max(64)
    .default([]),
  /** Authenticated senders who may ask for this tenant (SQS `SenderId`). */
  requesters: z
    .array(z.object({ sqsSender: z.string().min(1).max(256) }))
    .max(64)
    .default([]),
  isolation: Isolation,
  autoscaling: AutoscalingOverrides.default({}),
  recovery: RecoveryOverrides.default({}),
  cordoned: z.boolean().default(false),
  preventDeletion: z.boolean().default(false),
  deletion: z
    .object({ savepoint: z.boolean().default(true), retainHours: z.number().int().min(0).max(8_760).default(24) })
    .prefault({}),
});
export type TenantSpec = z.infer<typeof TenantSpec>;

const OptionalAmounts = z.object({ cpu: z.string(), memory: z.string() }).partial();

export const TenantStatus = z.object({
  observedGeneration: z.number().int().optional(),
  namespaces: z.array(z.string()).optional(),
  quota: z
    .object({
      target: OptionalAmounts,
      granted: OptionalAmounts,
      used: OptionalAmounts,
      demand: OptionalAmounts,
      borrowed: OptionalAmounts,
      /** Until when the tenant may give back by itself what it uses above its target. */
      reclaimAfter: z.string(),
      /** The plan that `target` comes from. */
      epoch: z.number().int(),
    })
    .partial()
    .optional(),
  jobs: z
    .object({
      running: z.number().int(),
      pending: z.number().int(),
      failed: z.number().int(),
      quarantined: z.number().int(),
    })
    .partial()
    .optional(),
  conditions: Conditions.optional(),
});
export type TenantStatus = z.infer<typeof TenantStatus>;

export type Tenant = {
  readonly apiVersion: typeof HEADGATE_API_VERSION;
  readonly kind: 'Tenant';
  readonly metadata: ObjectMeta;
  readonly spec: TenantSpec;
  readonly status?: TenantStatus;
};

/** The tenant's namespaces by name; the first also holds its TenantRequests. */
export const namespacesOf = (tenant: {
  readonly metadata: { readonly name: string };
  readonly spec: Pick<TenantSpec, 'namespaces'>;
}): [string, ...string[]] => {
  const [first, ...rest] = tenant.spec.namespaces.map((n) => n.name);
  return first === undefined ? [tenant.metadata.name] : [first, ...rest];
};
