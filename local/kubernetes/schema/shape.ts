import type { Json } from '../object.ts';
import { QUANTITY, refTo, resolved, type Schema } from './schema.ts';

/**
 * How server-side apply sees a schema: what a value may be, and whether a list or map is one leaf (atomic) or is
 * merged item by item. Follows kube-openapi's schemaconv (ToSchemaFromOpenAPI).
 */
export type Shape = {
  readonly scalar?: 'numeric' | 'string' | 'boolean' | 'untyped';
  readonly list?: ListShape;
  readonly map?: MapShape;
};

export type ListShape = {
  /** Atomic: owned as a whole. Otherwise items are owned one by one, told apart by `keys` or by value. */
  readonly atomic: boolean;
  readonly keys: readonly string[];
  readonly item: () => Shape;
};

export type MapShape = {
  readonly atomic: boolean;
  readonly fields: ReadonlyMap<string, { readonly shape: () => Shape; readonly default: Json | undefined }>;
  /** The shape of keys that are not declared fields; undefined where those are an error. */
  readonly other: (() => Shape) | undefined;
};

const UNTYPED: Shape = {
  scalar: 'untyped',
  list: { atomic: true, keys: [], item: () => UNTYPED },
  map: { atomic: true, fields: new Map(), other: () => UNTYPED },
};

const DEDUCED: Shape = {
  scalar: 'untyped',
  list: { atomic: true, keys: [], item: () => UNTYPED },
  map: { atomic: false, fields: new Map(), other: () => DEDUCED },
};

const QUANTITY_REF = refTo(QUANTITY).$ref;

/** Types that schemaconv treats by name: quantities and embedded objects are leaves. */
const SPECIAL: Readonly<Record<string, Shape>> = {
  [QUANTITY_REF ?? '']: { scalar: 'untyped' },
  '#/components/schemas/io.k8s.apimachinery.pkg.runtime.RawExtension': UNTYPED,
  '#/components/schemas/io.k8s.apimachinery.pkg.util.intstr.IntOrString': { scalar: 'untyped' },
};

const listShape = (schema: Schema, preserve: boolean): ListShape => {
  const item = lazily(() => (schema.items === undefined ? UNTYPED : shapeOf(schema.items, preserve)));
  const type = schema['x-kubernetes-list-type'];
  if (type === 'map') return { atomic: false, keys: schema['x-kubernetes-list-map-keys'] ?? [], item };
  if (type === 'set') return { atomic: false, keys: [], item };
  if (type === undefined && schema['x-kubernetes-patch-strategy']?.startsWith('merge') === true) {
    const key = schema['x-kubernetes-patch-merge-key'];
    return { atomic: false, keys: key === undefined ? [] : [key], item };
  }
  return { atomic: true, keys: [], item };
};

const otherShape = (schema: Schema, preserve: boolean): (() => Shape) | undefined => {
  const { additionalProperties, properties } = schema;
  if (typeof additionalProperties === 'object') return lazily(() => shapeOf(additionalProperties, preserve));
  if (additionalProperties !== undefined) return additionalProperties ? () => DEDUCED : undefined;
  return preserve || Object.keys(properties ?? {}).length === 0 ? () => DEDUCED : undefined;
};

const mapShape = (schema: Schema, atomic: boolean, preserve: boolean): MapShape => ({
  atomic,
  fields: new Map(
    Object.entries(schema.properties ?? {}).map(([name, property]) => [
      name,
      { shape: lazily(() => shapeOf(property, preserve)), default: property.default },
    ]),
  ),
  other: otherShape(schema, preserve),
});

const lazily = <T>(make: () => T): (() => T) => {
  let made: { readonly value: T } | undefined;
  return () => (made ??= { value: make() }).value;
};

const build = (schema: Schema, preserveAbove: boolean): Shape => {
  if (schema.$ref !== undefined && SPECIAL[schema.$ref] !== undefined) return SPECIAL[schema.$ref] ?? UNTYPED;
  const target = resolved(schema);
  const preserve = preserveAbove || target['x-kubernetes-preserve-unknown-fields'] === true;
  const atomic = (schema['x-kubernetes-map-type'] ?? target['x-kubernetes-map-type']) === 'atomic';
  switch (target.type) {
    case 'object':
      return { map: mapShape(target, atomic, preserve) };
    case 'array':
      return { list: listShape(target, preserve) };
    case 'integer':
    case 'number':
      return { scalar: 'numeric' };
    case 'boolean':
      return { scalar: 'boolean' };
    case 'string':
      return { scalar: target.format === undefined || target.format === 'byte' ? 'string' : 'untyped' };
    default:
      return { scalar: 'untyped', list: listShape(target, preserve), map: mapShape(target, atomic, preserve) };
  }
};

const plain = new WeakMap<Schema, Shape>();
const preserving = new WeakMap<Schema, Shape>();

/** The shape of a schema, built once; `preserve` when an enclosing schema keeps unknown fields. */
export const shapeOf = (schema: Schema, preserve = false): Shape => {
  const memo = preserve ? preserving : plain;
  let shape = memo.get(schema);
  if (shape === undefined) memo.set(schema, (shape = build(schema, preserve)));
  return shape;
};
