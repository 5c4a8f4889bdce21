import type { FlinkJob, FlinkJobState } from '../../lib/model/flink-job.ts';
import { ManagedJobSpec } from '../../lib/model/managed-job.ts';
import { RecoveryPolicy } from '../../lib/model/recovery-policy.ts';
import type { Workload } from '../../lib/model/workload.ts';
import type { RecoveryInput, RestorePointCandidate } from '../../lib/recovery/recovery-decision.ts';
import type { Failure, FailureClass } from '../../lib/recovery/failure.ts';

export const NOW = Date.parse('2026-01-01T12:00:00Z');

export const aJob = (state: FlinkJobState, fields: Partial<FlinkJob> = {}): FlinkJob => ({
  id: 'a1',
  name: 'orders',
  state,
  startedAt: NOW - 10 * 3_600_000,
  tasks: { total: 4, running: state === 'RUNNING' ? 4 : 0 },
  ...fields,
});

export const aWorkload = (fields: Partial<Workload> = {}): Workload => ({
  ref: { apiVersion: 'flink.apache.org/v1beta1', kind: 'FlinkDeployment', name: 'orders', namespace: 'team' },
  uid: 'u',
  resourceVersion: '1',
  settled: true,
  deleting: false,
  reportedState: 'RUNNING',
  reportedJobId: 'a1',
  reportedStartAt: undefined,
  suspended: false,
  stateful: true,
  flinkVersion: [1, 20],
  rest: { service: 'orders-rest', port: 8081 },
  slotsPerTaskManager: 2,
  taskManager: { cpuMillis: 1000, memoryBytes: 1024 ** 3 },
  jobManagers: { cpuMillis: 500, memoryBytes: 1024 ** 3 },
  parallelism: 4,
  overrides: {},
  rescale: { kind: 'in-place' },
  directories: {},
  recordedSavepoint: undefined,
  upstream: { autoscaler: false, restartsFailed: false },
  error: undefined,
  conditions: [],
  ...fields,
});

export const aManagedJob = (fields: Partial<ManagedJobSpec> = {}): ManagedJobSpec => ({
  ...ManagedJobSpec.parse({
    targetRef: { apiVersion: 'flink.apache.org/v1beta1', kind: 'FlinkDeployment', name: 'orders' },
  }),
  ...fields,
});

/** Happened two hours ago: no backoff keeps anybody waiting. */
export const aFailure = (failureClass: FailureClass, fields: Partial<Failure> = {}): Failure => ({
  class: failureClass,
  reason: 'SomeReason',
  source: 'exception',
  evidence: 'what was read',
  at: NOW - 2 * 3_600_000,
  ...fields,
});

export const aCheckpoint = (proof: RestorePointCandidate['proof'], minutesAgo = 1): RestorePointCandidate => ({
  proof,
  point: {
    kind: 'checkpoint',
    location: `s3://flink/team/chk-${1000 - minutesAgo}`,
    completedAt: new Date(NOW - minutesAgo * 60_000).toISOString(),
    id: 1000 - minutesAgo,
  },
});

/** A job that failed, with a proven checkpoint, and nothing in the way of its recovery. */
export const aFailedJob = (fields: Partial<RecoveryInput> = {}): RecoveryInput => ({
  workload: aWorkload(),
  job: aJob('FAILED'),
  failure: aFailure('transient'),
  managed: aManagedJob(),
  recovery: undefined,
  operation: undefined,
  restorePoints: [aCheckpoint('proven')],
  policy: RecoveryPolicy.parse({}),
  paused: false,
  mode: 'drive',
  jitter: 0,
  now: NOW,
  ...fields,
});
