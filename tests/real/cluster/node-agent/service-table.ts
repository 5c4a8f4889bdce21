import type { EndpointSlice, Service } from './objects.ts';

/** A place that answers for a Service: a pod's address, with the Service's port names translated to its own ports. */
export type Endpoint = { address: string; hostname?: string; isReady: boolean; ports: ReadonlyMap<string, number> };

/** The cluster's Services and who stands behind them, kept up to date by two watches. */
export class ServiceTable {
  readonly #services = new Map<string, Service>();
  readonly #slices = new Map<string, EndpointSlice>();

  setService(service: Service, change: 'present' | 'gone'): void {
    const key = serviceKey(service.metadata.namespace, service.metadata.name);
    if (change === 'present') this.#services.set(key, service);
    else this.#services.delete(key);
  }

  setSlice(slice: EndpointSlice, change: 'present' | 'gone'): void {
    if (change === 'present') this.#slices.set(slice.metadata.uid, slice);
    else this.#slices.delete(slice.metadata.uid);
  }

  get services(): Iterable<Service> {
    return this.#services.values();
  }

  find(namespace: string, name: string): Service | undefined {
    return this.#services.get(serviceKey(namespace, name));
  }

  /** All endpoints, ready or not. */
  endpoints(service: Service): Endpoint[] {
    const { namespace, name } = service.metadata;
    const slices = [...this.#slices.values()].filter(
      ({ metadata }) => metadata.namespace === namespace && metadata.labels?.['kubernetes.io/service-name'] === name,
    );
    // The API server writes an empty list as null.
    return slices.flatMap(({ endpoints, ports }) => {
      const numbers = new Map((ports ?? []).flatMap((port) => (port.port ? [[port.name ?? '', port.port]] : [])));
      return (endpoints ?? []).flatMap(({ addresses, hostname, conditions }) =>
        addresses.map((address) => ({
          address,
          ...(hostname ? { hostname } : {}),
          isReady: conditions?.ready ?? true,
          ports: numbers,
        })),
      );
    });
  }
}

function serviceKey(namespace: string | undefined, name: string): string {
  return `${namespace}/${name}`;
}
