import type { CapacityPool } from '../../lib/model/capacity-pool.ts';
import { ManagedJobSpec, type ManagedJob } from '../../lib/model/managed-job.ts';
import { TenantSpec, type Tenant } from '../../lib/model/tenant.ts';
import type { TenantSettings } from '../../lib/tenant/settings.ts';
import { VERBS, type RequestData } from '../../events/tenant-request.ts';

/** A tenant's spec as an admin writes it, with changes. */
export const tenantSpec = (
  changes: {
    readonly isolation?: Record<string, unknown>;
    readonly quota?: Record<string, unknown>;
    readonly [field: string]: unknown;
  } = {},
): TenantSpec => {
  const { isolation, quota, ...rest } = changes;
  return TenantSpec.parse({
    quota: {
      guarantee: { cpu: '20', memory: '80Gi' },
      limit: { cpu: '60', memory: '240Gi' },
      jobs: 5,
      ...quota,
    },
    isolation: { statePrefix: 's3://flink/payments/', ...isolation },
    owners: [
      { kind: 'Group', name: 'payments-team', role: 'edit' },
      { kind: 'User', name: 'alice', role: 'admin' },
      { kind: 'User', name: 'eve', role: 'view' },
      { kind: 'ServiceAccount', name: 'deployer', namespace: 'ci', role: 'edit' },
    ],
    requesters: [{ sqsSender: 'AROAPAYMENTS' }],
    ...rest,
  });
};

export const tenant = (changes: Parameters<typeof tenantSpec>[0] = {}, name = 'payments'): Tenant => ({
  apiVersion: 'headgate.dev/v1alpha1',
  kind: 'Tenant',
  metadata: { name },
  spec: tenantSpec(changes),
});

export const settings: TenantSettings = {
  operatorNamespace: 'flink-operator',
  controlPlaneCidrs: ['10.0.0.0/28'],
  dnsNamespace: 'kube-system',
  serviceProxySubjects: [{ kind: 'User', name: 'headgate:work' }],
};

export const pool = (spec: Partial<CapacityPool['spec']> = {}): CapacityPool => ({
  apiVersion: 'headgate.dev/v1alpha1',
  kind: 'CapacityPool',
  metadata: { name: 'default' },
  spec: {
    mode: 'drive',
    reclaim: { graceSeconds: 120, minRunSeconds: 300 },
    bandPercent: 10,
    cooldownSeconds: 600,
    capacity: { cpu: '100', memory: '400Gi' },
    ...spec,
  },
});

export const managedJob = (spec: Record<string, unknown> = {}): ManagedJob => ({
  apiVersion: 'headgate.dev/v1alpha1',
  kind: 'ManagedJob',
  metadata: { name: 'clicks', namespace: 'payments', resourceVersion: '7' },
  spec: ManagedJobSpec.parse({
    targetRef: { apiVersion: 'flink.apache.org/v1beta1', kind: 'FlinkDeployment', name: 'clicks' },
    ...spec,
  }),
});

/** The configuration that a job with state must state. */
export const STATEFUL_CONFIGURATION: Readonly<Record<string, string>> = {
  'execution.checkpointing.interval': '10s',
  'state.checkpoints.dir': 's3://flink/payments/clicks/checkpoints',
  'state.savepoints.dir': 's3://flink/payments/clicks/savepoints',
  'high-availability.type': 'kubernetes',
  'high-availability.storageDir': 's3://flink/payments/clicks/ha',
};

type Submission = RequestData<'dev.headgate.job.submit.v1'>;

/** What `job.submit` carries: a small job with state, with changes to its spec and to the request. */
export const submission = (
  spec: {
    readonly flinkConfiguration?: Record<string, string>;
    readonly job?: Record<string, unknown>;
    readonly [field: string]: unknown;
  } = {},
  request: Record<string, unknown> = {},
): Submission => {
  const { flinkConfiguration, job, ...rest } = spec;
  return VERBS['dev.headgate.job.submit.v1'].data.parse({
    job: 'clicks',
    spec: {
      image: 'registry.example.com/payments/clicks:1.4',
      flinkVersion: 'v1_18',
      flinkConfiguration: { ...STATEFUL_CONFIGURATION, ...flinkConfiguration },
      jobManager: { resource: { cpu: 0.5, memory: '1g' } },
      taskManager: { resource: { cpu: 1, memory: '2g' } },
      job: { jarURI: 'local:///opt/flink/jobs/clicks.jar', entryClass: 'clicks.Main', parallelism: 2, ...job },
      ...rest,
    },
    ...request,
  });
};
