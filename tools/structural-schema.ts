import { z } from 'zod';

/** A node of the structural schema that a CRD carries (a subset of OpenAPI v3). */
export type StructuralSchema = {
  type?: string;
  properties?: Record<string, StructuralSchema>;
  additionalProperties?: StructuralSchema;
  items?: StructuralSchema;
  [key: string]: unknown;
};

/**
 * A zod schema in the form that apiextensions.k8s.io/v1 accepts: references inlined, no `additionalProperties: false`
 * (pruning does that), no `$schema`, no unions without a type. Required are only fields without a default.
 */
export const structuralSchema = (schema: z.ZodType): StructuralSchema =>
  toStructural(
    z.toJSONSchema(schema, { io: 'input', target: 'openapi-3.0', reused: 'inline', unrepresentable: 'any' }) as Json,
  );

type Json = Record<string, unknown>;

const DROPPED = new Set([
  '$schema',
  'id',
  '$id',
  'additionalProperties',
  'propertyNames',
  'properties',
  'items',
  'anyOf',
  'oneOf',
  'allOf',
  'format',
  'exclusiveMinimum',
]);

const toStructural = (node: Json): StructuralSchema => {
  const alternatives = node['anyOf'] as Json[] | undefined;
  if (alternatives !== undefined) return intOrString(node);
  const out: StructuralSchema = {};
  for (const [key, value] of Object.entries(node))
    if (!DROPPED.has(key) && !isSafeIntegerBound(value)) out[key] = value;
  if (node['exclusiveMinimum'] === true) out['exclusiveMinimum'] = true;
  if (node['format'] === 'date-time') out['format'] = 'date-time';
  const properties = node['properties'] as Record<string, Json> | undefined;
  if (properties !== undefined) {
    out.properties = Object.fromEntries(Object.entries(properties).map(([name, child]) => [name, toStructural(child)]));
  }
  const values = node['additionalProperties'];
  if (values !== undefined && typeof values === 'object' && !node['x-kubernetes-preserve-unknown-fields']) {
    if (Object.keys(values as Json).length > 0) out.additionalProperties = toStructural(values as Json);
    else out['x-kubernetes-preserve-unknown-fields'] = true;
  }
  if (node['items'] !== undefined) out.items = toStructural(node['items'] as Json);
  return out;
};

/** zod states the range of its safe integers; a reader of the CRD gains nothing from it. */
const isSafeIntegerBound = (value: unknown): boolean => Math.abs(Number(value)) === Number.MAX_SAFE_INTEGER;

/** The one union that Kubernetes knows: a quantity may be written as a number or as text. */
const intOrString = (node: Json): StructuralSchema => ({
  'x-kubernetes-int-or-string': true,
  ...(node['default'] === undefined ? {} : { default: node['default'] }),
  ...(node['description'] === undefined ? {} : { description: node['description'] }),
});
