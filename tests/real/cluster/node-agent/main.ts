/**
 * The cluster's nodes, network services, volumes and identities in one process, inside the cluster's network namespace.
 * Argument: the settings file. Talks with its parent over Node's message channel (AgentRequest, AgentReport).
 */
import { readFileSync } from 'node:fs';
import type { Cgroup } from '../cgroup.ts';
import { type Identity, signIdentity } from '../identity.ts';
import { Api, waitForApiServer } from './api.ts';
import { provisionClaims } from './claims.ts';
import { ClusterIps } from './cluster-ips.ts';
import { serveDns } from './dns.ts';
import type { Images } from './image.ts';
import { listWatch } from './list-watch.ts';
import { NodeRunner } from './node-runner.ts';
import type { NodeSettings } from './node.ts';
import type { EndpointSlice, Service } from './objects.ts';
import { serveKubeletApi } from './kubelet-api.ts';
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
export type AgentRequest =
  | { kind: 'waitForApiServer' }
  | { kind: 'stopNode'; name: string }
  | { kind: 'crashPod'; namespace: string; name: string };
/** What the agent has seen come true. */
export type AgentReport = 'api-server-ready' | 'nodes-ready';

const settings: AgentSettings = JSON.parse(readFileSync(process.argv[2] ?? '', 'utf8'));
const nodes = settings.nodes.map((node) => {
  const api = as({ user: `system:node:${node.name}`, groups: ['system:nodes'] });
  return new NodeRunner(node, { ...settings, api, nodeAddress: node.address });
});

process.on('message', (request: AgentRequest) => {
  switch (request.kind) {
    case 'waitForApiServer':
      void waitForApiServer(settings.certificateFile).then(() => report('api-server-ready'));
      break;
    case 'stopNode':
      nodes.find(({ name }) => name === request.name)?.stop();
      break;
    case 'crashPod':
      for (const node of nodes) node.crashPod(request.namespace, request.name);
  }
});
// With the parent gone no one will stop us: end, and every container ends with us.
process.on('disconnect', () => process.exit(0));

await serveTokenReviews(settings.identitySecret);
await waitForApiServer(settings.certificateFile);
report('api-server-ready');
serveServices();
await provisionClaims(as({ user: 'local-folder-provisioner', groups: ['system:masters'] }), settings.claimsFolder);
await Promise.all(
  nodes.map((node) => {
    serveKubeletApi(settings, node.address);
    return node.start();
  }),
);
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

function as(identity: Identity): Api {
  return new Api(signIdentity(settings.identitySecret, identity));
}
