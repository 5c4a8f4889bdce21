/** CustomResourceDefinitions, and the kinds they define. */
import {
  at,
  equal,
  isObject,
  listOf,
  objectOf,
  stringOf,
  type Json,
  type JsonObject,
  type KubeObject,
} from '../object.ts';
import { applySchemaDefaults } from '../schema/prune.ts';
import { OBJECT_META, refTo, type Schema } from '../schema/schema.ts';
import { schemaErrors } from '../schema/validate.ts';
import { duplicate, invalidValue, required, type FieldError } from '../status-error.ts';
import { ageOf } from './age.ts';
import { AGE, NAME } from './columns.ts';
import { jsonPath } from './json-path.ts';
import { ALL_VERBS, builtinKind, type Column, type Kind, type ScalePaths } from './kind.ts';
import { fill } from './pod-spec.ts';

const CRD_API = 'apiextensions.k8s.io/v1';

const strings = (value: unknown): string[] => listOf(value).map(stringOf);

/** The schema as it is served: the CRD's own, with the envelope that every object has. */
const withEnvelope = (schema: Schema): Schema => ({
  ...schema,
  properties: {
    ...schema.properties,
    apiVersion: { type: 'string' },
    kind: { type: 'string' },
    metadata: refTo(OBJECT_META),
  },
});

/** `.spec.replicas` of a CRD as a dotted path. */
const pathOf = (jsonPath: unknown): string => stringOf(jsonPath).replace(/^\./, '');

const scalePaths = (subresources: JsonObject): ScalePaths | undefined => {
  if (!isObject(subresources['scale'])) return undefined;
  const { specReplicasPath, statusReplicasPath, labelSelectorPath } = subresources['scale'];
  return {
    specReplicas: pathOf(specReplicasPath),
    statusReplicas: pathOf(statusReplicasPath),
    ...(labelSelectorPath === undefined ? {} : { selector: pathOf(labelSelectorPath) }),
  };
};

/** Items that repeat in a list declared a set or a map; those cannot be told apart. */
const repeatedItems = (schema: Schema, value: Json | undefined, path: string): FieldError[] => {
  if (isObject(value)) {
    return Object.entries(value).flatMap(([name, field]) => {
      const other = typeof schema.additionalProperties === 'object' ? schema.additionalProperties : undefined;
      const inner = schema.properties?.[name] ?? other;
      return inner === undefined ? [] : repeatedItems(inner, field, path === '' ? name : `${path}.${name}`);
    });
  }
  if (!Array.isArray(value)) return [];
  const { items } = schema;
  const deeper =
    items === undefined ? [] : value.flatMap((item, index) => repeatedItems(items, item, `${path}[${index}]`));
  const type = schema['x-kubernetes-list-type'];
  if (type !== 'set' && type !== 'map') return deeper;
  const keys = schema['x-kubernetes-list-map-keys'] ?? [];
  const identity = (item: Json): Json =>
    type === 'set' ? item : Object.fromEntries(keys.map((key) => [key, objectOf(item)[key] ?? null]));
  const identities = value.map(identity);
  const repeats = identities.flatMap((one, index) =>
    identities.slice(0, index).some((earlier) => equal(earlier, one)) ? [duplicate(`${path}[${index}]`, one)] : [],
  );
  return [...repeats, ...deeper];
};

/** Status is checked alone when it is written alone; messages then name its fields without their prefix. */
const statusErrors = (schema: Schema, object: KubeObject): FieldError[] => {
  const status = schema.properties?.['status'];
  if (status === undefined || object['status'] === undefined) return [];
  return [
    ...schemaErrors(status, object['status']).map((error) => ({ ...error, field: `status.${error.field}` })),
    ...repeatedItems(status, object['status'], 'status'),
  ];
};

const customErrors = (schema: Schema, kind: string, apiVersion: string, object: KubeObject): FieldError[] => {
  if (object.kind !== kind) return [invalidValue('kind', object.kind, `must be ${kind}`)];
  if (object.apiVersion !== apiVersion) return [invalidValue('apiVersion', object.apiVersion, `must be ${apiVersion}`)];
  const { metadata: _, ...content } = object;
  return [...schemaErrors(schema, content), ...repeatedItems(schema, content, '')];
};

const cellOf = (type: string, value: Json | undefined, now: number): string | number | boolean | null => {
  if (value === undefined || value === null) return null;
  switch (type) {
    case 'date':
      return typeof value === 'string' ? ageOf(value, now) : null;
    case 'integer':
      return typeof value === 'number' ? Math.trunc(value) : null;
    case 'number':
      return typeof value === 'number' ? value : null;
    case 'boolean':
      return typeof value === 'boolean' ? value : null;
    default:
      return typeof value === 'object' ? JSON.stringify(value) : String(value);
  }
};

/** The name, and the columns a definition names; without any, the age. */
const printerColumns = (columns: readonly JsonObject[]): Column[] => {
  if (columns.length === 0) return [NAME, { ...AGE, type: 'date' }];
  return [
    NAME,
    ...columns.map((column): Column => {
      const { name, type, format, description, priority, jsonPath: path } = column;
      const read = jsonPath(stringOf(path));
      return {
        name: stringOf(name),
        type: stringOf(type),
        format: stringOf(format),
        description:
          stringOf(description) || `Custom resource definition column (in JSONPath format): ${stringOf(path)}`,
        priority: Number(priority ?? 0),
        cell: (object, now) => cellOf(stringOf(type), read(object)[0], now),
      };
    }),
  ];
};

/** A definition's schema, which its own kind's schema has checked. */
// oxlint-disable-next-line typescript/no-unsafe-type-assertion
const schemaOf = (value: Json | undefined): Schema => (value ?? { type: 'object' }) as Schema;

/** The kinds a CRD serves, one for each served version. */
export const kindsOf = (crd: KubeObject): Kind[] => {
  const spec = objectOf(crd['spec']);
  const names = objectOf(spec['names']);
  const group = stringOf(spec['group']);
  return listOf(spec['versions'])
    .map(objectOf)
    .filter((version) => version['served'] === true)
    .map((version): Kind => {
      const own = schemaOf(objectOf(version['schema'])['openAPIV3Schema']);
      const subresources = objectOf(version['subresources']);
      const hasStatus = isObject(subresources['status']);
      const scale = scalePaths(subresources);
      const kind = stringOf(names['kind']);
      const name = stringOf(version['name']);
      return {
        group,
        version: name,
        kind,
        plural: stringOf(names['plural']),
        singular: stringOf(names['singular']),
        listKind: stringOf(names['listKind']),
        shortNames: strings(names['shortNames']),
        categories: strings(names['categories']),
        isNamespaced: spec['scope'] === 'Namespaced',
        isCustom: true,
        schema: withEnvelope(own),
        verbs: ALL_VERBS,
        hasStatus,
        ...(scale === undefined ? {} : { scale }),
        generation: 'content',
        allowsUnconditionalUpdate: false,
        allowsCreateOnUpdate: false,
        selectableFields: listOf(version['selectableFields']).map((field) => pathOf(objectOf(field)['jsonPath'])),
        columns: printerColumns(listOf(version['additionalPrinterColumns']).map(objectOf)),
        applyDefaults: (object) => applySchemaDefaults(own, object),
        validate: (object, _live, subresource) =>
          subresource === 'status' ? statusErrors(own, object) : customErrors(own, kind, `${group}/${name}`, object),
      };
    });
};

const fillDefinition = (crd: KubeObject): void => {
  const spec = objectOf(crd['spec']);
  const names = objectOf(spec['names']);
  fill(names, 'singular', stringOf(names['kind']).toLowerCase());
  fill(names, 'listKind', `${stringOf(names['kind'])}List`);
  fill(spec, 'conversion', { strategy: 'None' });
};

const CONDITIONS = [
  { type: 'NamesAccepted', reason: 'NoConflicts', message: 'no conflicts found' },
  { type: 'Established', reason: 'InitialNamesAccepted', message: 'the initial names have been accepted' },
];

/** The stand-in accepts and serves a definition at once; the API server takes a moment. */
const establish = (crd: KubeObject): void => {
  const at = crd.metadata.creationTimestamp ?? '';
  const spec = objectOf(crd['spec']);
  const stored = listOf(spec['versions'])
    .map(objectOf)
    .find((version) => version['storage'] === true);
  crd['status'] = {
    conditions: CONDITIONS.map((condition) => ({ ...condition, lastTransitionTime: at, status: 'True' })),
    acceptedNames: objectOf(spec['names']),
    storedVersions: [stringOf(stored?.['name'])],
  };
};

const definitionErrors = (crd: KubeObject): FieldError[] => {
  const spec = objectOf(crd['spec']);
  const names = objectOf(spec['names']);
  const errors: FieldError[] = [];
  const wanted = `${stringOf(names['plural'])}.${stringOf(spec['group'])}`;
  if (crd.metadata.name !== wanted) {
    errors.push(invalidValue('metadata.name', crd.metadata.name ?? '', 'must be spec.names.plural+"."+spec.group'));
  }
  for (const field of ['plural', 'kind']) {
    if (stringOf(names[field]) === '') errors.push(required(`spec.names.${field}`));
  }
  const versions = listOf(spec['versions']).map(objectOf);
  if (versions.filter((version) => version['storage'] === true).length !== 1) {
    errors.push(invalidValue('spec.versions', versions, 'must have exactly one version marked as storage version'));
  }
  for (const [index, version] of versions.entries()) {
    if (at(version, 'schema.openAPIV3Schema') === undefined) {
      errors.push(required(`spec.versions[${index}].schema.openAPIV3Schema`, 'schemas are required'));
    }
  }
  return errors;
};

export const CRD_KIND: Kind = builtinKind(CRD_API, 'CustomResourceDefinition', {
  plural: 'customresourcedefinitions',
  shortNames: ['crd', 'crds'],
  categories: ['api-extensions'],
  isNamespaced: false,
  generation: 'spec',
  allowsUnconditionalUpdate: false,
  applyDefaults: fillDefinition,
  prepareForCreate: establish,
  validate: definitionErrors,
});
