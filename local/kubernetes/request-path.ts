/** What a request asks for, read off its method and path (apiserver: endpoints/request.RequestInfo). */
export type RequestInfo = {
  readonly verb: string;
  readonly path: string;
} & ({ readonly isResource: false } | ResourceRequest);

export type ResourceRequest = {
  readonly isResource: true;
  readonly verb: string;
  readonly path: string;
  readonly group: string;
  readonly version: string;
  readonly namespace: string;
  readonly resource: string;
  readonly subresource: string;
  readonly name: string;
  /** What follows the subresource: the path behind `…/proxy/`. */
  readonly rest: readonly string[];
};

const RESOURCE_VERBS: Readonly<Record<string, string>> = {
  GET: 'get',
  HEAD: 'get',
  POST: 'create',
  PUT: 'update',
  PATCH: 'patch',
  DELETE: 'delete',
};

const verbOf = (method: string, isNamed: boolean, isWatch: boolean): string => {
  const verb = RESOURCE_VERBS[method] ?? '';
  if (isNamed) return verb;
  if (verb === 'get') return isWatch ? 'watch' : 'list';
  return verb === 'delete' ? 'deletecollection' : verb;
};

/** Subresources of a namespace itself; any other third part is a resource inside it. */
const NAMESPACE_SUBRESOURCES = new Set(['status', 'finalize']);

const truthy = (text: string | null): boolean => text !== null && text !== 'false' && text !== '0';

export const parseRequest = (method: string, url: URL): RequestInfo => {
  const path = url.pathname;
  const parts = path.split('/').slice(1);
  const plain = { isResource: false, verb: method.toLowerCase(), path } as const;
  const isCore = parts[0] === 'api';
  if ((!isCore && parts[0] !== 'apis') || parts.length < (isCore ? 3 : 4)) return plain;
  const group = isCore ? '' : (parts[1] ?? '');
  const version = (isCore ? parts[1] : parts[2]) ?? '';
  let rest = parts.slice(isCore ? 2 : 3).map(decodeURIComponent);
  if (rest[0] === '' || rest[0] === undefined) return plain;
  let namespace = '';
  if (rest[0] === 'namespaces' && rest[1] !== undefined) {
    namespace = rest[1];
    const isInside = rest.length > 2 && rest[2] !== '' && !NAMESPACE_SUBRESOURCES.has(rest[2] ?? '');
    if (isInside) rest = rest.slice(2);
  }
  const [resource = '', name = '', subresource = '', ...below] = rest;
  return {
    isResource: true,
    verb: verbOf(method, name !== '', truthy(url.searchParams.get('watch'))),
    path,
    group,
    version,
    namespace,
    resource,
    name,
    subresource,
    rest: below,
  };
};
