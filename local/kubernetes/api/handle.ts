/** One request from the wire to its answer: who, what, may they, do it. */
import { authenticate, impersonated, type User } from '../access/user.ts';
import type { Cluster } from '../cluster.ts';
import { apiVersionOf, type Kind } from '../kinds/kind.ts';
import type { KubeObject } from '../object.ts';
import { parseRequest, type RequestInfo, type ResourceRequest } from '../request-path.ts';
import {
  forbidden,
  internalError,
  methodNotAllowed,
  noSuchResource,
  notFound,
  StatusError,
  unauthorized,
} from '../status-error.ts';
import { resourceOfCall, type Call } from './call.ts';
import { deleteMany, deleteOne } from './delete.ts';
import { aggregatedDiscovery, discoveryDocument, isServed, REVIEWS, subresourcesOf } from './discovery.ts';
import { listObjects, type Page } from './list.ts';
import { openApiDocument } from './openapi.ts';
import { cannot, patchObject } from './patch.ts';
import { createBinding, createEviction } from './pod-subresources.ts';
import { createObject, updateObject } from './put.ts';
import { deletedStatus, errorResponse, json, listResponse, objectResponse, plainText } from './respond.ts';
import { mintToken, review } from './reviews.ts';
import { scale } from './scale.ts';
import { proxyToService } from './service-proxy.ts';
import { bareMetadata, metadataList, representationOf, tableOf } from './table.ts';
import { watch } from './watch.ts';
import { readObject } from './persist.ts';

/** @throws StatusError 403 */
const authorize = (cluster: Cluster, user: User, info: RequestInfo): void => {
  if (!info.isResource) {
    if (cluster.rbac.allowsPath(user, info.verb, info.path)) return;
    throw new StatusError(
      403,
      'Forbidden',
      `forbidden: User "${user.name}" cannot ${info.verb} path ${JSON.stringify(info.path)}`,
      {},
    );
  }
  const { verb, group, name, namespace } = info;
  const resource = info.subresource === '' ? info.resource : `${info.resource}/${info.subresource}`;
  if (cluster.rbac.allows(user, { verb, group, resource, name, namespace })) return;
  throw forbidden({ group, resource: info.resource }, name, cannot(user.name, verb, resource, group, namespace));
};

const VERSION = { major: '1', minor: '36', gitVersion: 'v1.36.3', platform: 'headgate/stand-in' };
const HEALTH = new Set(['/healthz', '/livez', '/readyz']);

const answerPath = (cluster: Cluster, path: string, accept: string): Response => {
  if (HEALTH.has(path)) return plainText('ok', 200);
  if (path === '/version' || path === '/version/') return json(VERSION);
  const isRoot = path === '/api' || path === '/apis';
  if (isRoot && accept.includes('as=APIGroupDiscoveryList') && accept.includes('v=v2;')) {
    const response = json(aggregatedDiscovery(cluster.registry, path === '/api'));
    response.headers.set('content-type', 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList');
    return response;
  }
  const document = openApiDocument(cluster.registry, path) ?? discoveryDocument(cluster.registry, path);
  return document === undefined ? plainText('404 page not found\n', 404) : json(document);
};

/** An object in the form that the client asked for. */
const answerWith = (call: Call, object: KubeObject, status: number): Response => {
  const { kind, query, cluster, warnings } = call;
  switch (representationOf(call.accept)) {
    case 'metadata':
      return json(bareMetadata(object), status, warnings);
    case 'table': {
      const page = { items: [object], metadata: { resourceVersion: object.metadata.resourceVersion ?? '' } };
      return json(tableOf(kind, page, query.get('includeObject'), cluster.now()), status, warnings);
    }
    default:
      return objectResponse(object, status, warnings);
  }
};

const answerWithList = (call: Call, page: Page): Response => {
  const { kind, query, cluster, warnings } = call;
  switch (representationOf(call.accept)) {
    case 'metadata':
      return json(metadataList(page), 200, warnings);
    case 'table':
      return json(tableOf(kind, page, query.get('includeObject'), cluster.now()), 200, warnings);
    default:
      return listResponse(kind, page, warnings);
  }
};

const readOne = (call: Call): Response => {
  const { cluster, kind, path } = call;
  const object = readObject(cluster, kind, path.namespace, path.name);
  if (object === undefined) throw notFound(resourceOfCall(call), path.name);
  return answerWith(call, object, 200);
};

const removeOne = (call: Call): Response => {
  const { object, isGone } = deleteOne(call);
  const isShown = !isGone || SHOWN_WHEN_DELETED.has(call.kind.plural);
  return isShown ? answerWith(call, object, 200) : json(deletedStatus(call.kind, object));
};

/** Kinds whose delete answers with the object that is gone (ReturnDeletedObject). */
const SHOWN_WHEN_DELETED = new Set([
  'pods',
  'services',
  'serviceaccounts',
  'resourcequotas',
  'namespaces',
  'persistentvolumeclaims',
]);

const answerWrite = (call: Call, subresource: string): Response => {
  const { object, isNew } =
    call.path.verb === 'patch' ? patchObject(call, subresource) : updateObject(call, subresource);
  return answerWith(call, object, isNew ? 201 : 200);
};

const answerObject = (call: Call): Response => {
  switch (call.path.verb) {
    case 'get':
      return readOne(call);
    case 'watch':
      return watch(call);
    case 'list':
      return answerWithList(call, listObjects(call));
    case 'create':
      if (call.path.name !== '') throw methodNotAllowed();
      return answerWith(call, createObject(call), 201);
    case 'update':
    case 'patch':
      return answerWrite(call, '');
    case 'delete':
      return removeOne(call);
    case 'deletecollection':
      if (!call.kind.verbs.includes('deletecollection')) throw methodNotAllowed();
      return listResponse(call.kind, deleteMany(call), call.warnings);
    default:
      throw methodNotAllowed();
  }
};

const answerSubresource = (call: Call): Response => {
  const { kind, path, cluster } = call;
  const subresource = subresourcesOf(kind).find(({ name }) => name === path.subresource);
  if (subresource === undefined) throw noSuchResource();
  if (!subresource.verbs.includes(path.verb)) throw methodNotAllowed();
  if (path.subresource === 'scale' && kind.scale !== undefined)
    return objectResponse(scale(call, kind.scale), 200, call.warnings);
  if (path.subresource === 'binding') return json(createBinding(call), 201);
  if (path.subresource === 'eviction') return json(createEviction(call), 201);
  if (path.subresource === 'token') return json(mintToken(cluster, path.namespace, path.name, call.body), 201);
  return path.verb === 'get' ? readOne(call) : answerWrite(call, path.subresource);
};

const mediaType = (header: string | null): string => (header ?? '').split(';')[0]?.trim() ?? '';

const callOf = (
  cluster: Cluster,
  kind: Kind,
  path: ResourceRequest,
  user: User,
  request: Request,
  body: string,
): Call => ({
  cluster,
  kind,
  // A cluster-scoped object has no namespace, whatever the path lets a role say of it.
  path: kind.isNamespaced ? path : { ...path, namespace: '' },
  user,
  query: new URL(request.url).searchParams,
  contentType: mediaType(request.headers.get('content-type')),
  userAgent: request.headers.get('user-agent') ?? '',
  accept: request.headers.get('accept') ?? '',
  body,
  warnings: [],
});

/** @throws StatusError 413 */
const readBody = async (request: Request): Promise<string> => {
  const text = request.body === null ? '' : await request.text();
  if (text.length > MAX_BODY_BYTES) {
    throw new StatusError(413, 'RequestEntityTooLarge', `Request entity too large: limit is ${MAX_BODY_BYTES}`);
  }
  return text;
};

const MAX_BODY_BYTES = 3 * 1024 * 1024;

const answerResource = async (
  cluster: Cluster,
  path: ResourceRequest,
  user: User,
  request: Request,
): Promise<Response> => {
  const { group, version } = path;
  const asked = REVIEWS.find((one) => one.group === group && one.plural === path.resource);
  const bodyText = (): Promise<string> => readBody(request);
  if (asked !== undefined) return json(review(cluster, user, asked.kind, await bodyText()), 201);
  const kind = cluster.registry.find(group, version, path.resource);
  if (kind === undefined) {
    if (!isServed(cluster.registry, group, version)) return plainText('404 page not found\n', 404);
    throw noSuchResource();
  }
  if (apiVersionOf(kind) === 'v1' && kind.plural === 'services' && path.subresource === 'proxy') {
    return proxyToService(cluster, path, request);
  }
  const call = callOf(cluster, kind, path, user, request, await bodyText());
  try {
    return path.subresource === '' ? answerObject(call) : answerSubresource(call);
  } catch (error) {
    if (error instanceof StatusError) return errorResponse(error, call.warnings);
    throw error;
  }
};

/** The sender, or whom it may act as. @throws StatusError 403 */
const effectiveUser = (cluster: Cluster, sender: User, headers: Headers): User => {
  const user = impersonated(headers);
  if (user === undefined) return sender;
  for (const [resource, names] of [
    ['users', [user.name]],
    ['groups', user.groups.slice(0, -1)],
  ] as const) {
    for (const name of names) {
      if (cluster.rbac.allows(sender, { verb: 'impersonate', group: '', resource, name, namespace: '' })) continue;
      throw forbidden({ group: '', resource }, name, cannot(sender.name, 'impersonate', resource, '', ''));
    }
  }
  return user;
};

/** Answers one request. Never rejects: what goes wrong becomes a Status. */
export const handle = async (
  cluster: Cluster,
  userOf: (token: string) => User | undefined,
  request: Request,
): Promise<Response> => {
  try {
    const sender = authenticate(request.headers.get('authorization'), userOf);
    if (sender === undefined) throw unauthorized();
    const user = effectiveUser(cluster, sender, request.headers);
    const info = parseRequest(request.method, new URL(request.url));
    authorize(cluster, user, info);
    if (!info.isResource) return answerPath(cluster, info.path, request.headers.get('accept') ?? '');
    return await answerResource(cluster, info, user, request);
  } catch (error) {
    if (error instanceof StatusError) return errorResponse(error);
    return errorResponse(internalError(error instanceof Error ? (error.stack ?? error.message) : String(error)));
  }
};
