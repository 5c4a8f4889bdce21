/** OpenAPI v3: what kubectl explain, apply and diff read of the kinds that are served. */
import { apiVersionOf, type Kind } from '../kinds/kind.ts';
import type { Registry } from '../kinds/registry.ts';
import { isObject, type Json, type JsonObject } from '../object.ts';
import { BUILTIN_SCHEMAS, builtinSchemaName, refTo, type Schema } from '../schema/schema.ts';

const pathOf = (apiVersion: string): string => (apiVersion.includes('/') ? `apis/${apiVersion}` : `api/${apiVersion}`);

/** `dev.headgate.v1alpha1.Tenant`: the group turned round, the version, the kind. */
const schemaName = (kind: Kind): string =>
  kind.isCustom
    ? [...kind.group.split('.').toReversed(), kind.version, kind.kind].join('.')
    : builtinSchemaName(apiVersionOf(kind), kind.kind);

const referencesIn = (node: unknown): string[] => {
  if (Array.isArray(node)) return node.flatMap(referencesIn);
  if (!isObject(node)) return [];
  const own = typeof node['$ref'] === 'string' ? [node['$ref'].split('/').at(-1) ?? ''] : [];
  return [...own, ...Object.values(node).flatMap(referencesIn)];
};

// oxlint-disable-next-line typescript/no-unsafe-type-assertion -- a schema is JSON, read-only
const asJson = (schema: Schema): JsonObject => schema as JsonObject;

const schemasOf = (kinds: readonly Kind[]): JsonObject => {
  const schemas: JsonObject = {};
  const pending: string[] = [];
  for (const kind of kinds) {
    const gvk = [{ group: kind.group, version: kind.version, kind: kind.kind }];
    schemas[schemaName(kind)] = { ...asJson(kind.schema), 'x-kubernetes-group-version-kind': gvk };
    pending.push(...referencesIn(kind.schema));
  }
  for (let name = pending.pop(); name !== undefined; name = pending.pop()) {
    const schema = BUILTIN_SCHEMAS[name];
    if (schemas[name] !== undefined || schema === undefined) continue;
    schemas[name] = asJson(schema);
    pending.push(...referencesIn(schema));
  }
  return schemas;
};

const parameter = (name: string): JsonObject => ({ name, in: 'query', schema: { type: 'string', uniqueItems: true } });

const operation = (kind: Kind, action: string, parameters: readonly string[]): JsonObject => ({
  'x-kubernetes-action': action,
  'x-kubernetes-group-version-kind': { group: kind.group, version: kind.version, kind: kind.kind },
  parameters: parameters.map(parameter),
  responses: {
    '200': { description: 'OK', content: { 'application/json': { schema: asJson(refTo(schemaName(kind))) } } },
  },
});

const WRITE_PARAMETERS = ['dryRun', 'fieldManager', 'fieldValidation'];

const pathsOf = (kind: Kind): JsonObject => {
  const root = `/${pathOf(apiVersionOf(kind))}${kind.isNamespaced ? '/namespaces/{namespace}' : ''}/${kind.plural}`;
  return {
    [root]: { get: operation(kind, 'list', []), post: operation(kind, 'post', WRITE_PARAMETERS) },
    [`${root}/{name}`]: {
      get: operation(kind, 'get', []),
      put: operation(kind, 'put', WRITE_PARAMETERS),
      patch: operation(kind, 'patch', [...WRITE_PARAMETERS, 'force']),
      delete: operation(kind, 'delete', ['dryRun']),
    },
  };
};

/** `/openapi/v3` and the documents below it; undefined for any other path. */
export const openApiDocument = (registry: Registry, path: string): Json | undefined => {
  const versions = [...new Set(registry.all().map(apiVersionOf))];
  if (path === '/openapi/v3') {
    const paths = versions.map((apiVersion) => [
      pathOf(apiVersion),
      { serverRelativeURL: `/openapi/v3/${pathOf(apiVersion)}` },
    ]);
    return { paths: Object.fromEntries(paths) as JsonObject };
  }
  const apiVersion = versions.find((version) => path === `/openapi/v3/${pathOf(version)}`);
  if (apiVersion === undefined) return undefined;
  const kinds = registry.all().filter((kind) => apiVersionOf(kind) === apiVersion);
  return {
    openapi: '3.0.0',
    info: { title: 'Kubernetes', version: 'v1.36.3' },
    paths: Object.assign({}, ...kinds.map(pathsOf)) as JsonObject,
    components: { schemas: schemasOf(kinds) },
  };
};
