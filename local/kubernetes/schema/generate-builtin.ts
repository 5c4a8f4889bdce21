/**
 * Writes builtin.json: the schemas of the built-in kinds that the stand-in serves, and which of their fields are left
 * out when they are zero. Cut from the Go modules of Kubernetes (Apache-2.0): the OpenAPI v3 documents in
 * k8s.io/kubernetes (api/openapi-spec/v3), and the types.go of k8s.io/api, apimachinery and apiextensions-apiserver.
 *
 *   node local/kubernetes/schema/generate-builtin.ts $(go env GOMODCACHE)/k8s.io 1.36.3
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const KINDS: Record<string, readonly string[]> = {
  v1: [
    'Binding', 'ConfigMap', 'Endpoints', 'Event', 'LimitRange', 'Namespace', 'Node', 'PersistentVolumeClaim', 'Pod',
    'ResourceQuota', 'Secret', 'Service', 'ServiceAccount',
  ],
  'apps/v1': ['Deployment', 'ReplicaSet', 'StatefulSet'],
  'autoscaling/v1': ['Scale'],
  'events.k8s.io/v1': ['Event'],
  'autoscaling/v2': ['HorizontalPodAutoscaler'],
  'coordination.k8s.io/v1': ['Lease'],
  'networking.k8s.io/v1': ['NetworkPolicy', 'Ingress'],
  'policy/v1': ['PodDisruptionBudget', 'Eviction'],
  'rbac.authorization.k8s.io/v1': ['ClusterRole', 'ClusterRoleBinding', 'Role', 'RoleBinding'],
  'scheduling.k8s.io/v1': ['PriorityClass'],
  'discovery.k8s.io/v1': ['EndpointSlice'],
  'authentication.k8s.io/v1': ['TokenRequest', 'TokenReview', 'SelfSubjectReview'],
  'authorization.k8s.io/v1': ['SelfSubjectAccessReview', 'SubjectAccessReview', 'SelfSubjectRulesReview'],
  'admissionregistration.k8s.io/v1': ['ValidatingAdmissionPolicy', 'ValidatingAdmissionPolicyBinding'],
  'apiextensions.k8s.io/v1': ['CustomResourceDefinition'],
}; // prettier-ignore

type SchemaNode = { [key: string]: unknown };
type GroupVersionKind = { readonly group: string; readonly version: string; readonly kind: string };

const REF_PREFIX = '#/components/schemas/';
const DROPPED_KEYS = new Set(['description', 'title', 'x-kubernetes-unions']);

const isObject = (value: unknown): value is SchemaNode =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** A scalar that is left out when it is zero. An empty object stays: that field is a Go struct and always present. */
const isZero = (value: unknown): boolean => value === '' || value === 0 || value === false;

/** A node without prose; a reference wrapped in a one-element allOf becomes the plain reference. */
const compact = (node: unknown): unknown => {
  if (Array.isArray(node)) return node.map(compact);
  if (!isObject(node)) return node;
  const inner = Array.isArray(node['allOf']) && node['allOf'].length === 1 ? (node['allOf'][0] as unknown) : undefined;
  const result: SchemaNode = isObject(inner) ? { ...inner } : {};
  for (const [key, value] of Object.entries(node)) {
    if (DROPPED_KEYS.has(key) || key === 'allOf') continue;
    if (key === 'default' && isZero(value)) continue;
    result[key] =
      key === 'properties' && isObject(value)
        ? Object.fromEntries(Object.entries(value).map(([name, property]) => [name, compact(property)]))
        : compact(value);
  }
  return result;
};

const referencesIn = (node: unknown): string[] => {
  if (Array.isArray(node)) return node.flatMap(referencesIn);
  if (!isObject(node)) return [];
  const own = typeof node['$ref'] === 'string' ? [node['$ref'].slice(REF_PREFIX.length)] : [];
  return [...own, ...Object.values(node).flatMap(referencesIn)];
};

const [, , modules, release] = process.argv;
if (modules === undefined || release === undefined) throw new Error('usage: generate-builtin.ts MODULES RELEASE');
const documents = join(modules, `kubernetes@v${release}`, 'api/openapi-spec/v3');
const moduleVersion = `v0${release.slice(release.indexOf('.'))}`;

const documentOf = (groupVersion: string): string =>
  groupVersion.includes('/') ? `apis__${groupVersion.replace('/', '__')}` : `api__${groupVersion}`;

const all: Record<string, SchemaNode> = {};
for (const groupVersion of Object.keys(KINDS)) {
  const text = readFileSync(join(documents, `${documentOf(groupVersion)}_openapi.json`), 'utf8');
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- an OpenAPI v3 document
  const document = JSON.parse(text) as { components: { schemas: Record<string, SchemaNode> } };
  Object.assign(all, document.components.schemas);
}

const kinds: Record<string, string> = {};
for (const [name, node] of Object.entries(all)) {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- as the OpenAPI documents of Kubernetes say it
  const declared = (node['x-kubernetes-group-version-kind'] ?? []) as readonly GroupVersionKind[];
  for (const { group, version, kind } of declared) {
    const groupVersion = group === '' ? version : `${group}/${version}`;
    if (KINDS[groupVersion]?.includes(kind) === true) kinds[`${groupVersion}/${kind}`] = name;
  }
}

const schemas: Record<string, unknown> = {};
const pending = Object.values(kinds);
for (let name = pending.pop(); name !== undefined; name = pending.pop()) {
  if (schemas[name] !== undefined) continue;
  schemas[name] = compact(all[name]);
  pending.push(...referencesIn(schemas[name]));
}

/** Where the Go type behind an OpenAPI name is declared; undefined for those of no struct of their own. */
const sourceOf = (name: string): { readonly file: string; readonly type: string } | undefined => {
  const parts = name.split('.');
  const type = parts.at(-1) ?? '';
  const [module, start] = name.startsWith('io.k8s.api.') ? ['api', 3] : [parts[2] ?? '', 3];
  const file = join(modules, `${module}@${moduleVersion}`, ...parts.slice(start, -1), 'types.go');
  return existsSync(file) ? { file, type } : undefined;
};

type GoField = {
  readonly name: string;
  readonly type: string;
  readonly omitsEmpty: boolean;
  readonly isInline: boolean;
};

/** The fields of a Go struct as JSON names them. */
const goFields = (file: string, type: string): GoField[] => {
  const source = readFileSync(file, 'utf8');
  const body = new RegExp(`^type ${type} struct \\{\\n(.*?)^\\}`, 'ms').exec(source)?.[1] ?? '';
  return body.split('\n').flatMap((line): GoField[] => {
    const [, goName = '', goType, tag] = /^\s+(\w+)?\s*([*[\]\w.]+)?\s+`json:"([^"]*)"/.exec(line) ?? [];
    if (tag === undefined) return [];
    const [name = '', ...options] = tag.split(',');
    return [
      { name, type: goType ?? goName, omitsEmpty: options.includes('omitempty'), isInline: options.includes('inline') },
    ];
  });
};

const SCALARS = new Set(['string', 'integer', 'boolean', 'number']);

/** Fields that Go leaves out when they are zero: plain scalars with omitempty. A pointer is left out only when nil. */
const zeroOmitted = (name: string, node: SchemaNode): string[] => {
  const source = sourceOf(name);
  if (source === undefined) return [];
  const fields = goFields(source.file, source.type).flatMap((field) =>
    field.isInline && field.type !== '' ? goFields(source.file, field.type.split('.').at(-1) ?? '') : [field],
  );
  const properties = isObject(node['properties']) ? node['properties'] : {};
  const isScalar = (property: unknown): boolean => isObject(property) && SCALARS.has(String(property['type']));
  return fields
    .filter((field) => field.omitsEmpty && !/^[*[m]/.test(field.type) && isScalar(properties[field.name]))
    .map((field) => field.name)
    .toSorted();
};

const omitZero: Record<string, string[]> = {};
for (const [name, node] of Object.entries(schemas)) {
  const names = zeroOmitted(name, isObject(node) ? node : {});
  if (names.length > 0) omitZero[name] = names;
}

const sorted = <T>(record: Record<string, T>): Record<string, T> =>
  Object.fromEntries(Object.entries(record).toSorted(([a], [b]) => (a < b ? -1 : 1)));
const lines = Object.entries(sorted(schemas)).map(
  ([name, node]) => `  ${JSON.stringify(name)}: ${JSON.stringify(node)}`,
);
const zeros = Object.entries(sorted(omitZero)).map(
  ([name, names]) => `  ${JSON.stringify(name)}: ${JSON.stringify(names)}`,
);
const text = `{
 "kinds": ${JSON.stringify(sorted(kinds), undefined, 2)},
 "omitZero": {\n${zeros.join(',\n')}\n },
 "schemas": {\n${lines.join(',\n')}\n }\n}\n`;
writeFileSync(new URL('builtin.json', import.meta.url), text);
process.stdout.write(`${Object.keys(kinds).length} kinds, ${lines.length} schemas, ${text.length} bytes\n`);
