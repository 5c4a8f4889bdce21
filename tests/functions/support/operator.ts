import { createHash } from 'node:crypto';
import type { KubernetesObject } from '../../../lib/model/kubernetes-object.ts';
import { createJobManager, type JobManager } from './flink.ts';
import type { Admin } from './admin.ts';

/** How the operator restores a job: from 1.8 by `savepointRedeployNonce`, before that only as a new object. */
export type OperatorVersion = '1.7' | '1.10';

type Deployment = KubernetesObject & {
  readonly spec: {
    readonly flinkConfiguration: Record<string, string>;
    readonly restartNonce?: number;
    readonly job: {
      readonly parallelism: number;
      readonly state?: string;
      readonly initialSavepointPath?: string;
      readonly savepointRedeployNonce?: number;
    };
  };
  readonly status?: object;
};

/** What the operator last acted on, by the object's uid. */
type Deployed = {
  readonly state: string;
  readonly nonces: string;
  readonly overrides: string;
  readonly savepoint: string | undefined;
};

export type Operator = {
  /** Lets the operator see every FlinkDeployment once, and act on what changed. What is as it should be is not written. */
  readonly act: () => Promise<void>;
  /** The JobManager of a job; undefined while none runs. */
  readonly jobManager: (namespace: string, name: string) => JobManager | undefined;
  /** JobManagers that ended, oldest first: what their jobs were. */
  readonly ended: readonly JobManager[];
  /** A JobManager that is not to be reached answers nothing at all. */
  readonly unreachable: Set<string>;
};

const FINALIZER = 'flinkdeployments.flink.apache.org/finalizer';
const OVERRIDES = 'pipeline.jobvertex-parallelism-overrides';
const deploymentsPath = '/apis/flink.apache.org/v1beta1/flinkdeployments';
const pathOf = (namespace: string, plural: string, name = ''): string =>
  plural === 'flinkdeployments'
    ? `/apis/flink.apache.org/v1beta1/namespaces/${namespace}/${plural}/${name}`
    : `/api/v1/namespaces/${namespace}/${plural}/${name}`;

/** The Flink Kubernetes Operator as Headgate knows it: it deploys, rescales in place, suspends, restarts, restores and reports. */
export const createOperator = (now: () => number, admin: Admin, version: OperatorVersion): Operator => {
  const running = new Map<string, JobManager>();
  const deployed = new Map<string, Deployed>();
  const ended: JobManager[] = [];
  const unreachable = new Set<string>();
  let starts = 0;

  const start = async (object: Deployment, restoredFrom: string | undefined): Promise<void> => {
    starts += 1;
    const { name, namespace = '' } = object.metadata;
    const id = createHash('md5').update(`${namespace}/${name}/${starts}`).digest('hex');
    const { parallelism } = object.spec.job;
    await stop(namespace, name);
    running.set(`${namespace}/${name}`, createJobManager(now, { name, id, parallelism, restoredFrom }));
    await admin.applyAs('flink-operator', {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: `${name}-rest`, namespace },
      spec: { ports: [{ name: 'rest', port: 8081 }], clusterIP: 'None' },
    });
    await setPods(object, 'jobmanager', 1);
  };

  const stop = async (namespace: string, name: string): Promise<void> => {
    const jobManager = running.get(`${namespace}/${name}`);
    if (jobManager === undefined) return;
    ended.push(jobManager);
    running.delete(`${namespace}/${name}`);
    const { items } = await admin.list(pathOf(namespace, 'pods'), `app=${name}`);
    for (const pod of items) await admin.remove(pathOf(namespace, 'pods', pod.metadata.name));
  };

  /** As many pods of a component as there should be, or as the quota lets in. */
  const setPods = async (
    object: Deployment,
    component: 'jobmanager' | 'taskmanager',
    count: number,
  ): Promise<number> => {
    const { name, namespace = '' } = object.metadata;
    const { items } = await admin.list(pathOf(namespace, 'pods'), `app=${name},component=${component}`);
    for (const pod of items.slice(count)) await admin.remove(pathOf(namespace, 'pods', pod.metadata.name));
    let there = Math.min(items.length, count);
    const taken = new Set(items.map((pod) => pod.metadata.name));
    for (let number = 1; there < count; number += 1) {
      const podName = `${name}-${component}-${number}`;
      if (taken.has(podName)) continue;
      const made = await admin.tryCreate(podOf(object, component, podName));
      if (!made) break;
      there += 1;
    }
    return there;
  };

  const look = async (object: Deployment): Promise<void> => {
    const { name, namespace = '', uid = '', generation = 0, deletionTimestamp, finalizers = [] } = object.metadata;
    const key = `${namespace}/${name}`;
    const path = pathOf(namespace, 'flinkdeployments', name);
    if (deletionTimestamp !== undefined) {
      await stop(namespace, name);
      await admin.remove(pathOf(namespace, 'services', `${name}-rest`));
      await admin.merge(path, { metadata: { finalizers: [] } });
      return;
    }
    if (!finalizers.includes(FINALIZER)) await admin.merge(path, { metadata: { finalizers: [FINALIZER] } });

    const { job, restartNonce, flinkConfiguration } = object.spec;
    const before = deployed.get(uid);
    const state = job.state ?? 'running';
    const nonces = JSON.stringify([restartNonce, job.savepointRedeployNonce]);
    const overrides = flinkConfiguration[OVERRIDES] ?? '';
    let savepoint = before?.savepoint;
    if (state === 'suspended') {
      if (running.has(key)) savepoint = `${flinkConfiguration['state.savepoints.dir']}/savepoint-${generation}`;
      await stop(namespace, name);
    } else if (before === undefined) {
      await start(object, job.initialSavepointPath);
    } else if (before.state === 'suspended' || before.nonces !== nonces) {
      const redeployed = JSON.parse(before.nonces)[1] !== (job.savepointRedeployNonce ?? null);
      await start(
        object,
        redeployed ? job.initialSavepointPath : (savepoint ?? running.get(key)?.job.checkpoint?.location),
      );
    }
    const jobManager = running.get(key);
    const slots = Number(flinkConfiguration['taskmanager.numberOfTaskSlots'] ?? 1);
    if (jobManager !== undefined && jobManager.job.state === 'RUNNING') {
      const wanted = parallelismOf(overrides);
      const widest = Math.max(job.parallelism, ...Object.values(wanted));
      const present = await setPods(object, 'taskmanager', Math.ceil(widest / slots));
      if (
        before === undefined ||
        before.overrides !== overrides ||
        before.nonces !== nonces ||
        before.state !== state
      ) {
        const most = Math.max(1, present * slots);
        jobManager.rescale(Object.fromEntries(Object.entries(wanted).map(([id, p]) => [id, Math.min(p, most)])));
      }
    }
    if (jobManager?.job.state === 'FAILED') await setPods(object, 'taskmanager', 0);
    deployed.set(uid, { state, nonces, overrides, savepoint });
    await report(path, object, jobManager, savepoint);
  };

  const report = async (
    path: string,
    object: Deployment,
    jobManager: JobManager | undefined,
    savepoint: string | undefined,
  ) => {
    const { generation = 0 } = object.metadata;
    const known = { state: 'running', initialSavepointPath: null, savepointTriggerNonce: null };
    const noted = version === '1.7' ? known : { ...known, savepointRedeployNonce: null };
    const spec = { ...object.spec, job: { ...noted, ...object.spec.job } };
    const state = jobManager?.job.state;
    const status = {
      observedGeneration: generation,
      lifecycleState: jobManager === undefined ? 'SUSPENDED' : state === 'FAILED' ? 'FAILED' : 'STABLE',
      jobStatus: {
        ...(jobManager === undefined ? {} : { jobId: jobManager.job.id, startTime: String(jobManager.job.startedAt) }),
        state: state ?? 'FINISHED',
        ...(savepoint === undefined
          ? {}
          : { savepointInfo: { lastSavepoint: { location: savepoint, timeStamp: 1_700_000_000_000 } } }),
      },
      reconciliationStatus: {
        state: 'DEPLOYED',
        lastReconciledSpec: JSON.stringify({ spec, resource_metadata: { metadata: { generation } } }),
      },
    };
    if (JSON.stringify(object.status) !== JSON.stringify(status)) await admin.merge(`${path}/status`, { status });
  };

  return {
    act: async () => {
      const { items } = await admin.list(deploymentsPath);
      for (const item of items) await look(item as Deployment);
    },
    jobManager: (namespace, name) => running.get(`${namespace}/${name}`),
    ended,
    unreachable,
  };
};

const parallelismOf = (overrides: string): Record<string, number> =>
  Object.fromEntries(
    overrides
      .split(',')
      .filter((part) => part !== '')
      .map((part) => part.split(':'))
      .map(([id = '', parallelism]) => [id, Number(parallelism)]),
  );

const podOf = (object: Deployment, component: string, name: string): KubernetesObject => {
  const { namespace = '', name: app } = object.metadata;
  const amounts = { cpu: '500m', memory: '1Gi' };
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace, labels: { app, component } },
    spec: {
      serviceAccountName: 'flink',
      securityContext: { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } },
      containers: [
        {
          name: 'flink-main-container',
          image: 'flink:1.18',
          resources: { requests: amounts, limits: amounts },
          securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } },
        },
      ],
    },
  } as KubernetesObject;
};
