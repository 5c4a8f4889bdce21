import type { FlinkLook } from '../../lib/clients/flink/flink.ts';
import type { JobGraph, MetricSample } from '../../lib/model/job-graph.ts';
import { ManagedJobSpec, type ManagedJobStatus } from '../../lib/model/managed-job.ts';
import { known } from '../../lib/model/measurement.ts';
import { TenantSpec, type Tenant } from '../../lib/model/tenant.ts';
import { readFlinkDeployment } from '../../lib/targets/flink-deployment.ts';
import type { JobSnapshot, TenantSnapshot } from '../../lib/workflows/work/snapshot.ts';

export const NOW = Date.parse('2026-01-01T12:00:00Z');
const SECOND = 1000;

/** A source and a map at some parallelism. */
const graphAt = (parallelism: number): JobGraph => ({
  vertices: [
    { id: 'aa', name: 'source', parallelism, maxParallelism: 128, slotSharingGroup: 'default', inputs: [] },
    {
      id: 'bb',
      name: 'map',
      parallelism,
      maxParallelism: 128,
      slotSharingGroup: 'default',
      inputs: [{ from: 'aa', ship: 'REBALANCE' }],
    },
  ],
});

/** Exact counters of a map that has been busy for a share of its time, at 100 records a second and subtask when fully busy. */
const sampleAt = (at: number, parallelism: number, busy: number, lagPerSecond: number): MetricSample => {
  const elapsed = (at - (NOW - 600 * SECOND)) / SECOND;
  const records = elapsed * 100 * parallelism * busy;
  const times = (share: number) => known(elapsed * 1000 * parallelism * share);
  const counters = {
    parallelism,
    readRecords: known(records),
    writeRecords: known(records),
    backpressuredMillis: known(0),
  };
  return {
    at,
    run: 'run-1',
    vertices: {
      aa: {
        ...counters,
        busyMillis: times(0.1),
        idleMillis: times(0.9),
        pendingRecords: known(elapsed * lagPerSecond),
      },
      bb: { ...counters, busyMillis: times(busy), idleMillis: times(1 - busy), pendingRecords: known(0) },
    },
  };
};

/** A job as `work` finds it: 2 slots to a TaskManager of 1 core and 1 GiB, native mode, in place. */
export const aJob = (
  options: {
    readonly name?: string;
    readonly parallelism?: number;
    readonly busy?: number;
    /** Records that join the backlog each second. */
    readonly lagPerSecond?: number;
    readonly spec?: Partial<ManagedJobSpec>;
    readonly status?: ManagedJobStatus;
    readonly state?: string;
    readonly workload?: 'missing';
  } = {},
): JobSnapshot => {
  const { name = 'orders', parallelism = 2, busy = 0.6, lagPerSecond = 0, state = 'RUNNING' } = options;
  const target = {
    apiVersion: 'flink.apache.org/v1beta1',
    kind: 'FlinkDeployment',
    metadata: { name, namespace: 'payments', uid: `uid-${name}`, resourceVersion: '1', generation: 1 },
    spec: {
      flinkVersion: 'v1_20',
      mode: 'native',
      flinkConfiguration: {
        'jobmanager.scheduler': 'adaptive',
        'taskmanager.numberOfTaskSlots': '2',
        'state.checkpoints.dir': 's3://state/payments/checkpoints',
        'state.savepoints.dir': 's3://state/payments/savepoints',
        'high-availability.type': 'kubernetes',
        'high-availability.storageDir': 's3://state/payments/ha',
      },
      jobManager: { resource: { cpu: 1, memory: '1024m' } },
      taskManager: { resource: { cpu: 1, memory: '1024m' } },
      job: { parallelism, upgradeMode: 'savepoint', state: 'running' },
    },
    status: {
      observedGeneration: 1,
      lifecycleState: state === 'RUNNING' ? 'STABLE' : 'FAILED',
      jobManagerDeploymentStatus: 'READY',
      jobStatus: { state, jobId: 'a'.repeat(32), startTime: String(NOW - 600 * SECOND) },
      reconciliationStatus: {
        state: 'DEPLOYED',
        lastReconciledSpec: JSON.stringify({
          spec: { job: { upgradeMode: 'savepoint' } },
          resource_metadata: { metadata: { generation: 1 } },
        }),
      },
    },
  };
  const sample = (at: number) => sampleAt(at, parallelism, busy, lagPerSecond);
  const look: FlinkLook = {
    at: NOW,
    job: {
      id: 'a'.repeat(32),
      name,
      state: state as 'RUNNING',
      startedAt: NOW - 600 * SECOND,
      tasks: { total: 2 * parallelism, running: state === 'RUNNING' ? 2 * parallelism : 0 },
    },
    graph: graphAt(parallelism),
    sample: sample(NOW),
    latestCheckpoint: {
      kind: 'checkpoint',
      location: 's3://state/payments/checkpoints/x/chk-7',
      completedAt: '2026-01-01T11:59:50Z',
    },
    restarts: 0,
    failure: undefined,
    missing: [],
    memory: undefined,
  };
  const isMissing = options.workload === 'missing';
  return {
    key: `payments/${name}`,
    managed: {
      apiVersion: 'headgate.dev/v1alpha1',
      kind: 'ManagedJob',
      metadata: { name, namespace: 'payments', uid: `mj-${name}`, resourceVersion: '1' },
      spec: ManagedJobSpec.parse({
        targetRef: { apiVersion: target.apiVersion, kind: 'FlinkDeployment', name },
        ...options.spec,
      }),
      ...(options.status === undefined ? {} : { status: options.status }),
    },
    target: isMissing ? undefined : target,
    workload: isMissing ? undefined : readFlinkDeployment(target),
    look: isMissing ? undefined : look,
    history: {
      samples: [120, 90, 60, 30].map((ago) => sample(NOW - ago * SECOND)),
      scaling: {},
      run: { id: 'run-1', runningSince: NOW - 590 * SECOND },
    },
    pods: isMissing ? 0 : 1 + Math.ceil(parallelism / 2),
    taskManagerPods: isMissing ? 0 : Math.ceil(parallelism / 2),
    podProblems: [],
    failure: undefined,
    restorePoints: [],
    missing: [],
  };
};

/** A tenant with room for so many TaskManagers of the jobs above. */
export const aTenant = (
  jobs: readonly JobSnapshot[],
  options: {
    readonly room?: number;
    readonly excess?: number;
    readonly stopped?: string;
    readonly mode?: Tenant['spec']['mode'];
    readonly cordoned?: boolean;
  } = {},
): TenantSnapshot => {
  const taskManagers = (count: number) => ({ cpuMillis: 1000 * count, memoryBytes: 2 ** 30 * count });
  return {
    now: NOW,
    tenant: {
      apiVersion: 'headgate.dev/v1alpha1',
      kind: 'Tenant',
      metadata: { name: 'payments' },
      spec: TenantSpec.parse({
        quota: { guarantee: { cpu: '20', memory: '20Gi' } },
        isolation: { statePrefix: 's3://state/payments/' },
        mode: options.mode ?? 'drive',
        cordoned: options.cordoned ?? false,
      }),
    },
    mode: options.mode ?? 'drive',
    stopped: options.stopped,
    jobs,
    room: { payments: taskManagers(options.room ?? 100) },
    excess: options.excess === undefined ? undefined : taskManagers(options.excess),
    history: { jobs: {}, current: undefined },
    urgent: new Set(),
  };
};
