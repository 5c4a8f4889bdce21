import { isReady } from '../kinds/pod-life.ts';
import { isObject, listOf, objectOf, stringOf, textOf, textsOf, type KubeObject } from '../object.ts';
import { badRequest, notFound, StatusError } from '../status-error.ts';
import { matchesSelector } from '../store/selectors.ts';
import { keyFor } from '../store/store.ts';
import type { Cluster } from '../cluster.ts';
import type { ResourceRequest } from '../request-path.ts';

const unavailable = (message: string): StatusError => new StatusError(503, 'ServiceUnavailable', message);

/** `[SCHEME:]NAME[:PORT]` of a proxy path. */
const parseTarget = (text: string): { readonly name: string; readonly port: string } => {
  const parts = text.split(':');
  if (parts.length > 3) throw badRequest(`invalid service request ${JSON.stringify(text)}`);
  const [name = '', port = ''] = parts.length === 3 ? parts.slice(1) : parts;
  return { name, port };
};

/** A service that selects pods has endpoints while one of them is ready; one that does not has those that were set. */
const hasEndpoints = (cluster: Cluster, service: KubeObject): boolean => {
  const selector = objectOf(service['spec'])['selector'];
  if (!isObject(selector)) return true;
  return cluster.store
    .list('/pods', `${service.metadata.namespace ?? ''}/`)
    .some((pod) => isReady(pod) && matchesSelector({ matchLabels: textsOf(selector) }, pod.metadata.labels ?? {}));
};

/** Headers that belong to this hop and not to the one behind. */
const HOP_HEADERS = ['authorization', 'connection', 'host', 'content-length'];

/** Passes a request on to what runs behind a service. @throws StatusError 404, or 503 when nothing does */
export const proxyToService = async (cluster: Cluster, path: ResourceRequest, request: Request): Promise<Response> => {
  const { name, port } = parseTarget(path.name);
  const service = cluster.store.get('/services', keyFor(path.namespace, name));
  if (service === undefined) throw notFound({ group: '', resource: 'services' }, name);
  const ports = listOf(objectOf(service['spec'])['ports']).map(objectOf);
  const wanted =
    ports.find((one) => one['name'] === port || textOf(one['port']) === port) ??
    (port === '' && ports.length === 1 ? ports[0] : undefined);
  const noEndpoints = unavailable(`no endpoints available for service ${JSON.stringify(name)}`);
  if (wanted === undefined && /^\d+$/.test(port)) {
    throw unavailable(`no service port ${port} found for service ${JSON.stringify(name)}`);
  }
  if (wanted === undefined || !hasEndpoints(cluster, service)) throw noEndpoints;
  const url = new URL(request.url);
  const behind = /\/proxy(\/.*)?$/.exec(url.pathname.slice(url.pathname.indexOf('/services/')))?.[1] ?? '/';
  const headers = new Headers(request.headers);
  for (const header of HOP_HEADERS) headers.delete(header);
  const target = `http://${name}.${path.namespace}:${textOf(wanted['port'])}${behind}${url.search}`;
  const body = request.body === null ? {} : { body: await request.arrayBuffer() };
  const forwarded = new Request(target, { method: request.method, headers, ...body });
  const portName = stringOf(wanted['name']) === '' ? textOf(wanted['port']) : stringOf(wanted['name']);
  const answer = await cluster.serviceProxy(path.namespace, name, portName, forwarded);
  if (answer === undefined) throw noEndpoints;
  return answer;
};
