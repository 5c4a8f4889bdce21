import type { WorkMessage } from '../../../events/work.ts';
import { createFlink, type FlinkLook } from '../../clients/flink/flink.ts';
import {
  CONFIG_MAP,
  FLINK_DEPLOYMENT,
  MANAGED_JOB,
  POD,
  RESOURCE_QUOTA,
  type ForeignObject,
  type Pod,
  type ResourceQuota,
} from '../../clients/kubernetes/kinds.ts';
import type { StateStore } from '../../clients/state-store/state-store.ts';
import { HISTORY_NAMESPACE } from '../../model/group.ts';
import { fromTimestamp, type EpochMillis } from '../../model/instant.ts';
import { ManagedJobSpec, type ManagedJob } from '../../model/managed-job.ts';
import { fits, least, parseResources, subtract, sum, ZERO, type Resources } from '../../model/resources.ts';
import { namespacesOf, type Tenant } from '../../model/tenant.ts';
import type { Mode } from '../../model/mode.ts';
import { classifyFailure } from '../../recovery/classify-failure.ts';
import { isDown } from '../../recovery/decide-recovery.ts';
import { HeadgateError } from '../../runtime/errors.ts';
import { readFlinkDeployment, type FlinkDeploymentWorkload } from '../../targets/flink-deployment.ts';
import { GRANT_QUOTA, readQuota } from '../../tenant/resource-quota.ts';
import { flinkClock, type Run } from '../run.ts';
import { podProblemsOf } from './pod-problems.ts';
import { readRestorePoints } from './restore-points.ts';
import type { JobSnapshot, TenantSnapshot } from './snapshot.ts';
import { EMPTY_HISTORY, historyName, readHistory, type JobHistory } from './tenant-history.ts';

/** A JobManager that does not answer must not keep its neighbours waiting. */
const JOB_TIME_LIMIT_MILLIS = 10_000;

/** Reads everything that `work` decides on. A job that cannot be read is marked so; the others are not held up. */
export const observeTenant = async (
  run: Run,
  stateStore: StateStore,
  tenant: Tenant,
  mode: Mode,
  stopped: string | undefined,
  message: WorkMessage,
): Promise<TenantSnapshot> => {
  const name = tenant.metadata.name;
  const [current, perNamespace] = await Promise.all([
    run.kubernetes.get(CONFIG_MAP, { namespace: HISTORY_NAMESPACE, name: historyName(name) }),
    Promise.all(namespacesOf(tenant).map((namespace) => readNamespace(run, namespace))),
  ]);
  const history = readHistory(current);
  const jobs = await Promise.all(
    perNamespace.flatMap((namespace) =>
      namespace.jobs.map((managed) =>
        observeJob(run, stateStore, managed, namespace, history.jobs[keyOf(managed)] ?? EMPTY_HISTORY),
      ),
    ),
  );
  return {
    now: run.world.now(),
    tenant,
    mode,
    stopped,
    jobs,
    room: Object.fromEntries(perNamespace.map((n) => [n.namespace, withinTarget(tenant, n.room)])),
    excess: excessOf(tenant, perNamespace, run.world.now()),
    history,
    urgent: urgentJobs(message),
  };
};

/** `namespace/name`. */
export const keyOf = (managed: ManagedJob): string => `${managed.metadata.namespace}/${managed.metadata.name}`;

const urgentJobs = (message: WorkMessage): TenantSnapshot['urgent'] => {
  if (message.cause !== 'alert' && message.cause !== 'request') return new Set();
  return message.job === undefined ? 'all' : new Set([message.job]);
};

type NamespaceObjects = {
  readonly namespace: string;
  readonly jobs: readonly ManagedJob[];
  readonly deployments: readonly ForeignObject[];
  readonly pods: readonly Pod[];
  readonly room: Resources | undefined;
  readonly used: Resources;
};

const readNamespace = async (run: Run, namespace: string): Promise<NamespaceObjects> => {
  const [jobs, deployments, pods, quota] = await Promise.all([
    run.kubernetes.list(MANAGED_JOB, { namespace }),
    run.kubernetes.list(FLINK_DEPLOYMENT, { namespace }),
    run.kubernetes.list(POD, { namespace }),
    run.kubernetes.get(RESOURCE_QUOTA, { namespace, name: GRANT_QUOTA }),
  ]);
  const parsed = jobs.map((job) => ({ ...job, spec: ManagedJobSpec.parse(job.spec) }));
  const discovered = deployments
    .filter((d) => !parsed.some((job) => job.spec.targetRef.name === d.metadata.name))
    .map(discover);
  return {
    namespace,
    jobs: [...parsed, ...discovered],
    deployments,
    pods,
    room: roomUnder(quota),
    used: usedUnder(quota),
  };
};

/** A workload that nobody submitted through Headgate: the ManagedJob that stands for it, not yet written. */
const discover = (deployment: ForeignObject): ManagedJob => ({
  apiVersion: MANAGED_JOB.apiVersion as ManagedJob['apiVersion'],
  kind: 'ManagedJob',
  metadata: { name: deployment.metadata.name, namespace: deployment.metadata.namespace ?? '' },
  spec: ManagedJobSpec.parse({
    targetRef: { apiVersion: deployment.apiVersion, kind: 'FlinkDeployment', name: deployment.metadata.name },
  }),
});

/** What admission would still let in: it goes by `status.hard`, and a quota it has not seen lets in nothing. */
const roomUnder = (quota: ResourceQuota | undefined): Resources | undefined => {
  const reading = quota === undefined ? undefined : readQuota(quota);
  return reading?.statusHard === undefined || reading.used === undefined
    ? undefined
    : subtract(reading.statusHard, reading.used);
};

const usedUnder = (quota: ResourceQuota | undefined): Resources => (quota && readQuota(quota).used) ?? ZERO;

/** What is used above the tenant's target, once the time to give it back by itself is over. */
const excessOf = (tenant: Tenant, namespaces: readonly NamespaceObjects[], now: EpochMillis): Resources | undefined => {
  const { target, reclaimAfter } = tenant.status?.quota ?? {};
  const after = fromTimestamp(reclaimAfter);
  if (target?.cpu === undefined || target.memory === undefined || after === undefined || now < after) return undefined;
  const excess = subtract(
    sum(namespaces.map((n) => n.used)),
    parseResources({ cpu: target.cpu, memory: target.memory }),
  );
  return fits(excess, ZERO) ? undefined : excess;
};

/** A tenant that is to give something back does not take what it has just freed. */
const withinTarget = (tenant: Tenant, room: Resources | undefined): Resources | undefined => {
  const { target, used } = tenant.status?.quota ?? {};
  if (room === undefined || target?.cpu === undefined || target.memory === undefined) return room;
  const taken = parseResources({ cpu: used?.cpu ?? '0', memory: used?.memory ?? '0' });
  return least(room, subtract(parseResources({ cpu: target.cpu, memory: target.memory }), taken));
};

const observeJob = async (
  run: Run,
  stateStore: StateStore,
  managed: ManagedJob,
  objects: NamespaceObjects,
  history: JobHistory,
): Promise<JobSnapshot> => {
  const target = managed.spec.targetRef.name;
  const deployment = objects.deployments.find((d) => d.metadata.name === target);
  const workload =
    deployment === undefined ? undefined : readFlinkDeployment(deployment, { stateful: managed.spec.stateful });
  const pods = objects.pods.filter((pod) => pod.metadata.labels?.['app'] === target && !isDone(pod));
  const looked = await lookAt(run, workload, managed, history);
  const podProblems = pods.flatMap(podProblemsOf);
  const failure = classifyFailure({
    state: looked.look?.job?.state ?? workload?.reportedState,
    failure: looked.look?.failure,
    workloadError: workload?.error,
    podProblems,
  });
  return {
    key: keyOf(managed),
    managed,
    target: deployment,
    workload,
    look: looked.look,
    history,
    pods: pods.length,
    taskManagerPods: pods.filter((pod) => pod.metadata.labels?.['component'] === 'taskmanager').length,
    podProblems,
    failure,
    restorePoints:
      workload !== undefined && isDown({ job: looked.look?.job, workload, failure })
        ? await readRestorePoints(stateStore, managed, workload, looked.look, history)
        : undefined,
    missing: [...looked.missing, ...(looked.look?.missing ?? [])],
  };
};

const isDone = (pod: Pod): boolean => pod.status?.phase === 'Succeeded' || pod.status?.phase === 'Failed';

const lookAt = async (
  run: Run,
  workload: FlinkDeploymentWorkload | undefined,
  managed: ManagedJob,
  history: JobHistory,
): Promise<{ look: FlinkLook | undefined; missing: readonly string[] }> => {
  if (workload === undefined || workload.suspended) return { look: undefined, missing: [] };
  const proxy = run.kubernetes.proxy({
    namespace: managed.metadata.namespace ?? '',
    service: workload.rest.service,
    port: workload.rest.port,
  });
  const flink = createFlink(proxy, flinkClock(run));
  const look = flink.observe({
    ...(workload.reportedJobId === undefined ? {} : { jobId: workload.reportedJobId }),
    ...(history.memory === undefined ? {} : { memory: history.memory }),
  });
  try {
    return { look: await within(run, JOB_TIME_LIMIT_MILLIS, look), missing: [] };
  } catch (error) {
    if (!(error instanceof HeadgateError) || error.code === 'DeadlineExceeded') throw error;
    return { look: undefined, missing: [`the JobManager does not answer: ${error.message}`] };
  }
};

/** The answer, or `Unavailable` when it does not come in time. */
const within = async <T>(run: Run, millis: number, answer: Promise<T>): Promise<T> => {
  const givenUp = new AbortController();
  const limit = run.world.sleep(millis, AbortSignal.any([run.signal, givenUp.signal])).then(() => {
    throw new HeadgateError('Unavailable', `no answer within ${millis / 1000} s`);
  });
  try {
    return await Promise.race([answer, limit]);
  } finally {
    limit.catch(() => undefined);
    answer.catch(() => undefined);
    givenUp.abort();
  }
};
