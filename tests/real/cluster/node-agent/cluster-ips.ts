import { type Server, connect, createServer } from 'node:net';
import { apiServerAddress } from '../network.ts';
import { log } from './log.ts';
import type { ServicePort } from './objects.ts';
import type { ServiceTable } from './service-table.ts';

/**
 * ClusterIPs, as kube-proxy's first (userspace) mode had them: a listener at each Service's address and port that hands every
 * connection to a ready endpoint. TCP only. A Service with no ready endpoint has no listener, so connections are refused.
 */
export class ClusterIps {
  readonly #table: ServiceTable;
  readonly #listeners = new Map<string, Server>();

  constructor(table: ServiceTable) {
    this.#table = table;
  }

  /** Opens and closes listeners until they are those that the table asks for; one that stays is not touched. */
  settle(): void {
    const wanted = new Map<string, () => void>();
    for (const service of this.#table.services) {
      const { clusterIP, ports = [] } = service.spec;
      // The API server itself listens at its own ClusterIP.
      if (!clusterIP || clusterIP === 'None' || clusterIP === apiServerAddress) continue;
      for (const port of ports) {
        const backends = () => readyBackends(this.#table, service.metadata, port);
        if (backends().length > 0)
          wanted.set(`${clusterIP}:${port.port}`, () => this.#open(clusterIP, port.port, backends));
      }
    }
    for (const [key, listener] of this.#listeners) {
      if (wanted.has(key)) continue;
      listener.close();
      this.#listeners.delete(key);
    }
    for (const [key, open] of wanted) if (!this.#listeners.has(key)) open();
  }

  #open(address: string, port: number, backends: () => Backend[]): void {
    const listener = createServer((client) => {
      const ready = backends();
      const backend = ready[Math.floor(Math.random() * ready.length)];
      if (!backend) return client.destroy();
      const server = connect(backend);
      client.pipe(server).pipe(client);
      client.on('error', () => server.destroy());
      server.on('error', () => client.destroy());
      return undefined;
    });
    listener.on('error', (error) => log('service', `${address}:${port}`, error));
    listener.listen(port, address);
    this.#listeners.set(`${address}:${port}`, listener);
  }
}

type Backend = { host: string; port: number };

function readyBackends(
  table: ServiceTable,
  { namespace = '', name }: { namespace?: string; name: string },
  port: ServicePort,
) {
  const service = table.find(namespace, name);
  if (!service) return [];
  return table.endpoints(service).flatMap(({ address, isReady, ports }): Backend[] => {
    const target = ports.get(port.name ?? '');
    return target && (isReady || service.spec.publishNotReadyAddresses) ? [{ host: address, port: target }] : [];
  });
}
