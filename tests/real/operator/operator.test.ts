// The real operator with the exactness job, on the real control plane: what README.md says of both is asserted here.
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';

import { buildControlPlane } from '../cluster/build-control-plane.ts';
import { type Cluster, startCluster } from '../cluster/cluster.ts';
import { enterClusterNetwork } from '../cluster/enter-network.ts';
import { eventually } from '../cluster/eventually.ts';
import { jobControl } from '../flink-job/control.ts';
import { exactnessProblems, readExactness } from '../flink-job/exactness.ts';
import { prepareImages } from '../images/images.ts';
import { exactnessDeployment, jobNamespace } from './exactness-deployment.ts';
import { installFlinkOperator } from './install.ts';
import { observeDeployment } from './observe-deployment.ts';

await enterClusterNetwork(async () => {
  await buildControlPlane();
  await prepareImages();
});

const partitions = 8;
const name = 'orders';
/** Each waiting has this long; a busy machine takes a third of it. */
const seconds = 120;

let cluster: Cluster;

before(async () => {
  const workDir = join(import.meta.dirname, '../../../.cache/real');
  mkdirSync(workDir, { recursive: true });
  const nodes = [{ name: 'node-1', cpu: '8', memory: '16Gi' }];
  cluster = await startCluster({ workDir, nodes, images: await prepareImages() });
  setDefaultCACertificates([...getCACertificates(), readFileSync(cluster.caFile, 'utf8')]);
  await installFlinkOperator(cluster);
});

after(() => cluster?.stop());

/** A job of a tenant of its own, and the steps that both Flink versions share. */
async function startJob(flink: '1.18' | '1.19') {
  const namespace = `tenant-${flink.replace('.', '-')}`;
  const claim = 'flink-data';
  await cluster.apply(...jobNamespace(namespace, claim));
  await cluster.kubectl(
    'wait',
    `pvc/${claim}`,
    `-n=${namespace}`,
    '--for=jsonpath={.status.phase}=Bound',
    '--timeout=30s',
  );
  const folder = await cluster.claimFolder(namespace, claim);
  const control = jobControl(folder);
  const job = observeDeployment(cluster, namespace, name);
  const wish = {
    namespace,
    name,
    claim,
    flink,
    parallelism: 2,
    flinkConfiguration: {
      'restart-strategy.type': 'fixed-delay',
      'restart-strategy.fixed-delay.attempts': '5',
      'restart-strategy.fixed-delay.delay': '1 s',
    },
  };

  await cluster.apply(exactnessDeployment(wish));
  control.setCostMicros(500);
  control.setRate(1000);
  await until(job.isStable);
  return { namespace, folder, control, job, wish };
}

type StartedJob = Awaited<ReturnType<typeof startJob>>;

const until = (condition: () => Promise<boolean>): Promise<true> =>
  eventually(async () => (await condition()) || undefined, { seconds });

/** The load ends, the job works off what is there, and every number of it has been counted once. */
async function assertExact({ folder, control }: StartedJob): Promise<void> {
  const { ends, sinceMillis } = control.drain(partitions);
  assert.ok(Math.min(...ends) > 0);
  const assertNow = async () => {
    assert.deepEqual(exactnessProblems(readExactness(folder), { partitions, ends, sinceMillis }), []);
    return true;
  };
  await eventually(assertNow, { seconds });
}

/** A new attempt begins in every partition, from where the source was at some checkpoint. */
async function assertSurvivesCrash({ namespace, folder, job }: StartedJob, component: 'jobmanager' | 'taskmanager') {
  const [pod = ''] = await job.readPods(component);
  const crashedAt = Date.now();
  cluster.crashPod(namespace, pod);
  const readNewAttempt = () => readExactness(folder).filter((reading) => reading.startedAtMillis > crashedAt);
  await until(async () => readNewAttempt().length === partitions);
  assert.ok(readNewAttempt().every((reading) => reading.startedFrom > 0));
}

/** The newest checkpoint on the volume that can be restored, as the pods name it. */
function newestCheckpoint(folder: string, jobId: string): string {
  const checkpoints = `${folder}/checkpoints/${jobId}`;
  const numbers = readdirSync(checkpoints)
    .filter((entry) => existsSync(`${checkpoints}/${entry}/_metadata`))
    .map((entry) => Number(entry.replace('chk-', '')));
  return `file:/flink-data/checkpoints/${jobId}/chk-${Math.max(...numbers)}`;
}

/** Not before there is a checkpoint to restore. */
async function failForGood({ control, job }: StartedJob): Promise<void> {
  control.setRate(1000);
  const jobId = await job.readJobId();
  await until(async () => (await job.readCheckpoints(jobId)).completed !== undefined);
  control.fail('for good');
  await until(async () => (await job.readStatus()).jobStatus?.state === 'FAILED');
  control.stopFailing();
}

describe('operator 1.7.0 with Flink 1.18, under Pod Security restricted', () => {
  let started: StartedJob;

  it('brings the job to RUNNING', async () => {
    started = await startJob('1.18');
  });

  it('raises the parallelism in place when the overrides change', async () => {
    const { job } = started;
    const jobManager = await job.readPods('jobmanager');
    const jobId = await job.readJobId();
    const overrides = (await job.readVertexIds(jobId)).map((vertex) => `${vertex}:4`).join(',');
    await job.patchSpec({ flinkConfiguration: { 'pipeline.jobvertex-parallelism-overrides': overrides } });
    await until(async () => (await job.countRunningTasks(jobId)) === 12);
    await until(job.isStable);
    assert.deepEqual(await job.readPods('jobmanager'), jobManager);
    assert.equal((await job.readPods('taskmanager')).length, 2);
  });

  it('goes on from the last checkpoint when a TaskManager crashes', () => assertSurvivesCrash(started, 'taskmanager'));

  it('suspends the job with a savepoint and resumes it from there', async () => {
    const { job } = started;
    await until(job.isStable);
    await job.patchSpec({ job: { state: 'suspended' } });
    await until(async () => (await job.readStatus()).lifecycleState === 'SUSPENDED');
    const savepoint = (await job.readStatus()).jobStatus?.savepointInfo?.lastSavepoint?.location;
    assert.match(savepoint ?? '', /\/savepoints\//);
    await job.patchSpec({ job: { state: 'running' } });
    await until(job.isStable);
    assert.equal((await job.readCheckpoints(await job.readJobId())).restored, savepoint);
  });

  it('has counted each number once', () => assertExact(started));

  it('keeps only the checkpoint folder of a job that fails for good', async () => {
    const { folder, job } = started;
    const jobId = await job.readJobId();
    const savepoint = (await job.readStatus()).jobStatus?.savepointInfo?.lastSavepoint?.location;
    await failForGood(started);
    const status = await job.readStatus();
    assert.equal(status.lifecycleState, 'FAILED');
    assert.equal(status.jobManagerDeploymentStatus, 'READY');
    assert.equal(status.jobStatus?.savepointInfo?.lastSavepoint?.location, savepoint);
    assert.equal((await job.readCheckpoints(jobId)).httpStatus, 404);
    assert.equal(await job.hasHighAvailabilityMetadata(jobId), false);
    assert.match(newestCheckpoint(folder, jobId), /chk-\d+$/);
  });

  it('restores it from there when it is deleted and created again', async () => {
    const { namespace, folder, job, wish } = started;
    const failed = await job.readJobId();
    const checkpoint = newestCheckpoint(folder, failed);
    await cluster.kubectl('delete', 'flinkdeployment', name, `-n=${namespace}`, '--wait=false');
    await until(job.isGone);
    await cluster.apply(exactnessDeployment({ ...wish, initialSavepointPath: checkpoint }));
    await until(job.isStable);
    const jobId = await job.readJobId();
    assert.notEqual(jobId, failed);
    assert.equal((await job.readCheckpoints(jobId)).restored, checkpoint);
  });

  it('has still counted each number once', async () => {
    await assertExact(started);
    await cluster.kubectl('delete', 'flinkdeployment', name, `-n=${started.namespace}`, '--wait=false');
    await until(started.job.isGone);
  });
});

describe('operator 1.7.0 with Flink 1.19, which it takes for 1.18', () => {
  let started: StartedJob;

  it('brings the job to RUNNING', async () => {
    started = await startJob('1.19');
  });

  it('notes the last checkpoint of a job that fails for good', async () => {
    const { folder, job } = started;
    await failForGood(started);
    const { savepointInfo, jobId = '' } = (await job.readStatus()).jobStatus ?? {};
    assert.equal(savepointInfo?.lastSavepoint?.location, newestCheckpoint(folder, jobId));
    assert.equal((await job.readCheckpoints(jobId)).completed, newestCheckpoint(folder, jobId));
  });

  it('restores it from there when restartNonce changes', async () => {
    const { folder, job } = started;
    const { startTime, jobId = '' } = (await job.readStatus()).jobStatus ?? {};
    const checkpoint = newestCheckpoint(folder, jobId);
    await job.patchSpec({ restartNonce: 1 });
    await until(async () => (await job.isStable()) && (await job.readStatus()).jobStatus?.startTime !== startTime);
    assert.equal((await job.readCheckpoints(jobId)).restored, checkpoint);
  });

  it('keeps the state in a last-state restart, which 1.18 may lose', async () => {
    const { job } = started;
    const { startTime, jobId = '' } = (await job.readStatus()).jobStatus ?? {};
    await until(async () => (await job.readCheckpoints(jobId)).completed !== undefined);
    await job.patchSpec({ restartNonce: 2, job: { upgradeMode: 'last-state' } });
    await until(async () => (await job.isStable()) && (await job.readStatus()).jobStatus?.startTime !== startTime);
    assert.match((await job.readCheckpoints(jobId)).restored ?? '', new RegExp(`/${jobId}/chk-`));
  });

  it('goes on from the last checkpoint when the JobManager crashes', async () => {
    const jobId = await started.job.readJobId();
    await until(async () => (await started.job.readCheckpoints(jobId)).completed !== undefined);
    await assertSurvivesCrash(started, 'jobmanager');
  });

  it('has counted each number once', () => assertExact(started));
});
