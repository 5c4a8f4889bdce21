/**
 * The cluster's nodes, network services, volumes and identities in one process, inside the cluster's network namespace.
 * Argument: the settings file. Talks to its parent over Node's message channel: says `ready`, hears `{stopNode: name}`.
 */
import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { setDefaultCACertificates } from 'node:tls';
import type { Cgroup } from '../cgroup.ts';
import { serverUrl } from '../control-plane.ts';
import { type Identity, signIdentity } from '../identity.ts';
import { Api } from './api.ts';
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

const settings: AgentSettings = JSON.parse(readFileSync(process.argv[2] ?? '', 'utf8'));
const certificate = readFileSync(settings.certificateFile, 'utf8');
setDefaultCACertificates([certificate]);

/** A node that is running; aborting it makes it seem dead. */
const nodes = new Map<string, AbortController>();

await serveTokenReviews(settings.identitySecret);
serveContainerLogs(settings.podLogsFolder, {
  cert: certificate,
  key: readFileSync(settings.certificateKeyFile, 'utf8'),
});
serveServices();
await provisionClaims(as({ user: 'local-folder-provisioner', groups: ['system:masters'] }), settings.claimsFolder);
await Promise.all(settings.nodes.map(startNode));
process.on('message', (message: { stopNode: string }) => nodes.get(message.stopNode)?.abort());
// With the parent gone no one will stop us: end, and every container ends with us.
process.on('disconnect', () => process.exit(0));
process.send?.('ready');

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
  return new Api(serverUrl, signIdentity(settings.identitySecret, identity));
}
