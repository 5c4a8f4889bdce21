import { z } from 'zod';
import { ScalingBounds, AutoscalingOverrides } from '../lib/model/autoscaling-policy.ts';
import { Mode, Pause } from '../lib/model/mode.ts';
import { RecoveryOverrides } from '../lib/model/recovery-policy.ts';
import { ResourceAmounts } from '../lib/model/resources.ts';
import { DnsLabel, TenantSpec } from '../lib/model/tenant.ts';

const job = { job: DnsLabel, namespace: DnsLabel.optional() };

/** A FlinkDeployment-shaped spec: strict where Headgate decides, open where Flink does. Isolation rules are checked apart. */
export const SubmittedFlinkSpec = z
  .object({
    image: z.string().min(1).max(512),
    flinkVersion: z.string().regex(/^v\d+_\d+$/, 'must look like v1_18'),
    flinkConfiguration: z
      .record(z.string(), z.union([z.string(), z.number(), z.boolean()]).transform(String))
      .default({}),
    jobManager: z.looseObject({ resource: z.object({ cpu: z.number().positive(), memory: z.string() }) }),
    taskManager: z.looseObject({ resource: z.object({ cpu: z.number().positive(), memory: z.string() }) }),
    job: z.looseObject({
      jarURI: z.string().max(1024).optional(),
      entryClass: z.string().max(512).optional(),
      args: z.array(z.string().max(4096)).max(256).optional(),
      parallelism: z.number().int().min(1).max(32_768),
    }),
    podTemplate: z.record(z.string(), z.unknown()).optional(),
  })
  .loose();
export type SubmittedFlinkSpec = z.infer<typeof SubmittedFlinkSpec>;

const settings = {
  bounds: ScalingBounds.optional(),
  autoscaling: AutoscalingOverrides.optional(),
  recovery: RecoveryOverrides.optional(),
  priority: z.number().int().min(0).max(1000).optional(),
  mode: Mode.optional(),
};

/** What each verb carries. `admin` verbs need an admin sender, the others one of the tenant's requesters. */
export const VERBS = {
  'dev.headgate.tenant.apply.v1': { who: 'admin', data: TenantSpec },
  'dev.headgate.tenant.delete.v1': { who: 'admin', data: z.object({}) },
  'dev.headgate.tenant.cordon.v1': { who: 'admin', data: z.object({}) },
  'dev.headgate.tenant.uncordon.v1': { who: 'admin', data: z.object({}) },
  /** Drift repair, sent by `tick`. */
  'dev.headgate.tenant.reconcile.v1': { who: 'headgate', data: z.object({}) },
  /** Takes up a request that waited for the stop to be lifted, sent by `tick`. */
  'dev.headgate.request.resume.v1': { who: 'headgate', data: z.object({ name: z.string().min(1).max(253) }) },
  'dev.headgate.job.submit.v1': {
    who: 'tenant',
    data: z.object({ ...job, spec: SubmittedFlinkSpec, stateless: z.boolean().default(false), ...settings }),
  },
  'dev.headgate.job.update.v1': {
    who: 'tenant',
    data: z.object({ ...job, spec: SubmittedFlinkSpec, stateless: z.boolean().default(false), ...settings }),
  },
  'dev.headgate.job.delete.v1': { who: 'tenant', data: z.object(job) },
  'dev.headgate.job.scale.v1': { who: 'tenant', data: z.object({ ...job, bounds: ScalingBounds }) },
  'dev.headgate.job.suspend.v1': { who: 'tenant', data: z.object(job) },
  'dev.headgate.job.resume.v1': { who: 'tenant', data: z.object(job) },
  'dev.headgate.job.restart.v1': { who: 'tenant', data: z.object(job) },
  'dev.headgate.job.snapshot.v1': { who: 'tenant', data: z.object(job) },
  'dev.headgate.job.pause.v1': { who: 'tenant', data: z.object({ ...job, paused: Pause }) },
  'dev.headgate.job.policy.v1': { who: 'tenant', data: z.object({ ...job, ...settings }) },
  'dev.headgate.job.release.v1': { who: 'admin', data: z.object(job) },
  'dev.headgate.quota.request.v1': {
    who: 'tenant',
    data: z.object({ extra: ResourceAmounts, until: z.iso.datetime({ offset: true }) }),
  },
} as const;

export type RequestType = keyof typeof VERBS;
export type RequestData<T extends RequestType> = z.infer<(typeof VERBS)[T]['data']>;
