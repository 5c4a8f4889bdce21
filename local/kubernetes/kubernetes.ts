import { createRbac } from './access/rbac.ts';
import type { User } from './access/user.ts';
import { handle } from './api/handle.ts';
import { bootstrap } from './bootstrap.ts';
import type { Cluster, ServiceProxy } from './cluster.ts';
import { createRunner, type Controller } from './controllers/controller.ts';
import { DEFINITION_CONTROLLER } from './controllers/definitions.ts';
import { DEPLOYMENT_CONTROLLER } from './controllers/deployments.ts';
import { GARBAGE_COLLECTOR } from './controllers/garbage-collector.ts';
import { createKubelet, type PodTimes } from './controllers/kubelet.ts';
import { NAMESPACE_CONTROLLER } from './controllers/namespaces.ts';
import { QUOTA_CONTROLLER } from './controllers/quota-status.ts';
import { REPLICA_SET_CONTROLLER } from './controllers/replica-sets.ts';
import { SCHEDULER } from './controllers/scheduler.ts';
import { STATEFUL_SET_CONTROLLER } from './controllers/stateful-sets.ts';
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
  /** How long pods take to start and to stop; two seconds and one when not said. */
  readonly podTimes?: PodTimes;
  /** Controllers besides Kubernetes' own: an operator, say. */
  readonly controllers?: readonly Controller[];
};

/** A Kubernetes API server and its controllers in memory. */
export type Kubernetes = {
  /** Answers one request of the Kubernetes API; never rejects. */
  readonly fetch: (request: Request) => Promise<Response>;
  /** Lets the controllers do all that is due by now. Nothing happens by itself: call it after writes and as time passes. */
  readonly settle: () => void;
  /** When `settle` has something to do by the mere passing of time (milliseconds since the epoch). */
  readonly nextDueAt: () => number | undefined;
};

const KUBERNETES_CONTROLLERS: readonly Controller[] = [
  DEFINITION_CONTROLLER,
  NAMESPACE_CONTROLLER,
  GARBAGE_COLLECTOR,
  QUOTA_CONTROLLER,
  DEPLOYMENT_CONTROLLER,
  REPLICA_SET_CONTROLLER,
  STATEFUL_SET_CONTROLLER,
  SCHEDULER,
];

const nothingListens: ServiceProxy = () => Promise.resolve(undefined);

/**
 * An empty cluster: system namespaces and default roles, no nodes. Everything it does follows from the requests and
 * from what is injected here; it holds no socket, timer, clock or randomness of its own.
 */
export const createKubernetes = (options: KubernetesOptions): Kubernetes => {
  const { now, random, identities, serviceProxy = nothingListens } = options;
  const { podTimes = { startMillis: 2000, stopMillis: 1000 }, controllers = [] } = options;
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
  const runner = createRunner(cluster, [...KUBERNETES_CONTROLLERS, createKubelet(podTimes), ...controllers]);
  runner.settle();
  return {
    fetch: (request) => handle(cluster, userOf, request),
    settle: runner.settle,
    nextDueAt: runner.nextDueAt,
  };
};
