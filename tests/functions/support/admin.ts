import assert from 'node:assert/strict';
import { kindOf } from '../../../lib/clients/kubernetes/kinds.ts';
import { collectionPathOf, pathOf } from '../../../lib/clients/kubernetes/paths.ts';
import type { KubernetesObject } from '../../../lib/model/kubernetes-object.ts';

export const SERVER = 'http://kubernetes.local';

/** An object as the API server shows it. */
export type Shown = KubernetesObject & {
  readonly spec?: unknown;
  readonly status?: unknown;
  readonly data?: Record<string, string>;
};

/** Everything a person with all rights does by hand. Fails when the API server refuses. */
export type Admin = {
  readonly get: (path: string) => Promise<Shown | undefined>;
  readonly list: (path: string, labelSelector?: string) => Promise<{ readonly items: readonly Shown[] }>;
  /** Server-side apply, forced. */
  readonly applyAs: (manager: string, object: Shown) => Promise<Shown>;
  /** A merge patch. */
  readonly merge: (path: string, change: object, manager?: string) => Promise<Shown>;
  /** Whether it could be created; a quota may say no. */
  readonly tryCreate: (object: KubernetesObject) => Promise<boolean>;
  readonly remove: (path: string) => Promise<void>;
};

const SERVICE = { apiVersion: 'v1', kind: 'Service', plural: 'services', namespaced: true };
const PLURALS: Readonly<Record<string, string>> = {
  CustomResourceDefinition: 'customresourcedefinitions',
  ClusterRole: 'clusterroles',
  ClusterRoleBinding: 'clusterrolebindings',
};

const kindFor = (object: KubernetesObject) => {
  if (object.kind === 'Service') return SERVICE;
  const { apiVersion, kind } = object;
  const plural = PLURALS[kind];
  const found = plural === undefined ? kindOf(object) : { apiVersion, kind, plural, namespaced: false };
  if (found === undefined) throw new RangeError(`${apiVersion} ${kind}`);
  return found;
};

export const createAdmin = (fetch: (request: Request) => Promise<Response>): Admin => {
  const call = async (method: string, path: string, body?: object, type = 'application/json') => {
    const headers = { authorization: 'Bearer admin', 'content-type': type };
    const answer = await fetch(
      new Request(SERVER + path, { method, headers, ...(body && { body: JSON.stringify(body) }) }),
    );
    return { status: answer.status, body: JSON.parse(await answer.text()) };
  };
  const must = async (...request: Parameters<typeof call>) => {
    const { status, body } = await call(...request);
    assert.ok(status < 300, `${request[0]} ${request[1]}: ${status} ${body.message}`);
    return body;
  };
  return {
    get: async (path) => {
      const { status, body } = await call('GET', path);
      return status === 404 ? undefined : body;
    },
    list: (path, labelSelector = '') => must('GET', `${path}?labelSelector=${encodeURIComponent(labelSelector)}`),
    applyAs: (manager, object) => {
      const path = pathOf(kindFor(object), object.metadata);
      return must('PATCH', `${path}?fieldManager=${manager}&force=true`, object, 'application/apply-patch+yaml');
    },
    merge: (path, change, manager = 'flink-operator') =>
      must('PATCH', `${path}?fieldManager=${manager}`, change, 'application/merge-patch+json'),
    tryCreate: async (object) => {
      const path = collectionPathOf(kindFor(object), object.metadata.namespace);
      const { status, body } = await call('POST', path, object);
      assert.ok(status < 300 || /quota/.test(body.message), body.message);
      return status < 300;
    },
    remove: async (path) => {
      const { status, body } = await call('DELETE', path);
      assert.ok(status < 300 || status === 404, body.message);
    },
  };
};
