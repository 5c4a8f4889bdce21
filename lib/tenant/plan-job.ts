import { z } from 'zod';
import type { RequestData } from '../../events/tenant-request.ts';
import { HEADGATE_API_VERSION } from '../model/group.ts';
import type { KubernetesObject } from '../model/kubernetes-object.ts';
import { ManagedJobSpec, type ManagedJob } from '../model/managed-job.ts';
import { add, fits, formatResources, parseResources, type Resources } from '../model/resources.ts';
import { namespacesOf, type Tenant } from '../model/tenant.ts';
import { boundsProblems } from './bounds.ts';
import { checkFlinkConfiguration } from './flink-configuration.ts';
import { parseFlinkMemory } from './flink-values.ts';
import { imageProblem } from './image.ts';
import { REQUEST_ANNOTATION, labelsOf } from './labels.ts';
import type { Planned, WishedObject } from './planned.ts';
import { checkPodTemplate, hardenPodTemplate } from './pod-template.ts';
import { bounded, problemsOf } from './problems.ts';
import { isBelow, pathProblem } from './state-path.ts';

/** The service account that Flink's pods run as, in each tenant namespace. */
export const JOB_SERVICE_ACCOUNT = 'flink';

/** Which namespace a request means: the one that it states, or the tenant's first. */
export const namespaceOfJob = (tenant: Tenant, data: { readonly namespace?: string | undefined }): string =>
  data.namespace ?? namespacesOf(tenant)[0];

/** Flink's native mode makes names of Services and ConfigMaps from it (`DefaultValidator.DEPLOYMENT_NAME_PATTERN`). */
const JOB_NAME = /^[a-z]([-a-z0-9]{0,43}[a-z0-9])?$/;

/** Fields of the spec that others write: the operator's user must not, and neither may a request. */
const OF_RECOVERY = z
  .undefined('is set by Headgate: ask with job.suspend, job.resume, job.restart or job.snapshot')
  .optional();

/** The whole spec as a tenant may state it; what is not named is refused. */
const Submission = z.strictObject({
  image: z.string(),
  imagePullPolicy: z.enum(['Always', 'IfNotPresent', 'Never']).optional(),
  flinkVersion: z.string(),
  flinkConfiguration: z.record(z.string(), z.string()),
  logConfiguration: z.partialRecord(z.enum(['log4j-console.properties', 'logback-console.xml']), z.string()).optional(),
  mode: z.literal('native', 'must be native: Headgate scales no other').optional(),
  serviceAccount: z.literal(JOB_SERVICE_ACCOUNT, `must be ${JOB_SERVICE_ACCOUNT}`).optional(),
  restartNonce: OF_RECOVERY,
  jobManager: z.strictObject({
    resource: z.strictObject({ cpu: z.number(), memory: z.string() }),
    replicas: z.number().int().min(1).max(2).optional(),
    podTemplate: z.unknown().optional(),
  }),
  taskManager: z.strictObject({
    resource: z.strictObject({ cpu: z.number(), memory: z.string() }),
    replicas: z.undefined('is for standalone mode: state job.parallelism').optional(),
    podTemplate: z.unknown().optional(),
  }),
  job: z.strictObject({
    jarURI: z.string().optional(),
    entryClass: z.string().optional(),
    args: z.array(z.string()).optional(),
    parallelism: z.number(),
    upgradeMode: z.enum(['savepoint', 'last-state', 'stateless']).optional(),
    allowNonRestoredState: z.boolean().optional(),
    state: OF_RECOVERY,
    initialSavepointPath: OF_RECOVERY,
    savepointTriggerNonce: OF_RECOVERY,
    checkpointTriggerNonce: OF_RECOVERY,
    savepointRedeployNonce: OF_RECOVERY,
    autoscalerResetNonce: OF_RECOVERY,
  }),
  podTemplate: z.unknown().optional(),
});
type Submission = z.infer<typeof Submission>;

/** What one process of a job needs; undefined when its memory cannot be read. */
const processResources = ({ cpu, memory }: { cpu: number; memory: string }): Resources | undefined => {
  const memoryBytes = parseFlinkMemory(memory);
  return memoryBytes === undefined ? undefined : { cpuMillis: Math.ceil(cpu * 1000 - 1e-9), memoryBytes };
};

const jarProblem = (jarURI: string, prefixes: readonly string[]): string | undefined => {
  const problem = pathProblem(jarURI);
  if (problem !== undefined) return problem;
  const allowed = prefixes.length === 0 ? ['local:///'] : prefixes;
  return allowed.some((prefix) => isBelow(prefix, jarURI)) ? undefined : `must be below ${allowed.join(' or ')}`;
};

/** The resources of the job's two processes against what the tenant may have at most. */
const sizeProblems = (submission: Submission, tenant: Tenant): string[] => {
  const sizes = { jobManager: submission.jobManager, taskManager: submission.taskManager };
  const unreadable = Object.entries(sizes)
    .filter(([, { resource }]) => processResources(resource) === undefined)
    .map(([name]) => `spec.${name}.resource.memory: must be a memory size such as 2048m`);
  const jobManager = processResources(submission.jobManager.resource);
  const taskManager = processResources(submission.taskManager.resource);
  const { limit } = tenant.spec.quota;
  if (jobManager === undefined || taskManager === undefined || limit === undefined) return unreadable;
  const smallest = add(jobManager, taskManager);
  if (fits(smallest, parseResources(limit))) return [];
  const { cpu, memory } = formatResources(smallest);
  return [
    `spec: a JobManager and one TaskManager need ${cpu} cpu and ${memory} memory; the tenant's limit is ${limit.cpu} and ${limit.memory}`,
  ];
};

/** What scaling and recovery need of Flink and its operator, where the tenant has not stated it. */
const DEFAULTS: Readonly<Record<string, string>> = {
  'jobmanager.scheduler': 'adaptive',
  // The operator's own defaults may have it on, and two autoscalers would undo each other's work.
  'job.autoscaler.enabled': 'false',
  // The operator merges a process's template into the common one; by position, containers would get mixed up.
  'kubernetes.operator.pod-template.merge-arrays-by-name': 'true',
};
const STATEFUL_DEFAULTS: Readonly<Record<string, string>> = {
  // One name in all versions from 1.17 to 2.2.
  'execution.checkpointing.externalized-checkpoint-retention': 'RETAIN_ON_CANCELLATION',
};

export type JobRequest = {
  readonly tenant: Tenant;
  readonly type: 'dev.headgate.job.submit.v1' | 'dev.headgate.job.update.v1';
  readonly data: RequestData<'dev.headgate.job.submit.v1'>;
  /** The request's key; objects carry it, so that the same request run twice is not taken for two. */
  readonly key: string;
  readonly existing: {
    readonly deployment?: KubernetesObject | undefined;
    readonly managedJob?: ManagedJob | undefined;
  };
  /** How many jobs the tenant has, over all its namespaces. */
  readonly jobCount: number;
};

/** Rules about the job as a whole: whose it is, and whether it may be. */
const placeProblems = ({ tenant, type, data, key, existing, jobCount }: JobRequest): string[] => {
  const namespace = namespaceOfJob(tenant, data);
  const submitting = type === 'dev.headgate.job.submit.v1';
  const { deployment } = existing;
  const isRepeat = deployment?.metadata.annotations?.[REQUEST_ANNOTATION] === key;
  return [
    ...(JOB_NAME.test(data.job)
      ? []
      : ['job: must start with a letter and be at most 45 lower case letters, digits and -']),
    ...(namespacesOf(tenant).includes(namespace) ? [] : [`namespace: ${namespace} is not one of the tenant's`]),
    ...(submitting && tenant.spec.cordoned ? ['job: the tenant is cordoned: no new jobs'] : []),
    ...(submitting && deployment !== undefined && !isRepeat ? [`job: ${data.job} exists: send job.update`] : []),
    ...(submitting && deployment === undefined && jobCount >= tenant.spec.quota.jobs
      ? [`job: the tenant has ${jobCount} jobs of ${tenant.spec.quota.jobs}`]
      : []),
    ...(existing.managedJob?.status?.operation?.recreation !== undefined
      ? [`job: ${data.job} is being restored: send it again under a new id when that is done`]
      : []),
    ...(!submitting && deployment === undefined ? [`job: ${data.job} does not exist: send job.submit`] : []),
    ...boundsProblems(data.bounds, 'bounds'),
  ];
};

/**
 * The FlinkDeployment and the ManagedJob of `job.submit` or `job.update`, each the complete set of `headgate-wish`;
 * or every rule that the request breaks. What others write (`job.state`, restore points, nonces, parallelism overrides)
 * is never in it.
 */
export const planJob = (request: JobRequest): Planned => {
  const { tenant, data, key, existing } = request;
  const { isolation } = tenant.spec;
  const problems = placeProblems(request);

  const parsed = Submission.safeParse(data.spec);
  if (!parsed.success) return { problems: bounded([...problems, ...problemsOf(parsed.error, 'spec')]) };
  const submission = parsed.data;
  const { stateless } = data;
  const [major = 0, minor = 0] = submission.flinkVersion.slice(1).split('_').map(Number);

  const { configuration, problems: configurationProblems } = checkFlinkConfiguration(submission.flinkConfiguration, {
    flinkVersion: [major, minor],
    stateless,
    statePrefix: isolation.statePrefix,
    memoryBytes: {
      jobManager: processResources(submission.jobManager.resource)?.memoryBytes ?? 0,
      taskManager: processResources(submission.taskManager.resource)?.memoryBytes ?? 0,
    },
  });
  const common = checkPodTemplate(submission.podTemplate ?? {}, isolation, 'spec.podTemplate');
  const ofProcess = (name: 'jobManager' | 'taskManager') =>
    submission[name].podTemplate === undefined
      ? undefined
      : checkPodTemplate(submission[name].podTemplate, isolation, `spec.${name}.podTemplate`);
  const jobManagerTemplate = ofProcess('jobManager');
  const taskManagerTemplate = ofProcess('taskManager');

  const image = imageProblem(submission.image, isolation.registries);
  const { jarURI } = submission.job;
  const jar = jarURI === undefined ? undefined : jarProblem(jarURI, isolation.jarPrefixes);
  problems.push(
    ...(image === undefined ? [] : [`spec.image: ${image}`]),
    ...(jar === undefined ? [] : [`spec.job.jarURI: ${jar}`]),
    ...(submission.job.upgradeMode === 'stateless' && !stateless
      ? ['spec.job.upgradeMode: stateless would lose state; say stateless: true if there is none']
      : []),
    ...sizeProblems(submission, tenant),
    ...configurationProblems,
    ...common.problems,
    ...(jobManagerTemplate?.problems ?? []),
    ...(taskManagerTemplate?.problems ?? []),
  );
  if (problems.length > 0) return { problems: bounded(problems) };

  const metadata = {
    name: data.job,
    namespace: namespaceOfJob(tenant, data),
    labels: labelsOf(tenant.metadata.name),
    annotations: { [REQUEST_ANNOTATION]: key },
  };
  const deployment: WishedObject = {
    apiVersion: 'flink.apache.org/v1beta1',
    kind: 'FlinkDeployment',
    metadata,
    spec: {
      ...submission,
      mode: 'native',
      serviceAccount: JOB_SERVICE_ACCOUNT,
      flinkConfiguration: { ...DEFAULTS, ...(!stateless && STATEFUL_DEFAULTS), ...configuration },
      podTemplate: hardenPodTemplate(common.template, isolation),
      jobManager: {
        ...submission.jobManager,
        ...(jobManagerTemplate && { podTemplate: hardenPodTemplate(jobManagerTemplate.template, isolation) }),
      },
      taskManager: {
        ...submission.taskManager,
        ...(taskManagerTemplate && { podTemplate: hardenPodTemplate(taskManagerTemplate.template, isolation) }),
      },
      job: {
        ...submission.job,
        // A savepoint is a restore point of its own; the operator falls back to the last state when it cannot take one.
        upgradeMode: stateless ? 'stateless' : (submission.job.upgradeMode ?? 'savepoint'),
      },
    },
  };
  return { objects: [deployment, managedJobOf(data, metadata, existing)] };
};

/**
 * The job's settings: what the request states, else what was wished before, else the defaults. A ManagedJob outlives its
 * workload, so a job that is submitted anew keeps its nonces and its quarantine, but is to run.
 */
const managedJobOf = (
  { job, stateless, bounds, autoscaling, recovery, priority, mode }: RequestData<'dev.headgate.job.submit.v1'>,
  metadata: KubernetesObject['metadata'],
  { deployment, managedJob }: JobRequest['existing'],
): WishedObject => ({
  apiVersion: HEADGATE_API_VERSION,
  kind: 'ManagedJob',
  metadata,
  spec: ManagedJobSpec.parse({
    ...managedJob?.spec,
    ...(deployment === undefined && { desired: 'running' }),
    targetRef: { apiVersion: 'flink.apache.org/v1beta1', kind: 'FlinkDeployment', name: job },
    stateful: !stateless,
    ...(bounds && { bounds }),
    ...(autoscaling && { autoscaling }),
    ...(recovery && { recovery }),
    ...(priority !== undefined && { priority }),
    ...(mode && { mode }),
  }),
});
