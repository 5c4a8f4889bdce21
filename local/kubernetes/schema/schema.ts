import builtin from './builtin.json' with { type: 'json' };

import type { Json } from '../object.ts';

/** The part of JSON Schema that Kubernetes uses, for built-in kinds (with references) and for CRDs (without). */
export type Schema = {
  readonly $ref?: string;
  readonly type?: 'object' | 'array' | 'string' | 'integer' | 'number' | 'boolean';
  readonly format?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: Schema | boolean;
  readonly items?: Schema;
  readonly required?: readonly string[];
  readonly default?: Json;
  readonly enum?: readonly Json[];
  readonly nullable?: boolean;
  readonly pattern?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly exclusiveMinimum?: boolean;
  readonly exclusiveMaximum?: boolean;
  readonly multipleOf?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly uniqueItems?: boolean;
  readonly minProperties?: number;
  readonly maxProperties?: number;
  readonly allOf?: readonly Schema[];
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
  readonly not?: Schema;
  readonly description?: string;
  readonly 'x-kubernetes-list-type'?: 'atomic' | 'set' | 'map';
  readonly 'x-kubernetes-list-map-keys'?: readonly string[];
  readonly 'x-kubernetes-map-type'?: 'atomic' | 'granular';
  readonly 'x-kubernetes-patch-strategy'?: string;
  readonly 'x-kubernetes-patch-merge-key'?: string;
  readonly 'x-kubernetes-preserve-unknown-fields'?: boolean;
  readonly 'x-kubernetes-int-or-string'?: boolean;
  readonly 'x-kubernetes-embedded-resource'?: boolean;
};

const REF_PREFIX = '#/components/schemas/';

/** The schemas of built-in kinds by their OpenAPI name; see generate-builtin.ts. */
// oxlint-disable-next-line typescript/no-unsafe-type-assertion -- generated as such; inferring it key by key is slow
export const BUILTIN_SCHEMAS = builtin.schemas as unknown as Readonly<Record<string, Schema>>;

export const refTo = (name: string): Schema => ({ $ref: `${REF_PREFIX}${name}` });

export const OBJECT_META = 'io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta';
export const QUANTITY = 'io.k8s.apimachinery.pkg.api.resource.Quantity';

/** The OpenAPI name of a built-in kind, such as `io.k8s.api.apps.v1.Deployment`. */
export const builtinSchemaName = (apiVersion: string, kind: string): string => {
  const name = (builtin.kinds as Readonly<Record<string, string>>)[`${apiVersion}/${kind}`];
  if (name === undefined) throw new Error(`builtin.json has no schema of ${apiVersion} ${kind}`);
  return name;
};

/** Follows references to the schema that says something. */
export const resolved = (schema: Schema): Schema => {
  let here = schema;
  while (here.$ref !== undefined) {
    const target = BUILTIN_SCHEMAS[here.$ref.slice(REF_PREFIX.length)];
    if (target === undefined) throw new Error(`no schema ${here.$ref}`);
    here = target;
  }
  return here;
};

const zeroOmitting = new Map<Schema | undefined, ReadonlySet<string>>(
  Object.entries(builtin.omitZero).map(([name, fields]) => [BUILTIN_SCHEMAS[name], new Set(fields)]),
);

const NO_FIELDS: ReadonlySet<string> = new Set();

/** The fields of a built-in (resolved) schema that are left out when they are zero: Go's omitempty. */
export const zeroOmittedFields = (schema: Schema): ReadonlySet<string> => zeroOmitting.get(schema) ?? NO_FIELDS;
