import { createRbac } from './access/rbac.ts';
import type { User } from './access/user.ts';
import { handle } from './api/handle.ts';
import { bootstrap } from './bootstrap.ts';
import type { Cluster, ServiceProxy } from './cluster.ts';
import { createRegistry } from './kinds/registry.ts';
import { createStore } from './store/store.ts';

export type KubernetesOptions = {
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** Uniform in [0, 1): uids and generated names are drawn from it. */
  readonly random: () => number;
  /** Who a bearer token stands for. Members of `system:masters` may do everything. */
  readonly identities: Readonly<Record<string, User>>;
  /** What answers behind services; without it nothing does. */
  readonly serviceProxy?: ServiceProxy;
};

/** A Kubernetes API server and its controllers in memory. */
export type Kubernetes = {
  /** Answers one request of the Kubernetes API; never rejects. */
  readonly fetch: (request: Request) => Promise<Response>;
};

const nothingListens: ServiceProxy = () => Promise.resolve(undefined);

/**
 * An empty cluster: system namespaces and default roles, no nodes. Everything it does follows from the requests and
 * from what is injected here; it holds no socket, timer, clock or randomness of its own.
 */
export const createKubernetes = (options: KubernetesOptions): Kubernetes => {
  const { now, random, identities, serviceProxy = nothingListens } = options;
  const store = createStore(now);
  const cluster: Cluster = {
    store,
    registry: createRegistry(store),
    rbac: createRbac(store),
    now,
    random,
    serviceProxy,
    mintedTokens: new Map(),
  };
  bootstrap(cluster);
  const userOf = (token: string): User | undefined => identities[token] ?? cluster.mintedTokens.get(token);
  return { fetch: (request) => handle(cluster, userOf, request) };
};
