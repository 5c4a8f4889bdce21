/**
 * The cluster's nodes, network services, volumes and identities in one process, inside the cluster's network namespace.
 * Argument: the settings file. Talks with its parent over Node's message channel (AgentRequest, AgentReport).
 */
import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import type { Cgroup } from '../cgroup.ts';
import { type Identity, signIdentity } from '../identity.ts';
import { Api, waitForApiServer } from './api.ts';
import { provisionClaims } from './claims.ts';
import { ClusterIps } from './cluster-ips.ts';
import { serveDns } from './dns.ts';
import type { Images } from './image.ts';
import { listWatch } from './list-watch.ts';
import { log } from './log.ts';
import { type NodeSettings, registerNode, renewLease } from './node.ts';
import type { EndpointSlice, KubeObject, Pod, Service } from './objects.ts';
import { serveContainerLogs } from './pod-logs.ts';
import { type PodHost, PodRunner } from './pod.ts';
import { ServiceTable } from './service-table.ts';
import { serveTokenReviews } from './token-webhook.ts';

/** What the agent is told by `cluster.ts`. */
export type AgentSettings = {
  nodes: NodeSettings[];
  images: Images;
  identitySecret: string;
  certificateFile: string;
  certificateKeyFile: string;
  podsFolder: string;
  podLogsFolder: string;
  claimsFolder: string;
  /** Containers' cgroups are made below it. */
  cgroup: Cgroup;
};

/** What the agent is asked to do. */
export type AgentRequest = { kind: 'waitForApiServer' } | { kind: 'stopNode'; name: string };
/** What the agent has seen come true. */
export type AgentReport = 'api-server-ready' | 'nodes-ready';

const settings: AgentSettings = JSON.parse(readFileSync(process.argv[2] ?? '', 'utf8'));
/** The living nodes; aborting one makes it seem dead. */
const nodes = new Map<string, AbortController>();

process.on('message', (request: AgentRequest) => {
  if (request.kind === 'stopNode') nodes.get(request.name)?.abort();
  else void waitForApiServer(settings.certificateFile).then(() => report('api-server-ready'));
});
// With the parent gone no one will stop us: end, and every container ends with us.
process.on('disconnect', () => process.exit(0));

await serveTokenReviews(settings.identitySecret);
await waitForApiServer(settings.certificateFile);
report('api-server-ready');
serveServices();
serveContainerLogs(settings);
await provisionClaims(as({ user: 'local-folder-provisioner', groups: ['system:masters'] }), settings.claimsFolder);
await Promise.all(settings.nodes.map(startNode));
report('nodes-ready');

function report(seen: AgentReport): void {
  process.send?.(seen);
}

/** ClusterIPs and DNS, from what kube-proxy's own identity may see. */
function serveServices(): void {
  const api = as({ user: 'system:kube-proxy', groups: [] });
  const table = new ServiceTable();
  const clusterIps = new ClusterIps(table);
  const onService = (service: Service, change: 'present' | 'gone') => {
    table.setService(service, change);
    clusterIps.settle();
  };
  const onSlice = (slice: EndpointSlice, change: 'present' | 'gone') => {
    table.setSlice(slice, change);
    clusterIps.settle();
  };
  void listWatch<Service>(api, '/api/v1/services', {}, onService);
  void listWatch<EndpointSlice>(api, '/apis/discovery.k8s.io/v1/endpointslices', {}, onSlice);
  serveDns(table);
}

/** Registers the node and runs the pods that are bound to it; resolves once the scheduler may use it. */
async function startNode(node: NodeSettings): Promise<void> {
  const life = new AbortController();
  nodes.set(node.name, life);
  const api = as({ user: `system:node:${node.name}`, groups: ['system:nodes'] });
  await registerNode(api, node);
  void renewLease(api, node.name, life.signal);

  const { images, podsFolder, podLogsFolder, cgroup } = settings;
  const host: PodHost = { api, nodeAddress: node.address, images, podsFolder, podLogsFolder, cgroup };
  const pods = new Map<string, PodRunner>();
  const onPod = (pod: Pod, change: 'present' | 'gone') => {
    const { uid, deletionTimestamp, deletionGracePeriodSeconds = 30 } = pod.metadata;
    if (change === 'gone') {
      void pods.get(uid)?.kill();
      pods.delete(uid);
      return;
    }
    if (life.signal.aborted) return;
    const runner = pods.get(uid) ?? new PodRunner(host, pod);
    pods.set(uid, runner);
    if (deletionTimestamp) void runner.delete(deletionGracePeriodSeconds);
  };
  void listWatch<Pod>(api, '/api/v1/pods', { fieldSelector: `spec.nodeName=${node.name}` }, onPod, life.signal);
  life.signal.addEventListener('abort', () => {
    log('node', node.name, 'stops');
    for (const runner of pods.values()) void runner.kill();
  });
  await untilSchedulable(api, node.name);
}

/** The node life cycle controller takes its `not-ready` taint off once it has seen the Ready condition. */
async function untilSchedulable(api: Api, name: string): Promise<void> {
  for (;;) {
    const node = await api.get<KubeObject & { spec: { taints?: object[] } }>(`/api/v1/nodes/${name}`);
    if (!node.spec.taints?.length) return;
    await delay(100);
  }
}

function as(identity: Identity): Api {
  return new Api(signIdentity(settings.identitySecret, identity));
}
