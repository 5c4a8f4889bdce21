import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { planJob, type JobRequest } from '../../lib/tenant/plan-job.ts';
import { assertGolden } from './golden.ts';
import { managedJob, submission, tenant } from './samples.ts';

const KEY = 'r-0123';
const plan = (request: Partial<JobRequest> = {}) =>
  planJob({
    tenant: tenant({ namespaces: [{ name: 'payments' }, { name: 'payments-eu' }] }),
    type: 'dev.headgate.job.submit.v1',
    data: submission(),
    key: KEY,
    existing: {},
    jobCount: 0,
    ...request,
  });
const problemsOf = (request: Partial<JobRequest>): readonly string[] => {
  const planned = plan(request);
  return 'problems' in planned ? planned.problems : [];
};
const objectsOf = (request: Partial<JobRequest> = {}) => {
  const planned = plan(request);
  if ('problems' in planned) return assert.fail(planned.problems.join('; '));
  return planned.objects;
};
const deployment = (key?: string) => ({
  apiVersion: 'flink.apache.org/v1beta1',
  kind: 'FlinkDeployment',
  metadata: { name: 'clicks', namespace: 'payments', ...(key && { annotations: { 'headgate.dev/request': key } }) },
});
const UPDATE = { type: 'dev.headgate.job.update.v1', existing: { deployment: deployment() } } as const;

describe('a job that is submitted', () => {
  it('is, for a job with state, the golden file', () => {
    assertGolden('job-stateful.yaml', objectsOf());
  });

  it('is, for a stateless job with everything stated, the golden file', () => {
    const data = submission(
      {
        flinkConfiguration: { 'high-availability.type': 'NONE', 'jobmanager.scheduler': 'default' },
        imagePullPolicy: 'Always',
        logConfiguration: { 'log4j-console.properties': 'rootLogger.level = INFO' },
        taskManager: {
          resource: { cpu: 1, memory: '2g' },
          podTemplate: { spec: { volumes: [{ name: 'scratch', emptyDir: {} }] } },
        },
        podTemplate: { metadata: { labels: { team: 'payments' } } },
        job: { args: ['--mode', 'eu'], allowNonRestoredState: true },
      },
      { stateless: true, namespace: 'payments-eu', bounds: { maxParallelism: 16 }, priority: 200, mode: 'recommend' },
    );
    assertGolden('job-stateless.yaml', objectsOf({ data }));
  });

  it('overrides nothing that the tenant states within the rules', () => {
    const data = submission({
      flinkConfiguration: { 'jobmanager.scheduler': 'default' },
      job: { upgradeMode: 'last-state' },
    });
    const [flink] = objectsOf({ data });
    assert.partialDeepStrictEqual(flink, {
      spec: { flinkConfiguration: { 'jobmanager.scheduler': 'default' }, job: { upgradeMode: 'last-state' } },
    });
  });

  it('never holds what others write', () => {
    const text = JSON.stringify(objectsOf());
    for (const field of ['"state"', 'initialSavepointPath', 'Nonce', 'parallelism-overrides', 'restart.failed']) {
      assert.ok(!text.includes(field), field);
    }
  });

  it('lies in the tenant’s first namespace unless another of its own is stated', () => {
    const namespaces = (data: JobRequest['data']) => objectsOf({ data }).map((o) => o.metadata.namespace);
    assert.deepEqual(namespaces(submission()), ['payments', 'payments']);
    assert.deepEqual(namespaces(submission({}, { namespace: 'payments-eu' })), ['payments-eu', 'payments-eu']);
  });

  it('says the same twice', () => {
    assert.deepEqual(plan(), plan());
  });
});

/** Each rule by a request that breaks it, the path of its problem, and a neighbour that is allowed. */
const RULES: readonly (readonly [
  sentence: string,
  path: string,
  refused: Partial<JobRequest>,
  allowed: Partial<JobRequest>,
])[] = [
  [
    'a namespace of somebody else is refused',
    'namespace',
    { data: submission({}, { namespace: 'fraud' }) },
    { data: submission({}, { namespace: 'payments-eu' }) },
  ],
  [
    'a name that Flink cannot use is refused',
    'job',
    { data: submission({}, { job: 'a'.repeat(46) }) },
    { data: submission({}, { job: 'a'.repeat(45) }) },
  ],
  [
    'a name that begins with a digit is refused',
    'job',
    { data: submission({}, { job: '1st' }) },
    { data: submission({}, { job: 'first-1' }) },
  ],
  [
    'a cordoned tenant gets no new jobs',
    'job',
    { tenant: tenant({ cordoned: true }) },
    { tenant: tenant({ cordoned: true }), ...UPDATE },
  ],
  [
    'a job that exists is not submitted again',
    'job',
    { existing: { deployment: deployment('r-other') } },
    { existing: { deployment: deployment(KEY) } },
  ],
  ['a job that does not exist is not updated', 'job', { type: 'dev.headgate.job.update.v1' }, UPDATE],
  ['the number of jobs is bounded', 'job', { jobCount: 5 }, { jobCount: 4 }],
  ['at the bound, a job can still be updated', 'job', { jobCount: 5 }, { jobCount: 5, ...UPDATE }],
  [
    'images come from allowed registries',
    'spec.image',
    { tenant: tenant({ isolation: { registries: ['other.example.com'] } }) },
    { tenant: tenant({ isolation: { registries: ['registry.example.com/payments'] } }) },
  ],
  [
    'jars come from the image',
    'spec.job.jarURI',
    { data: submission({ job: { jarURI: 'https://example.com/x.jar' } }) },
    { data: submission({ job: { jarURI: 'local:///opt/x.jar' } }) },
  ],
  [
    'jars come from below the allowed prefixes',
    'spec.job.jarURI',
    { tenant: tenant({ isolation: { jarPrefixes: ['local:///opt/other/'] } }) },
    { tenant: tenant({ isolation: { jarPrefixes: ['local:///opt/flink/'] } }) },
  ],
  [
    'jar paths do not climb',
    'spec.job.jarURI',
    { data: submission({ job: { jarURI: 'local:///opt/flink/../../etc/x.jar' } }) },
    { data: submission() },
  ],
  [
    'jar paths name no host',
    'spec.job.jarURI',
    { data: submission({ job: { jarURI: 'local://example.com/x.jar' } }) },
    { data: submission() },
  ],
  [
    'state is not thrown away by upgrade mode',
    'spec.job.upgradeMode',
    { data: submission({ job: { upgradeMode: 'stateless' } }) },
    { data: submission({ job: { upgradeMode: 'stateless' } }, { stateless: true }) },
  ],
  [
    'jobs run in native mode',
    'spec.mode',
    { data: submission({ mode: 'standalone' }) },
    { data: submission({ mode: 'native' }) },
  ],
  [
    'jobs run as the tenant’s service account',
    'spec.serviceAccount',
    { data: submission({ serviceAccount: 'admin' }) },
    { data: submission({ serviceAccount: 'flink' }) },
  ],
  [
    'jobs are not exposed',
    'spec.ingress',
    { data: submission({ ingress: { template: 'x.example.com' } }) },
    { data: submission() },
  ],
  [
    'whether a job runs is not in its spec',
    'spec.job.state',
    { data: submission({ job: { state: 'suspended' } }) },
    { data: submission() },
  ],
  [
    'nor where it is restored from',
    'spec.job.initialSavepointPath',
    { data: submission({ job: { initialSavepointPath: 's3://flink/payments/x' } }) },
    { data: submission() },
  ],
  [
    'nor a savepoint to trigger',
    'spec.job.savepointTriggerNonce',
    { data: submission({ job: { savepointTriggerNonce: 1 } }) },
    { data: submission() },
  ],
  [
    'nor a redeployment',
    'spec.job.savepointRedeployNonce',
    { data: submission({ job: { savepointRedeployNonce: 1 } }) },
    { data: submission() },
  ],
  ['nor a restart', 'spec.restartNonce', { data: submission({ restartNonce: 1 }) }, { data: submission() }],
  [
    'fields of the operator that are not known are refused',
    'spec.job.autoPilot',
    { data: submission({ job: { autoPilot: true } }) },
    { data: submission() },
  ],
  [
    'JobManagers are few',
    'spec.jobManager.replicas',
    { data: submission({ jobManager: { resource: { cpu: 1, memory: '1g' }, replicas: 3 } }) },
    { data: submission({ jobManager: { resource: { cpu: 1, memory: '1g' }, replicas: 2 } }) },
  ],
  [
    'TaskManagers are counted by parallelism',
    'spec.taskManager.replicas',
    { data: submission({ taskManager: { resource: { cpu: 1, memory: '1g' }, replicas: 3 } }) },
    { data: submission() },
  ],
  [
    'memory is written as Flink reads it',
    'spec.taskManager.resource.memory',
    { data: submission({ taskManager: { resource: { cpu: 1, memory: 'lots' } } }) },
    { data: submission({ taskManager: { resource: { cpu: 1, memory: '2Gi' } } }) },
  ],
  [
    'a job that can never start is refused',
    'spec',
    { tenant: tenant({ quota: { guarantee: { cpu: '1', memory: '2Gi' }, limit: { cpu: '1', memory: '2Gi' } } }) },
    { tenant: tenant({ quota: { guarantee: { cpu: '1', memory: '2Gi' }, limit: { cpu: '1500m', memory: '3Gi' } } }) },
  ],
  [
    'configuration is judged',
    'spec.flinkConfiguration.kubernetes.namespace',
    { data: submission({ flinkConfiguration: { 'kubernetes.namespace': 'fraud' } }) },
    { data: submission() },
  ],
  [
    'pod templates are judged',
    'spec.podTemplate.spec.hostNetwork',
    { data: submission({ podTemplate: { spec: { hostNetwork: true } } }) },
    { data: submission({ podTemplate: { spec: {} } }) },
  ],
  [
    'those of single processes, too',
    'spec.jobManager.podTemplate.spec.hostNetwork',
    {
      data: submission({
        jobManager: { resource: { cpu: 1, memory: '1g' }, podTemplate: { spec: { hostNetwork: true } } },
      }),
    },
    { data: submission({ jobManager: { resource: { cpu: 1, memory: '1g' }, podTemplate: { spec: {} } } }) },
  ],
  [
    'bounds are the right way round',
    'bounds.minParallelism',
    { data: submission({}, { bounds: { minParallelism: 9, maxParallelism: 8 } }) },
    { data: submission({}, { bounds: { minParallelism: 8, maxParallelism: 8 } }) },
  ],
];

describe('the rules of jobs:', () => {
  for (const [sentence, path, refused, allowed] of RULES) {
    it(sentence, () => {
      assert.deepEqual(
        problemsOf(refused).map((p) => p.split(': ')[0]),
        [path],
        problemsOf(refused).join('; '),
      );
      assert.deepEqual(problemsOf(allowed), []);
    });
  }

  it('are all told at once', () => {
    const data = submission(
      {
        image: 'evil image',
        flinkConfiguration: { 'kubernetes.namespace': 'x' },
        podTemplate: { spec: { hostPID: true } },
        job: { jarURI: 'x' },
      },
      { namespace: 'fraud' },
    );
    assert.deepEqual(
      problemsOf({ data, jobCount: 5 }).map((p) => p.split(': ')[0]),
      [
        'namespace',
        'job',
        'spec.image',
        'spec.job.jarURI',
        'spec.flinkConfiguration.kubernetes.namespace',
        'spec.podTemplate.spec.hostPID',
      ],
    );
  });
});

describe('the settings of a job', () => {
  const specOf = (request: Partial<JobRequest>) => objectsOf(request)[1]?.spec;

  it('that a request does not state stay as they were wished', () => {
    const before = managedJob({ priority: 300, paused: 'scaling', restartNonce: 5, bounds: { maxParallelism: 4 } });
    const data = submission({}, { bounds: { maxParallelism: 8 } });
    assert.partialDeepStrictEqual(
      specOf({ ...UPDATE, data, existing: { deployment: deployment(), managedJob: before } }),
      {
        priority: 300,
        paused: 'scaling',
        restartNonce: 5,
        bounds: { maxParallelism: 8 },
      },
    );
  });

  it('say that an update of a suspended job leaves it suspended, and a job that is submitted anew runs', () => {
    const before = managedJob({ desired: 'suspended', releaseNonce: 3 });
    assert.partialDeepStrictEqual(specOf({ ...UPDATE, existing: { deployment: deployment(), managedJob: before } }), {
      desired: 'suspended',
    });
    assert.partialDeepStrictEqual(specOf({ existing: { managedJob: before } }), {
      desired: 'running',
      releaseNonce: 3,
    });
  });
});
