import type { KubernetesObject, ManagedFieldsEntry } from '../../lib/model/kubernetes-object.ts';

type Fields = Readonly<Record<string, unknown>>;
export type Deployment = KubernetesObject & { readonly spec: Fields; readonly status?: Fields };

export const KEY = 'pipeline.jobvertex-parallelism-overrides';

/** A stateful job in native mode that can be rescaled in place. */
export const CONFIGURATION = {
  'taskmanager.numberOfTaskSlots': '2',
  'jobmanager.scheduler': 'adaptive',
  'execution.checkpointing.interval': '10s',
  'state.checkpoints.dir': 's3://flink/payments/checkpoints',
  'state.savepoints.dir': 's3://flink/payments/savepoints',
  'high-availability.type': 'kubernetes',
  'high-availability.storageDir': 's3://flink/payments/ha',
};

export const JOB = { jarURI: 'local:///opt/flink/jobs/x.jar', parallelism: 2, upgradeMode: 'savepoint' };

/** What operators note of the job they acted on: every field that they know. */
const JOB_OF_1_7 = { ...JOB, state: 'running', initialSavepointPath: null, savepointTriggerNonce: null };
const JOB_OF_1_10 = { ...JOB_OF_1_7, savepointRedeployNonce: null, autoscalerResetNonce: null };

export type Operator = '1.7' | '1.10';

export type Wishes = {
  readonly operator?: Operator;
  readonly spec?: Fields;
  readonly job?: Fields;
  readonly configuration?: unknown;
  readonly metadata?: Fields;
  readonly status?: Fields;
  readonly jobStatus?: Fields;
  /** Generation that the operator acted on; the object's is 3. */
  readonly reconciled?: number;
  readonly reconciledJob?: Fields;
};

/** A FlinkDeployment as an operator leaves it when all is well, with what a test wishes otherwise. */
export const deployment = ({
  operator = '1.10',
  spec = {},
  job = {},
  configuration = CONFIGURATION,
  metadata = {},
  status = {},
  jobStatus = {},
  reconciled = 3,
  reconciledJob = {},
}: Wishes = {}): Deployment => ({
  apiVersion: 'flink.apache.org/v1beta1',
  kind: 'FlinkDeployment',
  metadata: { name: 'orders', namespace: 'payments', uid: 'u1', resourceVersion: '77', generation: 3, ...metadata },
  spec: {
    image: 'flink:1.20',
    flinkVersion: 'v1_20',
    mode: 'native',
    serviceAccount: 'flink',
    flinkConfiguration: configuration,
    jobManager: { resource: { cpu: 0.5, memory: '1024m' }, replicas: 1 },
    taskManager: { resource: { cpu: 1.5, memory: '2048m' } },
    job: { ...JOB, ...job },
    ...spec,
  },
  status: {
    observedGeneration: 3,
    lifecycleState: 'STABLE',
    jobManagerDeploymentStatus: 'READY',
    jobStatus: {
      jobId: '29a05271ced5ea5e99d13eedf14fe5f1',
      jobName: 'orders',
      state: 'RUNNING',
      startTime: '1795446420125',
      updateTime: '1795446421000',
      ...jobStatus,
    },
    reconciliationStatus: {
      state: 'DEPLOYED',
      lastReconciledSpec: JSON.stringify({
        spec: { job: { ...(operator === '1.7' ? JOB_OF_1_7 : JOB_OF_1_10), ...reconciledJob } },
        resource_metadata: {
          apiVersion: 'flink.apache.org/v1beta1',
          metadata: { generation: reconciled },
          firstDeployment: false,
        },
      }),
    },
    ...status,
  },
});

/** Who applied which fields below `spec`, each named by its path with slashes, as the API server says it. */
export const managedBy = (manager: string, ...paths: readonly string[]): ManagedFieldsEntry => ({
  manager,
  operation: 'Apply',
  fieldsV1: setOf(paths.map((path) => ['spec', ...path.split('/')])),
});

const setOf = (paths: readonly (readonly string[])[]): Record<string, unknown> =>
  Object.fromEntries(
    [...Map.groupBy(paths, ([first]) => first)]
      .filter(([name]) => name !== undefined)
      .map(([name, group]) => [`f:${name}`, setOf(group.map(([, ...rest]) => rest))]),
  );
