import { entryClass } from '../flink-job/build.ts';
import { jarUri } from '../images/images.ts';

/** What a FlinkDeployment of the exactness job may differ in. */
export interface ExactnessDeployment {
  readonly namespace: string;
  readonly name: string;
  /** Bound to this PersistentVolumeClaim at `/flink-data`: state, the job's control file and its report. */
  readonly claim: string;
  readonly parallelism: number;
  /** Default 1.18. Operator 1.7.0 knows no newer one and takes 1.19 for it: see README.md. */
  readonly flink?: '1.18' | '1.19';
  readonly initialSavepointPath?: string;
  readonly flinkConfiguration?: Readonly<Record<string, string>>;
}

/** The exactness job as a tenant would submit it: native mode, adaptive scheduler, high availability, retained checkpoints, fit for Pod Security `restricted`. */
export function exactnessDeployment(wish: ExactnessDeployment) {
  const { namespace, name, claim, parallelism, initialSavepointPath, flink = '1.18' } = wish;
  return {
    apiVersion: 'flink.apache.org/v1beta1',
    kind: 'FlinkDeployment',
    metadata: { namespace, name },
    spec: {
      image: `flink:${flink}`,
      flinkVersion: 'v1_18',
      mode: 'native',
      serviceAccount: 'flink',
      flinkConfiguration: { ...behaviour, ...small, ...quick, ...wish.flinkConfiguration },
      podTemplate: podTemplate(claim),
      jobManager: { resource: { cpu: 0.25, memory: '640m' } },
      taskManager: { resource: { cpu: 0.25, memory: '512m' } },
      job: {
        jarURI: jarUri,
        entryClass,
        parallelism,
        state: 'running',
        // On Flink 1.18 `last-state` can lose the state: README.md, trap 3.
        upgradeMode: 'savepoint',
        ...(initialSavepointPath === undefined ? {} : { initialSavepointPath }),
      },
    },
  };
}

const behaviour = {
  'jobmanager.scheduler': 'adaptive',
  'high-availability.type': 'kubernetes',
  'high-availability.storageDir': 'file:///flink-data/ha',
  'state.checkpoints.dir': 'file:///flink-data/checkpoints',
  'state.savepoints.dir': 'file:///flink-data/savepoints',
  'state.checkpoints.num-retained': '3',
  'execution.checkpointing.interval': '3s',
  'execution.checkpointing.externalized-checkpoint-retention': 'RETAIN_ON_CANCELLATION',
  'taskmanager.numberOfTaskSlots': '2',
};

/** JVMs as small as they can be. */
const small = {
  'jobmanager.memory.jvm-metaspace.size': '128m',
  'jobmanager.memory.jvm-overhead.min': '64m',
  'jobmanager.memory.jvm-overhead.max': '64m',
  'jobmanager.memory.off-heap.size': '64m',
  'taskmanager.memory.jvm-metaspace.size': '96m',
  'taskmanager.memory.jvm-overhead.min': '64m',
  'taskmanager.memory.jvm-overhead.max': '64m',
  'taskmanager.memory.framework.heap.size': '64m',
  'taskmanager.memory.framework.off-heap.size': '64m',
  'taskmanager.memory.task.off-heap.size': '0m',
  'taskmanager.memory.network.min': '24m',
  'taskmanager.memory.network.max': '24m',
  'taskmanager.memory.managed.size': '0m',
};

/** Waits short enough for tests. Those without a unit are plain milliseconds in 1.18. */
const quick = {
  'jobmanager.adaptive-scheduler.resource-stabilization-timeout': '1 s',
  'jobmanager.adaptive-scheduler.scaling-interval.min': '2 s',
  'cluster.registration.error-delay': '500',
  'heartbeat.interval': '2000',
  'heartbeat.timeout': '10000',
  'slot.idle.timeout': '5000',
  'web.refresh-interval': '500',
  'metrics.fetcher.update-interval': '1000',
};

/** JobManager and TaskManagers alike. The uid is the one of the official Flink image, which names no user itself, so `runAsNonRoot` alone would be refused. */
const podTemplate = (claim: string) => ({
  spec: {
    securityContext: {
      runAsNonRoot: true,
      runAsUser: 9999,
      runAsGroup: 9999,
      fsGroup: 9999,
      seccompProfile: { type: 'RuntimeDefault' },
    },
    containers: [
      {
        name: 'flink-main-container',
        securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } },
        volumeMounts: [{ name: 'flink-data', mountPath: '/flink-data' }],
      },
    ],
    volumes: [{ name: 'flink-data', persistentVolumeClaim: { claimName: claim } }],
  },
});

/** What the job finds in its namespace: its service account with its rights, and the volume. */
export function jobNamespace(namespace: string, claim: string): object[] {
  const rbac = 'rbac.authorization.k8s.io';
  return [
    {
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: { name: namespace, labels: { 'pod-security.kubernetes.io/enforce': 'restricted' } },
    },
    { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { namespace, name: 'flink' } },
    {
      apiVersion: `${rbac}/v1`,
      kind: 'Role',
      metadata: { namespace, name: 'flink' },
      rules: [
        { apiGroups: [''], resources: ['pods'], verbs: ['get', 'list', 'watch', 'create', 'delete'] },
        {
          apiGroups: [''],
          resources: ['configmaps'],
          verbs: ['get', 'list', 'watch', 'create', 'update', 'patch', 'delete'],
        },
        { apiGroups: ['apps'], resources: ['deployments'], verbs: ['get'] },
      ],
    },
    {
      apiVersion: `${rbac}/v1`,
      kind: 'RoleBinding',
      metadata: { namespace, name: 'flink' },
      roleRef: { apiGroup: rbac, kind: 'Role', name: 'flink' },
      subjects: [{ kind: 'ServiceAccount', name: 'flink', namespace }],
    },
    {
      apiVersion: 'v1',
      kind: 'PersistentVolumeClaim',
      metadata: { namespace, name: claim },
      spec: { accessModes: ['ReadWriteMany'], resources: { requests: { storage: '1Gi' } } },
    },
  ];
}
