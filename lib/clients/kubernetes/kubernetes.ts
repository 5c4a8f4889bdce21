import type { FieldManager } from '../../model/group.ts';
import type { KubernetesObject, ObjectKey } from '../../model/kubernetes-object.ts';
import { HeadgateError, type ErrorCode } from '../../runtime/errors.ts';
import type { World } from '../../runtime/world.ts';
import { retrying } from '../retry.ts';
import type { Connection } from './connection.ts';
import { kindOf, type Kind } from './kinds.ts';
import { collectionPathOf, pathOf } from './paths.ts';
import { conflictsOf, failureOf, parseStatus } from './status.ts';
import { createTransport, isRepeatable, type ApiRequest } from './transport.ts';
import { isUnchanged } from './unchanged.ts';

export type ListOptions = {
  /** Left out: all namespaces (or a cluster-scoped kind). */
  readonly namespace?: string;
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
};

export type ApplyOptions = {
  readonly manager: FieldManager;
  /** The object as it was read: lets `apply` see that nothing is to be written, and send nothing. */
  readonly current?: KubernetesObject | undefined;
  /**
   * Our own managers whose fields this one takes over, which needs `metadata.resourceVersion` in the object.
   * A conflict with anybody else is never forced.
   */
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
   * `Conflict` when the object has changed or is gone (a status then is `NotFound`). Without it a missing object is created.
   * `OwnedByAnother` when another manager owns a field (`conflictsOf` tells which and whose).
   */
  apply<T extends KubernetesObject>(object: T, options: ApplyOptions): Promise<Applied<T>>;
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

/** A page of a list; the API server may send less. */
const PAGE_LENGTH = '500';
/** The API server is trusted, what stands behind a proxied service is the tenant's own. */
const MAX_API_BYTES = 64 * 1024 * 1024;
const MAX_SERVICE_BYTES = 8 * 1024 * 1024;

/** A client for one invocation. */
export const createKubernetes = (world: World, options: KubernetesOptions): Kubernetes => {
  const { connection, signal, callTimeoutMillis: timeoutMillis = 10_000 } = options;
  const api = createTransport(world, { connection, signal, timeoutMillis, maxBytes: MAX_API_BYTES });
  const services = createTransport(world, { connection, signal, timeoutMillis, maxBytes: MAX_SERVICE_BYTES });

  /** What the API server answered when all went well; repeated where that is safe. */
  const request = <T>(wanted: ApiRequest): Promise<T> =>
    retrying(world, { signal, attempts: 5 }, async () => {
      const answer = await api(wanted);
      if (answer.status >= 300) throw failureOf(answer, wanted);
      try {
        // Typed as what was asked for: the API server has checked it against that kind's schema.
        const object: T = JSON.parse(answer.text);
        return object;
      } catch (error) {
        const code = isRepeatable(wanted) ? 'Unavailable' : 'OutcomeUnknown';
        throw new HeadgateError(code, `${wanted.path}: the answer is no JSON`, { cause: error });
      }
    });

  const read = async <T>(path: string): Promise<T | undefined> => {
    try {
      return await request<T>({ method: 'GET', path });
    } catch (error) {
      if (hasCode(error, 'NotFound')) return undefined;
      throw error;
    }
  };

  const get: Kubernetes['get'] = async (kind, key) => read(pathOf(kind, key));

  const list: Kubernetes['list'] = async <T extends KubernetesObject>(kind: Kind<T>, wanted: ListOptions = {}) => {
    const { namespace, ...selectors } = wanted;
    const path = collectionPathOf(kind, namespace);
    const page = (query: Page): Promise<ListAnswer<T>> =>
      request({ method: 'GET', path, query: { ...selectors, ...query } });
    const items: T[] = [];
    let next: string | undefined;
    try {
      do {
        const { items: more, metadata } = await page({ limit: PAGE_LENGTH, continue: next });
        items.push(...more);
        next = metadata?.continue || undefined;
      } while (next !== undefined);
    } catch (error) {
      if (!isExpired(error)) throw error;
      // The moment that the pages were taken from is forgotten: all at once, as client-go's pager does.
      items.splice(0, items.length, ...(await page({})).items);
    }
    // Items of built-in kinds come without saying what they are.
    return items.map((item) => ({ ...item, apiVersion: kind.apiVersion, kind: kind.kind }));
  };

  const apply: Kubernetes['apply'] = async <T extends KubernetesObject>(object: T, wanted: ApplyOptions) => {
    const { manager, current, takeOverFrom = [], subresource } = wanted;
    if (current !== undefined && isUnchanged(object, current, wanted)) {
      return { outcome: 'unchanged', object: current };
    }
    const path = pathOf(requireKind(object), object.metadata);
    // An apply to an object that is gone creates it anew, whatever resourceVersion it wants; only a uid keeps it from that.
    const isConditional = object.metadata.resourceVersion !== undefined && subresource === undefined;
    const uid = isConditional ? (object.metadata.uid ?? (current ?? (await read<T>(path)))?.metadata.uid) : undefined;
    if (isConditional && uid === undefined) throw new HeadgateError('Conflict', `${path} is gone`);
    const send = (force: boolean): Promise<T> =>
      request({
        method: 'PATCH',
        path: subresource === undefined ? path : `${path}/${subresource}`,
        query: { fieldManager: manager, force: String(force) },
        contentType: 'application/apply-patch+yaml', // JSON is YAML
        body: uid === undefined ? object : { ...object, metadata: { ...object.metadata, uid } },
      });
    const written = await send(false).catch((error: unknown) => {
      if (!areAllOurs(error, takeOverFrom)) throw error;
      // Without the precondition, somebody else's field might be forced that was set in between.
      if (object.metadata.resourceVersion === undefined) throw error;
      return send(true);
    });
    const before = (current ?? object).metadata.resourceVersion;
    return { outcome: written.metadata.resourceVersion === before ? 'unchanged' : 'written', object: written };
  };

  const create: Kubernetes['create'] = async <T extends KubernetesObject>(
    object: T,
    { manager }: { manager: string },
  ) => {
    const kind = requireKind(object);
    const own = pathOf(kind, object.metadata);
    const path = collectionPathOf(kind, object.metadata.namespace);
    const query = { fieldManager: manager };
    try {
      return { outcome: 'created', object: await request<T>({ method: 'POST', path, query, body: object }) };
    } catch (error) {
      const there = hasReason(error, 'AlreadyExists') ? await read<T>(own) : undefined;
      if (there === undefined) throw error;
      return { outcome: 'exists', object: there };
    }
  };

  const remove: Kubernetes['remove'] = async (kind, key, wanted = {}) => {
    const { propagation, ...preconditions } = wanted;
    const body = { apiVersion: 'v1', kind: 'DeleteOptions', preconditions, propagationPolicy: propagation };
    try {
      await request({ method: 'DELETE', path: pathOf(kind, key), body });
      return 'removed';
    } catch (error) {
      if (hasCode(error, 'NotFound')) return 'absent';
      throw error;
    }
  };

  const proxy: Kubernetes['proxy'] =
    ({ namespace, service, port }) =>
    async (wanted) => {
      const path = `${pathOf(SERVICE, { namespace, name: `${service}:${port}` })}/proxy${wanted.path}`;
      // Two attempts: a JobManager that is away stays away, and its job must not take the others' time.
      return retrying(world, { signal, attempts: 2 }, async () => {
        const answer = await services({ ...wanted, path });
        const isFromApiServer = answer.status >= 400 && parseStatus(answer.text) !== undefined;
        if (isFromApiServer) throw failureOf(answer, { ...wanted, path });
        return { status: answer.status, body: parseBody(answer.text) };
      });
    };

  return { get, list, apply, create, remove, proxy };
};

type Page = { readonly limit?: string; readonly continue?: string | undefined };
type ListAnswer<T> = { readonly items: readonly T[]; readonly metadata?: { readonly continue?: string } };

const SERVICE: Kind = { apiVersion: 'v1', kind: 'Service', plural: 'services', namespaced: true };

const requireKind = (object: KubernetesObject): Kind => {
  const kind = kindOf(object);
  if (kind === undefined) throw new HeadgateError('Invalid', `no kind of ours: ${object.apiVersion} ${object.kind}`);
  return kind;
};

const hasCode = (error: unknown, code: ErrorCode): error is HeadgateError =>
  error instanceof HeadgateError && error.code === code;

const hasReason = (error: unknown, reason: string): boolean =>
  error instanceof HeadgateError && error.details['reason'] === reason;

const isExpired = (error: unknown): boolean => error instanceof HeadgateError && error.details['status'] === 410;

const areAllOurs = (error: unknown, ours: readonly string[]): boolean =>
  hasCode(error, 'OwnedByAnother') && conflictsOf(error).every(({ manager }) => ours.includes(manager));

const parseBody = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
};
