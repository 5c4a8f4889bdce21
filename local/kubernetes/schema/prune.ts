/** What decoding does to an object: unknown fields go, nulls that mean nothing go, defaults come. */
import { clone, isObject, textOf, type Json } from '../object.ts';
import { formatQuantity, parseQuantity } from '../quantity.ts';
import { QUANTITY, refTo, resolved, zeroOmittedFields, type Schema } from './schema.ts';

const join = (path: string, name: string): string => (path === '' ? name : `${path}.${name}`);

const itemSchema = (schema: Schema): Schema | undefined => schema.items;

/** The schema of a field; `any` when it may hold anything, undefined when it is not known. */
const fieldSchema = (schema: Schema, name: string): Schema | 'any' | undefined => {
  if (Object.hasOwn(schema.properties ?? {}, name)) return schema.properties?.[name];
  const { additionalProperties } = schema;
  if (typeof additionalProperties === 'object') return additionalProperties;
  if (additionalProperties === true || schema['x-kubernetes-preserve-unknown-fields'] === true) return 'any';
  return undefined;
};

const QUANTITY_REF = refTo(QUANTITY).$ref;

const IMPLICIT = new Set(['apiVersion', 'kind', 'metadata']);

/**
 * Removes, in place, the fields that the schema does not know and returns their paths. A schema that says nothing
 * of its fields keeps them only in a built-in kind (a free-form object there); a CRD has to say so.
 */
export const pruneUnknown = (schema: Schema, value: Json, custom: boolean, path = ''): string[] => {
  const target = resolved(schema);
  if (Array.isArray(value)) {
    const items = itemSchema(target);
    if (items === undefined) return [];
    return value.flatMap((item, index) => pruneUnknown(items, item, custom, `${path}[${index}]`));
  }
  if (!isObject(value)) return [];
  const isFree = !custom && target.properties === undefined && target.additionalProperties === undefined;
  if (isFree) return [];
  const unknown: string[] = [];
  for (const [name, field] of Object.entries(value)) {
    const fieldPath = join(path, name);
    const inner = fieldSchema(target, name);
    const isEnvelope = custom && IMPLICIT.has(name);
    if (isEnvelope && (path === '' || target['x-kubernetes-embedded-resource'] === true)) continue;
    if (inner === undefined) {
      unknown.push(fieldPath);
      delete value[name];
    } else if (inner !== 'any') {
      unknown.push(...pruneUnknown(inner, field, custom, fieldPath));
    }
  }
  return unknown;
};

const isMapSchema = (schema: Schema): boolean =>
  schema.type === 'object' && typeof schema.additionalProperties === 'object';

const isEmpty = (value: Json): boolean =>
  Array.isArray(value) ? value.length === 0 : isObject(value) && Object.keys(value).length === 0;

const isZero = (value: Json): boolean => value === '' || value === 0 || value === false;

/** Removes, in place, what a Go struct does not write: nulls, empty lists and maps, and zeros that are omitted. */
export const dropAbsent = (schema: Schema, value: Json): void => {
  const target = resolved(schema);
  if (Array.isArray(value)) {
    const items = itemSchema(target);
    if (items !== undefined) for (const item of value) dropAbsent(items, item);
  }
  if (!isObject(value)) return;
  const omitted = zeroOmittedFields(target);
  for (const [name, field] of Object.entries(value)) {
    const inner = fieldSchema(target, name);
    const known = inner === undefined || inner === 'any' ? undefined : resolved(inner);
    const isContainer = known !== undefined && (known.type === 'array' || isMapSchema(known));
    const isEmptied = isContainer && isEmpty(field) && !isMapSchema(target) && target.required?.includes(name) !== true;
    if (field === null || isEmptied || (isZero(field) && omitted.has(name))) delete value[name];
    else if (typeof field === 'object' && inner !== undefined && inner !== 'any') dropAbsent(inner, field);
  }
};

/** Writes quantities of a built-in object in their canonical form, in place; the first that is none is returned. */
export const canonicalQuantities = (schema: Schema, value: Json): string | undefined => {
  const target = resolved(schema);
  const entries: readonly (readonly [string | number, Json])[] = Array.isArray(value)
    ? [...value.entries()]
    : isObject(value)
      ? Object.entries(value)
      : [];
  for (const [name, part] of entries) {
    const inner = Array.isArray(value) ? itemSchema(target) : fieldSchema(target, String(name));
    if (inner === undefined || inner === 'any') continue;
    if (inner.$ref === QUANTITY_REF) {
      const quantity = parseQuantity(textOf(part));
      if (quantity === undefined) return textOf(part);
      if (isObject(value)) value[String(name)] = formatQuantity(quantity);
    } else if (typeof part === 'object') {
      const wrong = canonicalQuantities(inner, part);
      if (wrong !== undefined) return wrong;
    }
  }
  return undefined;
};

/** Puts an empty object, in place, where Go has a struct that is always there (`status: {}`). */
export const fillStructs = (schema: Schema, value: Json): void => {
  const target = resolved(schema);
  if (Array.isArray(value)) {
    const items = itemSchema(target);
    if (items !== undefined) for (const item of value) fillStructs(items, item);
  }
  if (!isObject(value)) return;
  for (const [name, inner] of Object.entries(target.properties ?? {})) {
    if (isObject(inner.default) && value[name] === undefined) value[name] = {};
  }
  for (const [name, field] of Object.entries(value)) {
    const inner = fieldSchema(target, name);
    if (typeof field === 'object' && inner !== undefined && inner !== 'any') fillStructs(inner, field);
  }
};

/** Removes, in place, the nulls of a custom object where its schema neither allows null nor has a default. */
export const dropForbiddenNulls = (schema: Schema, value: Json): void => {
  if (Array.isArray(value)) {
    const items = itemSchema(schema);
    if (items !== undefined) for (const item of value) dropForbiddenNulls(items, item);
  }
  if (!isObject(value)) return;
  for (const [name, field] of Object.entries(value)) {
    const inner = fieldSchema(schema, name);
    if (inner === undefined || inner === 'any') continue;
    if (field === null && inner.nullable !== true && inner.default === undefined) delete value[name];
    else dropForbiddenNulls(inner, field);
  }
};

/** Fills in the defaults of a structural schema, in place. A null that may not be null counts as absent. */
export const applySchemaDefaults = (schema: Schema, value: Json): void => {
  if (Array.isArray(value)) {
    const items = itemSchema(schema);
    if (items !== undefined) for (const item of value) applySchemaDefaults(items, item);
  }
  if (!isObject(value)) return;
  for (const [name, inner] of Object.entries(schema.properties ?? {})) {
    const isAbsent = !Object.hasOwn(value, name) || (value[name] === null && inner.nullable !== true);
    if (isAbsent && inner.default !== undefined) value[name] = clone(inner.default);
  }
  for (const [name, field] of Object.entries(value)) {
    const inner = fieldSchema(schema, name);
    if (inner !== undefined && inner !== 'any') applySchemaDefaults(inner, field);
  }
};
