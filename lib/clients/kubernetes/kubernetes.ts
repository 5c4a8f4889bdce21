import type { FieldManager } from '../../model/group.ts';
import type { KubernetesObject, ObjectKey } from '../../model/kubernetes-object.ts';
import type { World } from '../../runtime/world.ts';
import type { Connection } from './connection.ts';
import type { Kind } from './kinds.ts';

export type ListOptions = {
  /** Left out: all namespaces (or a cluster-scoped kind). */
  readonly namespace?: string;
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
};

export type ApplyOptions<T extends KubernetesObject> = {
  readonly manager: FieldManager;
  /** The object as it was read: lets `apply` see that nothing is to be written, and send nothing. */
  readonly current?: T | undefined;
  /** Our own managers whose fields this one takes over; a conflict with anybody else is never forced. */
  readonly takeOverFrom?: readonly FieldManager[];
  readonly subresource?: 'status';
};

/** What became of an apply; `unchanged` also when it was not sent. */
export type Applied<T> = { readonly outcome: 'written' | 'unchanged'; readonly object: T };

/** What became of a create; the object is the one that is there now. */
export type Created<T> = { readonly outcome: 'created' | 'exists'; readonly object: T };

export type RemoveOptions = {
  /** Preconditions: only this very object, only in this version. */
  readonly uid?: string;
  readonly resourceVersion?: string;
  readonly propagation?: 'Background' | 'Foreground' | 'Orphan';
};

export type ProxyRequest = {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Path behind the service, with its leading slash. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
  /** Sent as JSON. */
  readonly body?: unknown;
};

/** What the service answered, whatever its status; `body` is parsed when it is JSON, else the text. */
export type ProxyResponse = { readonly status: number; readonly body: unknown };

export type Proxy = (request: ProxyRequest) => Promise<ProxyResponse>;

/** The Kubernetes API as Headgate uses it. Every method throws `HeadgateError` only. */
export type Kubernetes = {
  /** Undefined when there is no such object. */
  get<T extends KubernetesObject>(kind: Kind<T>, key: ObjectKey): Promise<T | undefined>;
  /** All pages, as of one moment. */
  list<T extends KubernetesObject>(kind: Kind<T>, options?: ListOptions): Promise<readonly T[]>;
  /**
   * Server-side apply of the manager's complete set of fields. `metadata.resourceVersion` in the object is a precondition:
   * `Conflict` when the object has changed. `OwnedByAnother` when another manager owns a field (`details.conflicts`).
   */
  apply<T extends KubernetesObject>(object: T, options: ApplyOptions<T>): Promise<Applied<T>>;
  create<T extends KubernetesObject>(object: T, options: { readonly manager: FieldManager }): Promise<Created<T>>;
  remove(kind: Kind, key: ObjectKey, options?: RemoveOptions): Promise<'removed' | 'absent'>;
  /** A service in the cluster, reached through the API server. */
  proxy(service: { readonly namespace: string; readonly service: string; readonly port: number }): Proxy;
};

export type KubernetesOptions = {
  readonly connection: Connection;
  /** The invocation's signal: when it aborts, every call ends with `DeadlineExceeded`. */
  readonly signal: AbortSignal;
  /** Time limit of one HTTP call. */
  readonly callTimeoutMillis?: number;
};

/** A client for one invocation. */
export declare const createKubernetes: (world: World, options: KubernetesOptions) => Kubernetes;
