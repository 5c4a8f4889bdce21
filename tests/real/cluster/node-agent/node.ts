import { setTimeout as delay } from 'node:timers/promises';
import { type Api, ApiError } from './api.ts';
import { kubeletPort } from '../network.ts';
import { log } from './log.ts';

/** A Node object that this agent stands for: a share of the machine that the scheduler may fill. */
export type NodeSettings = { name: string; cpu: string; memory: string; address: string };

const leases = '/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases';
/** The kubelet's own figures: it renews four times within a lease. */
const leaseSeconds = 40;
const renewSeconds = 10;

/** Creates the Node and reports it Ready, as a kubelet does under its own identity `system:node:<name>`. */
export async function registerNode(api: Api, node: NodeSettings): Promise<void> {
  const labels = {
    'kubernetes.io/hostname': node.name,
    'kubernetes.io/os': 'linux',
    'kubernetes.io/arch': process.arch === 'x64' ? 'amd64' : process.arch,
  };
  await api.create('/api/v1/nodes', { metadata: { name: node.name, labels } }).catch((error: unknown) => {
    if (!(error instanceof ApiError && error.status === 409)) throw error;
  });
  const resources = { cpu: node.cpu, memory: node.memory, pods: '110', 'ephemeral-storage': '100Gi' };
  const addresses = [
    { type: 'InternalIP', address: node.address },
    { type: 'Hostname', address: node.name },
  ];
  const conditions = [
    condition('Ready', 'True', 'KubeletReady'),
    condition('MemoryPressure', 'False', 'KubeletHasSufficientMemory'),
    condition('DiskPressure', 'False', 'KubeletHasNoDiskPressure'),
    condition('PIDPressure', 'False', 'KubeletHasSufficientPID'),
  ];
  const daemonEndpoints = { kubeletEndpoint: { Port: kubeletPort } };
  const nodeInfo = { kubeletVersion: 'node-agent', osImage: 'the host', containerRuntimeVersion: 'processes://1' };
  const status = { capacity: resources, allocatable: resources, addresses, conditions, daemonEndpoints, nodeInfo };
  await api.patch(`/api/v1/nodes/${node.name}/status`, { status }, 'strategic');
}

/** Says "I am alive" until the signal aborts; then the node life cycle controller marks the Node NotReady after its grace period. */
export async function renewLease(api: Api, nodeName: string, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    const renewTime = new Date().toISOString().replace('Z', '000Z');
    const spec = { holderIdentity: nodeName, leaseDurationSeconds: leaseSeconds, renewTime };
    const renewal = api.patch(`${leases}/${nodeName}`, { spec }, 'merge').catch((error: unknown) => {
      if (error instanceof ApiError && error.status === 404)
        return api.create(leases, { metadata: { name: nodeName }, spec });
      throw error;
    });
    await renewal.catch((error: unknown) => log('lease', nodeName, error));
    await delay(renewSeconds * 1000, undefined, { signal }).catch(() => undefined);
  }
}

function condition(type: string, status: 'True' | 'False', reason: string) {
  const now = new Date().toISOString();
  return { type, status, reason, message: reason, lastHeartbeatTime: now, lastTransitionTime: now };
}
