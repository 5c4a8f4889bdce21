import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { buildControlPlane } from './build-control-plane.ts';
import { findMemoryCgroup, listProcesses } from './cgroup.ts';
import { type Cluster, startCluster } from './cluster.ts';
import { enterClusterNetwork } from './enter-network.ts';
import { eventually } from './eventually.ts';

await enterClusterNetwork(buildControlPlane);

const namespace = 'tenant-a';
/** Counts its visits in a file of its claim and answers with its own address. */
const server = `
  require('node:http').createServer((request, response) => {
    require('node:fs').appendFileSync('/data/visits', process.env.POD_NAME + '\\n');
    response.end('from ' + process.env.POD_IP + ' to uid ' + process.getuid());
  }).listen(8080, () => console.log('listening'));`;
const images = { 'node:24': { entrypoint: ['node'], binds: { '/usr/local/bin/node': process.execPath } } };

describe('the real cluster', () => {
  let cluster: Cluster;

  it('starts', async () => {
    const nodes = ['node-1', 'node-2'].map((name) => ({ name, cpu: '2', memory: '2Gi' }));
    cluster = await startCluster({ workDir: tmpdir(), nodes, images });
    setDefaultCACertificates([...getCACertificates(), readFileSync(cluster.caFile, 'utf8')]);
    await cluster.apply({
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: { name: namespace, labels: { 'pod-security.kubernetes.io/enforce': 'restricted' } },
    });
  });

  after(() => cluster?.stop());

  it('runs a Deployment under Pod Security restricted, with a claim, as the user that it asks for', async () => {
    await cluster.apply(claim('data'), service('web', 8080), deployment('web'));
    await cluster.kubectl('rollout', 'status', 'deployment/web', `-n=${namespace}`, '--timeout=30s');
    assert.match(await cluster.kubectl('logs', 'deployment/web', `-n=${namespace}`), /^listening$/m);
  });

  it('answers at the ClusterIP, from an address of its own', async () => {
    const address = await read('service/web', '{.spec.clusterIP}');
    const answer = await eventually(async () => (await fetch(`http://${address}/`)).text(), { seconds: 5 });
    assert.equal(answer, `from ${await read('pod', '{.items[0].status.podIP}')} to uid 1000`);
  });

  it('answers through the service proxy of the API server to whom RBAC allows it, and to no one else', async () => {
    const url = `${cluster.server}/api/v1/namespaces/${namespace}/services/web:80/proxy/`;
    const ask = () => fetch(url, { headers: { authorization: `Bearer ${cluster.tokenFor('reader', ['readers'])}` } });
    assert.equal((await ask()).status, 403);
    await cluster.apply(
      {
        apiVersion: 'rbac.authorization.k8s.io/v1',
        kind: 'Role',
        metadata: { name: 'proxy', namespace },
        rules: [{ apiGroups: [''], resources: ['services/proxy'], verbs: ['get'] }],
      },
      {
        apiVersion: 'rbac.authorization.k8s.io/v1',
        kind: 'RoleBinding',
        metadata: { name: 'proxy', namespace },
        roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'proxy' },
        subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'Group', name: 'readers' }],
      },
    );
    const answer = await eventually(async () => ((await ask()).ok ? (await ask()).text() : undefined), { seconds: 5 });
    assert.match(answer, /^from 10\.244\./);
  });

  it('keeps the files of a claim when the pod is replaced, for all pods at once and for the test', async () => {
    await restartWeb();
    const address = await read('service/web', '{.spec.clusterIP}');
    await eventually(async () => (await fetch(`http://${address}/`)).text(), { seconds: 5 });
    const visits = readFileSync(join(await cluster.claimFolder(namespace, 'data'), 'visits'), 'utf8');
    assert.equal(new Set(visits.trim().split('\n')).size, 2, visits);
  });

  it('refuses the pod that a ResourceQuota has no room for', async () => {
    const quota = {
      apiVersion: 'v1',
      kind: 'ResourceQuota',
      metadata: { name: 'quota', namespace },
      spec: { hard: { pods: '1' } },
    };
    await cluster.apply(quota);
    await cluster.kubectl(
      'wait',
      'quota/quota',
      `-n=${namespace}`,
      '--for=jsonpath={.status.used.pods}=1',
      '--timeout=10s',
    );
    await cluster.kubectl('scale', 'deployment/web', '--replicas=2', `-n=${namespace}`);
    const refusal = '--for=jsonpath={.status.conditions[?(@.type=="ReplicaFailure")].reason}=FailedCreate';
    await cluster.kubectl('wait', 'deployment/web', `-n=${namespace}`, refusal, '--timeout=10s');
    assert.equal(await read('deployment/web', '{.status.readyReplicas}'), '1');
    await cluster.kubectl('delete', 'quota/quota', `-n=${namespace}`);
  });

  it('kills what outgrows its memory limit, and says OOMKilled', async () => {
    await cluster.apply(pod('greedy', ['-e', 'Buffer.alloc(300e6, 1)'], { cpu: '100m', memory: '64Mi' }));
    await cluster.kubectl(
      'wait',
      'pod/greedy',
      `-n=${namespace}`,
      '--for=jsonpath={.status.phase}=Failed',
      '--timeout=20s',
    );
    const ended =
      '{.status.containerStatuses[0].state.terminated.reason} {.status.containerStatuses[0].state.terminated.exitCode}';
    assert.equal(await read('pod/greedy', ended), 'OOMKilled 137');
  });

  it('leaves a pod pending that no node has room for', async () => {
    await cluster.apply(pod('huge', ['-e', ''], { cpu: '3', memory: '64Mi' }));
    const unschedulable = '--for=jsonpath={.status.conditions[?(@.type=="PodScheduled")].reason}=Unschedulable';
    await cluster.kubectl('wait', 'pod/huge', `-n=${namespace}`, unschedulable, '--timeout=10s');
    assert.equal(await read('pod/huge', '{.status.phase}'), 'Pending');
  });

  it('goes on after a restart of the API server', async () => {
    await cluster.restartApiServer();
    await restartWeb();
  });

  it('leaves nothing behind', async () => {
    const parent = findMemoryCgroup();
    assert.ok(parent);
    const cgroup = { ...parent, path: join(parent.path, `headgate-${cluster.runId}`) };
    const processes = listProcesses(cgroup);
    assert.ok(processes.length > 5);
    await cluster.stop();
    // They are dead, but listed until init, whose children they became, takes notice.
    const isReaped = (pid: number) => !existsSync(`/proc/${pid}`);
    await eventually(async () => processes.every(isReaped) || undefined, { seconds: 5 });
    assert.equal(existsSync(cgroup.path), false);
    assert.equal(existsSync(cluster.folder), false);
    assert.equal(existsSync(`/run/netns/headgate-${cluster.runId}`), false);
    assert.doesNotMatch(readFileSync('/proc/self/mounts', 'utf8'), new RegExp(cluster.runId));
  });

  async function restartWeb(): Promise<void> {
    await cluster.kubectl('rollout', 'restart', 'deployment/web', `-n=${namespace}`);
    await cluster.kubectl('rollout', 'status', 'deployment/web', `-n=${namespace}`, '--timeout=30s');
  }

  function read(object: string, path: string): Promise<string> {
    return cluster.kubectl('get', object, `-n=${namespace}`, `-o=jsonpath=${path}`);
  }
});

/** A pod's spec as Pod Security `restricted` wants it. */
function podSpec(args: string[], resources: Record<string, string>) {
  const env = ['POD_IP=status.podIP', 'POD_NAME=metadata.name'].map((pair) => {
    const [name, fieldPath] = pair.split('=');
    return { name, valueFrom: { fieldRef: { fieldPath } } };
  });
  const container = {
    name: 'main',
    image: 'node:24',
    args,
    env,
    resources: { requests: resources, limits: resources },
    securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } },
  };
  return {
    restartPolicy: 'Never',
    terminationGracePeriodSeconds: 2,
    securityContext: { runAsNonRoot: true, runAsUser: 1000, fsGroup: 1000, seccompProfile: { type: 'RuntimeDefault' } },
    containers: [container],
  };
}

function pod(name: string, args: string[], resources: Record<string, string>): object {
  return { apiVersion: 'v1', kind: 'Pod', metadata: { name, namespace }, spec: podSpec(args, resources) };
}

function deployment(name: string): object {
  const spec = podSpec(['-e', server], { cpu: '100m', memory: '128Mi' });
  const mounted = spec.containers.map((container) => ({
    ...container,
    ports: [{ name: 'http', containerPort: 8080 }],
    readinessProbe: { tcpSocket: { port: 'http' }, periodSeconds: 1 },
    volumeMounts: [{ name: 'data', mountPath: '/data' }],
  }));
  const volumes = [{ name: 'data', persistentVolumeClaim: { claimName: 'data' } }];
  const template = {
    metadata: { labels: { app: name } },
    spec: { ...spec, restartPolicy: 'Always', containers: mounted, volumes },
  };
  const selector = { matchLabels: { app: name } };
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, namespace },
    spec: { replicas: 1, selector, template },
  };
}

function service(name: string, targetPort: number): object {
  const spec = { selector: { app: name }, ports: [{ port: 80, targetPort }] };
  return { apiVersion: 'v1', kind: 'Service', metadata: { name, namespace }, spec };
}

function claim(name: string): object {
  const spec = { accessModes: ['ReadWriteMany'], resources: { requests: { storage: '1Gi' } } };
  return { apiVersion: 'v1', kind: 'PersistentVolumeClaim', metadata: { name, namespace }, spec };
}
