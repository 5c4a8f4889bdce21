/** Which groups, versions and resources are served: the classic documents and the aggregated ones. */
import type { Kind } from '../kinds/kind.ts';
import type { Registry } from '../kinds/registry.ts';
import { groupVersionOf, type JsonObject } from '../object.ts';

type Subresource = {
  readonly name: string;
  readonly kind: string;
  readonly api?: string;
  readonly verbs: readonly string[];
};

const GET_AND_WRITE = ['get', 'patch', 'update'];
const PROXY_VERBS = ['create', 'delete', 'get', 'patch', 'update'];

/** Subresources besides status and scale, of core kinds. */
const SPECIAL: Readonly<Record<string, readonly Subresource[]>> = {
  namespaces: [{ name: 'finalize', kind: 'Namespace', verbs: ['update'] }],
  pods: [
    { name: 'binding', kind: 'Binding', verbs: ['create'] },
    { name: 'eviction', kind: 'Eviction', api: 'policy/v1', verbs: ['create'] },
  ],
  serviceaccounts: [{ name: 'token', kind: 'TokenRequest', api: 'authentication.k8s.io/v1', verbs: ['create'] }],
  services: [{ name: 'proxy', kind: 'ServiceProxyOptions', verbs: PROXY_VERBS }],
};

export const subresourcesOf = (kind: Kind): readonly Subresource[] => [
  ...(kind.group === '' ? (SPECIAL[kind.plural] ?? []) : []),
  ...(kind.scale === undefined ? [] : [{ name: 'scale', kind: 'Scale', api: 'autoscaling/v1', verbs: GET_AND_WRITE }]),
  ...(kind.hasStatus ? [{ name: 'status', kind: kind.kind, verbs: GET_AND_WRITE }] : []),
];

/** Kinds that can only be created, and are answered on the spot. */
export const REVIEWS: readonly {
  readonly group: string;
  readonly plural: string;
  readonly kind: string;
  readonly isNamespaced: boolean;
}[] = [
  { group: 'authentication.k8s.io', plural: 'selfsubjectreviews', kind: 'SelfSubjectReview', isNamespaced: false },
  { group: 'authentication.k8s.io', plural: 'tokenreviews', kind: 'TokenReview', isNamespaced: false },
  {
    group: 'authorization.k8s.io',
    plural: 'selfsubjectaccessreviews',
    kind: 'SelfSubjectAccessReview',
    isNamespaced: false,
  },
  {
    group: 'authorization.k8s.io',
    plural: 'selfsubjectrulesreviews',
    kind: 'SelfSubjectRulesReview',
    isNamespaced: false,
  },
  { group: 'authorization.k8s.io', plural: 'subjectaccessreviews', kind: 'SubjectAccessReview', isNamespaced: false },
];

/** Served groups with their versions, in the order of the kinds. */
const groupsOf = (registry: Registry): Map<string, string[]> => {
  const groups = new Map<string, string[]>();
  const add = (group: string, version: string): void => {
    const versions = groups.get(group) ?? [];
    if (!versions.includes(version)) groups.set(group, [...versions, version]);
  };
  for (const { group, version } of registry.all()) add(group, version);
  for (const { group } of REVIEWS) add(group, 'v1');
  return groups;
};

const groupDocument = (group: string, versions: readonly string[]): JsonObject => {
  const listed = versions.map((version) => ({ groupVersion: groupVersionOf(group, version), version }));
  return { name: group, versions: listed, preferredVersion: listed[0] ?? {} };
};

const resourceDocuments = (kind: Kind): JsonObject[] => {
  const own: JsonObject = {
    name: kind.plural,
    singularName: kind.singular,
    namespaced: kind.isNamespaced,
    kind: kind.kind,
    verbs: [...kind.verbs],
    ...(kind.shortNames.length === 0 ? {} : { shortNames: [...kind.shortNames] }),
    ...(kind.categories.length === 0 ? {} : { categories: [...kind.categories] }),
  };
  const below = subresourcesOf(kind).map((sub): JsonObject => {
    const [group, version] = sub.api?.split('/') ?? [];
    return {
      name: `${kind.plural}/${sub.name}`,
      singularName: '',
      namespaced: kind.isNamespaced,
      ...(group === undefined || version === undefined ? {} : { group, version }),
      kind: sub.kind,
      verbs: [...sub.verbs],
    };
  });
  return [own, ...below];
};

const resourceList = (registry: Registry, group: string, version: string): JsonObject => ({
  kind: 'APIResourceList',
  apiVersion: 'v1',
  groupVersion: groupVersionOf(group, version),
  resources: [
    ...registry
      .all()
      .filter((kind) => kind.group === group && kind.version === version)
      .flatMap(resourceDocuments),
    ...REVIEWS.filter((review) => review.group === group).map((review) => ({
      name: review.plural,
      singularName: review.kind.toLowerCase(),
      namespaced: review.isNamespaced,
      kind: review.kind,
      verbs: ['create'],
    })),
  ],
});

const scopeOf = (isNamespaced: boolean): string => (isNamespaced ? 'Namespaced' : 'Cluster');

const aggregatedResource = (kind: Kind): JsonObject => ({
  resource: kind.plural,
  responseKind: { group: kind.group, version: kind.version, kind: kind.kind },
  scope: scopeOf(kind.isNamespaced),
  singularResource: kind.singular,
  verbs: [...kind.verbs],
  ...(kind.shortNames.length === 0 ? {} : { shortNames: [...kind.shortNames] }),
  ...(kind.categories.length === 0 ? {} : { categories: [...kind.categories] }),
  ...(subresourcesOf(kind).length === 0
    ? {}
    : {
        subresources: subresourcesOf(kind).map((sub) => {
          const [group = kind.group, version = kind.version] = sub.api?.split('/') ?? [];
          return { subresource: sub.name, responseKind: { group, version, kind: sub.kind }, verbs: [...sub.verbs] };
        }),
      }),
});

/** `APIGroupDiscoveryList`: everything below /api or below /apis in one document. */
export const aggregatedDiscovery = (registry: Registry, isCore: boolean): JsonObject => ({
  kind: 'APIGroupDiscoveryList',
  apiVersion: 'apidiscovery.k8s.io/v2',
  metadata: {},
  items: [...groupsOf(registry)]
    .filter(([group]) => (group === '') === isCore)
    .map(([group, versions]) => ({
      metadata: group === '' ? {} : { name: group },
      versions: versions.map((version) => ({
        version,
        freshness: 'Current',
        resources: [
          ...registry
            .all()
            .filter((kind) => kind.group === group && kind.version === version)
            .map(aggregatedResource),
          ...REVIEWS.filter((review) => review.group === group).map((review) => ({
            resource: review.plural,
            responseKind: { group, version, kind: review.kind },
            scope: scopeOf(review.isNamespaced),
            singularResource: review.kind.toLowerCase(),
            verbs: ['create'],
          })),
        ],
      })),
    })),
});

/** A discovery document by its path; undefined when there is none. */
export const discoveryDocument = (registry: Registry, path: string): JsonObject | undefined => {
  const groups = groupsOf(registry);
  const [root, ...steps] = path.split('/').filter((step) => step !== '');
  if (root === 'api') {
    if (steps.length === 0) return { kind: 'APIVersions', versions: ['v1'], serverAddressByClientCIDRs: [] };
    return steps.length === 1 && steps[0] === 'v1' ? resourceList(registry, '', 'v1') : undefined;
  }
  if (root !== 'apis') return undefined;
  const [group, version] = steps;
  if (group === undefined) {
    const named = [...groups].filter(([name]) => name !== '');
    return {
      kind: 'APIGroupList',
      apiVersion: 'v1',
      groups: named.map(([name, versions]) => groupDocument(name, versions)),
    };
  }
  const versions = groups.get(group);
  if (versions === undefined || steps.length > 2) return undefined;
  if (version === undefined) return { kind: 'APIGroup', apiVersion: 'v1', ...groupDocument(group, versions) };
  return versions.includes(version) ? resourceList(registry, group, version) : undefined;
};

/** Whether anything of the group and version is served. */
export const isServed = (registry: Registry, group: string, version: string): boolean =>
  groupsOf(registry).get(group)?.includes(version) === true;
