/** The addresses inside every cluster. Each cluster has a network namespace of its own, so these never collide. */

/** The bridge that joins all pods, and the first address of their network: their gateway. */
export const bridge = { name: 'pods', address: '10.244.0.1', prefixLength: 16 } as const;

/** What the addresses of the bridge and the nodes begin with, and no pod's. */
export const nodePrefix = '10.244.0.';

/** Nodes are addresses on the bridge, from 10.244.0.11 on. */
export function nodeAddress(index: number): string {
  return `${nodePrefix}${11 + index}`;
}

/** Pods get 10.244.1.0 and up, each address once in a run, so that a late packet never meets a stranger. */
export function podAddress(count: number): string {
  return `10.244.${1 + (count >> 8)}.${count & 255}`;
}

/** ClusterIPs. The whole range is local to the cluster's namespace: whoever listens there answers. */
export const serviceRange = '10.96.0.0/16';
/** The Service `default/kubernetes`: the first address of the range, and the API server listens on it. */
export const apiServerAddress = '10.96.0.1';
/** The API server's URL for everyone in the cluster's network. */
export const serverUrl = `https://${apiServerAddress}`;
export const dnsAddress = '10.96.0.10';

/** Shell commands that make all this, to be run in the cluster's namespace. */
export function createNetworkScript(nodeAddresses: readonly string[]): string {
  return [
    `ip link add ${bridge.name} type bridge`,
    ...[bridge.address, ...nodeAddresses].map(
      (address) => `ip address add ${address}/${bridge.prefixLength} dev ${bridge.name}`,
    ),
    `ip link set ${bridge.name} up`,
    `ip route add local ${serviceRange} dev lo`,
  ].join('\n');
}

/** Where the API server asks what a bearer token means. */
export const tokenWebhook = { host: '127.0.0.1', port: 8090 } as const;
/** The kubelet's port on every node's address. */
export const kubeletPort = 10_250;
