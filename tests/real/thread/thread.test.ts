// The main job, once, on real parts: real control plane, real Flink operator, real Flink, a real queue, and the packaged
// bundles in processes and under identities of their own. Each step is asserted on what the world shows.
import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, readFileSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import tls from 'node:tls';
import { fetchArtifacts } from '../artifacts/fetch.ts';
import { buildControlPlane } from '../cluster/build-control-plane.ts';
import { startCluster, type Cluster } from '../cluster/cluster.ts';
import { enterClusterNetwork } from '../cluster/enter-network.ts';
import { eventually } from '../cluster/eventually.ts';
import { jobControl, type JobControl } from '../flink-job/control.ts';
import { exactnessProblems, readExactness } from '../flink-job/exactness.ts';
import { prepareImages } from '../images/images.ts';
import { installFlinkOperator } from '../operator/install.ts';
import { installCommands, startHeadgate, TOKEN, type Headgate } from './headgate.ts';
import { applyOrders, deleteOrders, submitOrders, tenantPayments } from './requests.ts';
import { readWorld, type World } from './world-view.ts';

await enterClusterNetwork(async () => {
  await buildControlPlane();
  await prepareImages();
  await fetchArtifacts('elasticmq-1.7');
});

const PARTITIONS = 8;
const PERIOD_SECONDS = 10;

let cluster: Cluster;
let headgate: Headgate;
let world: World;
let control: JobControl;
let flinkData: string;

// Each step builds on the ones before it.
let broken = false;

/** One step of the thread: prints how long it took. */
const step = (name: string, run: () => Promise<void>): void => {
  void test(name, { timeout: 600_000 }, async () => {
    assert.ok(!broken, 'an earlier step failed');
    broken = true;
    const started = Date.now();
    await run();
    broken = false;
    console.error(`  ${((Date.now() - started) / 1000).toFixed(1).padStart(6)} s  ${name}`);
  });
};

/** True, or an error that says in which partitions the state and the source disagree. */
const exactnessHolds = async (wish: Parameters<typeof exactnessProblems>[1]): Promise<true> => {
  const problems = exactnessProblems(readExactness(flinkData), wish);
  if (problems.length > 0) throw new Error(problems.join('; '));
  return true;
};

const seconds = (count: number) => ({ seconds: count });
const decided = (reason: string, since: number) => headgate.decisions.find((d) => d.reason === reason && d.at >= since);

before(
  async () => {
    cluster = await startCluster({
      workDir: tmpdir(),
      nodes: [{ name: 'node-1', cpu: '16', memory: '16Gi' }],
      images: await prepareImages(),
    });
    tls.setDefaultCACertificates([...tls.getCACertificates(), readFileSync(cluster.caFile, 'utf8')]);
    await installFlinkOperator(cluster);
    for (const command of installCommands()) await eventually(() => cluster.kubectl(...command), seconds(60));
    world = readWorld(cluster);
  },
  { timeout: 900_000 },
);

after(async () => {
  await headgate?.stop();
  await cluster?.stop({ keepFolder: process.env['HEADGATE_KEEP'] === 'true' });
});

step('tenant.apply by queue makes a tenant: namespace, quota, fences, outcome', async () => {
  headgate = await startHeadgate(cluster, {
    periodSeconds: PERIOD_SECONDS,
    stateRoot: join(cluster.folder, 'state-root'),
  });
  await headgate.send(tenantPayments('apply-1'));
  await eventually(async () => (await world.outcome('apply-1'))?.outcome === 'accepted' || undefined, seconds(120));
  assert.equal((await world.namespaceLabels('payments'))['pod-security.kubernetes.io/enforce'], 'restricted');
  const granted = await eventually(async () => {
    const quota = await world.quota('payments');
    return quota['requests.cpu'] === '1500m' ? quota : undefined;
  }, seconds(120));
  assert.equal(granted['requests.memory'], '6Gi');
  assert.ok((await world.names('networkpolicies', 'payments')).length > 0);
});

step('a duplicate, a malformed and an unauthorised request get their one outcome and change nothing else', async () => {
  const before = await world.versions('payments');
  await headgate.send(tenantPayments('apply-1'));
  await headgate.send(
    {},
    {
      group: 'payments',
      body: '{"specversion":"1.0","id":"broken-1","source":"test","type":"dev.headgate.job.submit.v1","subject":"payments","time":"not a time","data":{"job":"X"}}',
    },
  );
  await headgate.send({ ...tenantPayments('reconcile-1'), type: 'dev.headgate.tenant.reconcile.v1' });
  const broken = await eventually(() => world.outcome('broken-1'), seconds(60));
  assert.equal(broken.outcome, 'rejected');
  for (const problem of ['time:', 'data.job:', 'data.spec:'])
    assert.ok(broken.message.includes(problem), `${broken.message} names ${problem}`);
  await headgate.send(tenantPayments('apply-2'));
  await eventually(() => world.outcome('apply-2'), seconds(60));
  assert.equal((await world.requests('apply-1')).length, 1, 'one ledger entry for a request that came twice');
  assert.deepEqual(await world.versions('payments'), before);
});

step('job.submit brings a real job to RUNNING under the operator', async () => {
  await cluster.kubectl('apply', '--server-side', '-f', join(import.meta.dirname, 'claim.yaml'));
  await eventually(
    async () =>
      (await cluster.kubectl('get', 'pvc', 'flink-data', '-n=payments', '-o=jsonpath={.status.phase}')) === 'Bound' ||
      undefined,
    seconds(60),
  );
  flinkData = await cluster.claimFolder('payments', 'flink-data');
  // What the pods know as file:///flink-data is this folder to the functions.
  mkdirSync(join(cluster.folder, 'state-root'), { recursive: true });
  symlinkSync(flinkData, join(cluster.folder, 'state-root/flink-data'));
  control = jobControl(flinkData);
  control.setCostMicros(2_000);
  control.setRate(400);
  await headgate.send(submitOrders('submit-1'));
  // Kubernetes' quota controller looks for new kinds (the operator's CRDs) every 30 s; until then it admits none of them.
  const submitted = await eventually(() => world.outcome('submit-1'), seconds(240));
  assert.equal(submitted.outcome, 'accepted', submitted.message);
  const job = await eventually(async () => {
    const found = await world.job('payments', 'orders');
    return found?.status?.job?.health === 'Healthy' ? found : undefined;
  }, seconds(240));
  assert.equal(job.status?.job?.state, 'RUNNING');
});

step('four times the load: parallelism is raised in place, TaskManagers come, the lag goes', async () => {
  const before = await world.flinkJob('payments', 'orders');
  const podsBefore = await world.taskManagers('payments', 'orders');
  control.setRate(1_600);
  await eventually(async () => {
    const job = await world.flinkJob('payments', 'orders');
    return job.parallelism >= 5 && job.running ? job : undefined;
  }, seconds(240));
  const after = await world.flinkJob('payments', 'orders');
  assert.equal(after.id, before.id, 'the same job: rescaled in place');
  assert.ok((await world.taskManagers('payments', 'orders')).length > podsBefore.length);
  await eventually(async () => {
    const { lagSeconds } = (await world.job('payments', 'orders'))?.status ?? {};
    return lagSeconds !== undefined && lagSeconds < 10 ? true : undefined;
  }, seconds(240));
});

step('above its quota the job gets a part, and says so', async () => {
  const since = Date.now();
  control.setRate(6_000);
  const decision = await eventually(
    () => Promise.resolve(decided('PartiallyGranted', since) ?? decided('QuotaExhausted', since)),
    seconds(240),
  );
  assert.match(decision.why, /TaskManager/);
  const shown = await eventually(async () => {
    const decided = (await world.job('payments', 'orders'))?.status?.lastDecision;
    return decided?.reason === decision.reason ? decided : undefined;
  }, seconds(20));
  assert.match(shown.message, /TaskManager/, 'kubectl describe tells it too');
});

step('the load goes, and so do TaskManagers', async () => {
  const atPeak = await eventually(async () => {
    const names = await world.taskManagers('payments', 'orders');
    return names.length >= 4 && (await world.flinkJob('payments', 'orders')).running ? names : undefined;
  }, seconds(120));
  control.setRate(400);
  // Flink keeps an idle TaskManager for `resourcemanager.taskmanager-timeout` before it lets it go.
  await eventually(
    async () => ((await world.taskManagers('payments', 'orders')).length <= atPeak.length - 2 ? true : undefined),
    seconds(400),
  );
});

step('an alert is looked at at once', async () => {
  const since = Date.now();
  const alert = {
    status: 'firing',
    labels: { namespace: 'payments', managedjob: 'orders' },
    startsAt: new Date().toISOString(),
    fingerprint: `f${since}`,
  };
  const body = JSON.stringify({
    version: '4',
    groupKey: 'g',
    status: 'firing',
    receiver: 'headgate',
    alerts: [alert, { ...alert, status: 'resolved', fingerprint: 'r' }],
  });
  const call = { method: 'POST', path: '/alerts', body };
  assert.equal((await headgate.http({ ...call, headers: { authorization: 'Bearer wrong' } })).statusCode, 401);
  const answer = await headgate.http({
    ...call,
    headers: { authorization: `Bearer ${TOKEN}`, 'content-type': 'application/json' },
  });
  assert.equal(answer.statusCode, 202);
  const told = JSON.parse(answer.body ?? '{}') as { queued: unknown[]; ignored: { reason: string }[] };
  assert.equal(told.queued.length, 1);
  assert.equal(told.ignored[0]?.reason, 'resolved alerts never act');
  await eventually(
    () => Promise.resolve(headgate.decisions.find((d) => d.cause === 'alert' && d.at >= since)),
    seconds(8),
  );
});

step('while the stop is set, a job that fails for good is left alone', async () => {
  await eventually(async () => ((await world.flinkJob('payments', 'orders')).running ? true : undefined), seconds(120));
  await cluster.kubectl(
    '-n=headgate-system',
    'patch',
    'cm',
    'headgate-stop',
    '--type=merge',
    '-p={"data":{"stopped":"true","reason":"test"}}',
  );
  const uid = await world.uid('payments', 'orders');
  control.fail('for-good');
  await eventually(
    async () =>
      (await world.deployment('payments', 'orders')).status?.jobStatus?.state === 'FAILED' ? true : undefined,
    seconds(90),
  );
  const since = Date.now();
  await eventually(() => Promise.resolve(decided('Stopped', since)), seconds(120));
  assert.equal(await world.uid('payments', 'orders'), uid, 'the workload was not touched');
  control.stopFailing();
});

step('without it, recovery restores the job from its last retained checkpoint', async () => {
  const since = Date.now();
  const failedJob = (await world.deployment('payments', 'orders')).status?.jobStatus?.jobId;
  await cluster.kubectl(
    '-n=headgate-system',
    'patch',
    'cm',
    'headgate-stop',
    '--type=merge',
    '-p={"data":{"stopped":"false"}}',
  );
  const job = await eventually(async () => {
    const found = await world.flinkJob('payments', 'orders').catch(() => undefined);
    return found !== undefined && found.id !== failedJob && found.running ? found : undefined;
  }, seconds(300));
  assert.match(job.restoredFrom ?? '', new RegExp(`${failedJob}/chk-\\d+$`));
  await eventually(() => Promise.resolve(decided('RecoverDone', since)), seconds(90));
  const { operation } = (await world.job('payments', 'orders'))?.status ?? {};
  assert.notEqual(operation?.kind, 'Recover', 'the operation is over');
});

step('exactly once: at the end the state equals the source’s position in every partition', async () => {
  const { ends, sinceMillis } = control.drain(PARTITIONS);
  await eventually(() => exactnessHolds({ partitions: PARTITIONS, sinceMillis, ends }), seconds(300));
  assert.ok(Math.min(...ends) > 0);
});

step('an update by request restarts the job with its state, under the owners that recovery handed back', async () => {
  const before = await world.flinkJob('payments', 'orders');
  const { sinceMillis } = control.drain(PARTITIONS);
  await headgate.send(applyOrders('update-1'));
  const outcome = await eventually(() => world.outcome('update-1'), seconds(60));
  assert.equal(outcome.outcome, 'accepted', outcome.message);
  await eventually(async () => {
    const job = await world.flinkJob('payments', 'orders').catch(() => undefined);
    return job?.running === true && job.startedAt > before.startedAt ? job : undefined;
  }, seconds(240));
  await eventually(() => exactnessHolds({ partitions: PARTITIONS, sinceMillis }), seconds(120));
});

step('job.delete keeps the state and takes the rest', async () => {
  await headgate.send(deleteOrders('delete-1'));
  await eventually(
    async () => ((await world.names('flinkdeployments', 'payments')).length === 0 ? true : undefined),
    seconds(240),
  );
  await eventually(async () => ((await world.names('pods', 'payments')).length === 0 ? true : undefined), seconds(120));
  assert.ok(
    readdirSync(join(flinkData, 'savepoints')).some((name) => name.startsWith('savepoint-')),
    'a savepoint was taken',
  );
  await eventually(
    async () =>
      (await world.job('payments', 'orders'))?.status?.lastDecision?.reason === 'Deleted' ? true : undefined,
    seconds(60),
  );
});
