/** What Go says when JSON does not fit the struct of a built-in kind. */
import { isObject, type Json } from '../object.ts';
import { QUANTITY, refTo, resolved, type Schema } from './schema.ts';

const jsonType = (value: Json): string => {
  if (Array.isArray(value)) return 'array';
  if (isObject(value)) return 'object';
  return typeof value === 'boolean' ? 'bool' : typeof value;
};

const structName = (schema: Schema): string => (schema.$ref ?? '').split('.').at(-1) ?? '';

const goType = (schema: Schema): string => {
  const target = resolved(schema);
  if (target.type === 'integer') return target.format === 'int32' ? 'int32' : 'int64';
  if (target.type === 'boolean') return 'bool';
  if (target.type === 'number') return 'float64';
  if (target.type === 'array') return `[]${goType(target.items ?? {})}`;
  if (target.type === 'object' && typeof target.additionalProperties === 'object') {
    return `map[string]${goType(target.additionalProperties)}`;
  }
  if (schema.$ref !== undefined) return schema.$ref.split('.').slice(-2).join('.');
  return target.type ?? 'interface {}';
};

const QUANTITY_REF = refTo(QUANTITY).$ref;

const fits = (schema: Schema, target: Schema, value: Json): boolean => {
  if (schema.$ref === QUANTITY_REF || target.oneOf !== undefined) return typeof value !== 'object';
  switch (target.type) {
    case 'object':
      return isObject(value);
    case 'array':
      return Array.isArray(value);
    case 'integer':
      return typeof value === 'number' && Number.isInteger(value);
    case 'number':
      return typeof value === 'number';
    case 'boolean':
    case 'string':
      return typeof value === target.type;
    default:
      return true;
  }
};

/** The first value that does not fit, as encoding/json reports it; `struct` is the Go type around the value. */
export const goTypeError = (schema: Schema, value: Json, struct: string, path = ''): string | undefined => {
  if (value === null) return undefined;
  const target = resolved(schema);
  if (!fits(schema, target, value)) {
    const text = typeof value === 'number' && target.type === 'integer' ? `number ${value}` : jsonType(value);
    return `json: cannot unmarshal ${text} into Go struct field ${struct}.${path} of type ${goType(schema)}`;
  }
  if (Array.isArray(value)) {
    for (const item of value) {
      const error = goTypeError(target.items ?? {}, item, struct, path);
      if (error !== undefined) return error;
    }
  }
  if (!isObject(value)) return undefined;
  const inner = schema.$ref === undefined ? struct : structName(schema);
  const other = typeof target.additionalProperties === 'object' ? target.additionalProperties : undefined;
  for (const [name, field] of Object.entries(value)) {
    const property = target.properties?.[name];
    const error =
      property === undefined
        ? other && goTypeError(other, field, inner, path)
        : goTypeError(property, field, inner, path === '' ? name : `${path}.${name}`);
    if (error !== undefined) return error;
  }
  return undefined;
};
