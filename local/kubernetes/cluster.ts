import type { Rbac } from './access/rbac.ts';
import type { User } from './access/user.ts';
import type { Registry } from './kinds/registry.ts';
import type { Store } from './store/store.ts';

/** How a request reaches a pod behind a service: undefined when nothing listens there. */
export type ServiceProxy = (
  namespace: string,
  service: string,
  port: string,
  request: Request,
) => Promise<Response | undefined>;

/** Everything that handlers and controllers share. */
export type Cluster = {
  readonly store: Store;
  readonly registry: Registry;
  readonly rbac: Rbac;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  readonly serviceProxy: ServiceProxy;
  /** Tokens minted by TokenRequest. */
  readonly mintedTokens: Map<string, User>;
};

/** The time as objects show it: RFC 3339, whole seconds. */
export const timestamp = (cluster: Pick<Cluster, 'now'>, afterMillis = 0): string =>
  `${new Date(cluster.now() + afterMillis).toISOString().slice(0, 19)}Z`;

const HEX = '0123456789abcdef';
const NAME_CHARACTERS = 'bcdfghjklmnpqrstvwxz2456789';

const pick = (cluster: Pick<Cluster, 'random'>, from: string): string =>
  from.charAt(Math.floor(cluster.random() * from.length));

/** A version 4 UUID drawn from the injected randomness. */
export const newUid = (cluster: Pick<Cluster, 'random'>): string =>
  'xxxxxxxx-xxxx-4xxx-yxxx-xxxxxxxxxxxx'.replaceAll(/[xy]/g, (place) => pick(cluster, place === 'x' ? HEX : '89ab'));

/** The five characters that complete a generateName. */
export const nameSuffix = (cluster: Pick<Cluster, 'random'>): string =>
  Array.from({ length: 5 }, () => pick(cluster, NAME_CHARACTERS)).join('');
