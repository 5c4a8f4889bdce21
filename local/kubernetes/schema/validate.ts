/** Checks a value against an OpenAPI schema, in the words of kube-openapi's validators, for custom resources. */
import { equal, isObject, type Json } from '../object.ts';
import { invalidValue, required, unsupportedValue, wrongType, type FieldError } from '../status-error.ts';
import type { Schema } from './schema.ts';

const typeName = (value: Json): string => {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  if (typeof value === 'number') return Number.isInteger(value) ? 'integer' : 'number';
  return typeof value;
};

const allowedTypes = (schema: Schema): readonly string[] => {
  if (schema['x-kubernetes-int-or-string'] === true) return ['integer', 'string'];
  return schema.type === undefined ? [] : [schema.type];
};

const typeErrors = (schema: Schema, value: Json, path: string): FieldError[] => {
  const types = allowedTypes(schema);
  if (types.length === 0 || (value === null && schema.nullable === true)) return [];
  const name = typeName(value);
  if (types.includes(name) || (name === 'integer' && types.includes('number'))) return [];
  const where = path === '' ? '' : `${path} in body`;
  return [
    wrongType(
      path === '' ? '<nil>' : path,
      name,
      `${where} must be of type ${types.join(',')}: ${JSON.stringify(name)}`,
    ),
  ];
};

const numberErrors = (schema: Schema, value: number, path: string): FieldError[] => {
  const errors: FieldError[] = [];
  const fail = (text: string): void => void errors.push(invalidValue(path, value, `${path} in body should be ${text}`));
  const { minimum, maximum, multipleOf } = schema;
  if (maximum !== undefined) {
    if (schema.exclusiveMaximum === true && value >= maximum) fail(`less than ${maximum}`);
    else if (value > maximum) fail(`less than or equal to ${maximum}`);
  }
  if (minimum !== undefined) {
    if (schema.exclusiveMinimum === true && value <= minimum) fail(`greater than ${minimum}`);
    else if (value < minimum) fail(`greater than or equal to ${minimum}`);
  }
  if (multipleOf !== undefined && !Number.isInteger(value / multipleOf)) fail(`a multiple of ${multipleOf}`);
  return errors;
};

const tooLong = (path: string, max: number): FieldError => ({
  reason: 'FieldValueTooLong',
  field: path,
  message: `Too long: may not be more than ${max} ${max === 1 ? 'byte' : 'bytes'}`,
});

const tooMany = (path: string, actual: number, max: number): FieldError => ({
  reason: 'FieldValueTooMany',
  field: path,
  message: `Too many: ${actual}: must have at most ${max} ${max === 1 ? 'item' : 'items'}`,
});

const FORMATS: Readonly<Record<string, (text: string) => boolean>> = {
  'date-time': (text) => /^\d{4}-\d\d-\d\d[tT ]\d\d:\d\d:\d\d(\.\d+)?([zZ]|[+-]\d\d:?\d\d)$/.test(text),
  date: (text) => /^\d{4}-\d\d-\d\d$/.test(text),
  uri: (text) => URL.canParse(text),
  uuid: (text) => /^[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}$/i.test(text),
};

const stringErrors = (schema: Schema, value: string, path: string): FieldError[] => {
  const errors: FieldError[] = [];
  const fail = (text: string): void => void errors.push(invalidValue(path, value, `${path} in body ${text}`));
  const length = Array.from(value).length;
  if (schema.maxLength !== undefined && length > schema.maxLength) errors.push(tooLong(path, schema.maxLength));
  if (schema.minLength !== undefined && length < schema.minLength) {
    fail(`should be at least ${schema.minLength} chars long`);
  }
  if (schema.pattern !== undefined && !new RegExp(schema.pattern, 'u').test(value)) {
    fail(`should match '${schema.pattern}'`);
  }
  const fits = schema.format === undefined ? undefined : FORMATS[schema.format];
  if (fits !== undefined && !fits(value)) fail(`must be of type ${schema.format}: ${JSON.stringify(value)}`);
  return errors;
};

const listErrors = (schema: Schema, value: readonly Json[], path: string): FieldError[] => {
  const errors: FieldError[] = [];
  const { items } = schema;
  if (items !== undefined) {
    for (const [index, item] of value.entries()) errors.push(...schemaErrors(items, item, `${path}[${index}]`));
  }
  if (schema.minItems !== undefined && value.length < schema.minItems) {
    errors.push(invalidValue(path, value.length, `${path} in body should have at least ${schema.minItems} items`));
  }
  if (schema.maxItems !== undefined && value.length > schema.maxItems) {
    errors.push(tooMany(path, value.length, schema.maxItems));
  }
  return errors;
};

const objectErrors = (schema: Schema, value: Record<string, Json>, path: string): FieldError[] => {
  const errors: FieldError[] = [];
  const size = Object.keys(value).length;
  if (schema.minProperties !== undefined && size < schema.minProperties) {
    errors.push(invalidValue(path, size, `${path} in body should have at least ${schema.minProperties} properties`));
  }
  if (schema.maxProperties !== undefined && size > schema.maxProperties) {
    errors.push(tooMany(path, size, schema.maxProperties));
  }
  const inner = (name: string): string => (path === '' ? name : `${path}.${name}`);
  const { properties = {}, additionalProperties } = schema;
  for (const [name, field] of Object.entries(value)) {
    const known = Object.hasOwn(properties, name) ? properties[name] : undefined;
    const rule = known ?? (typeof additionalProperties === 'object' ? additionalProperties : undefined);
    if (rule !== undefined) errors.push(...schemaErrors(rule, field, inner(name)));
  }
  for (const name of schema.required ?? []) {
    if (!Object.hasOwn(value, name)) errors.push(required(inner(name)));
  }
  return errors;
};

const combinationErrors = (schema: Schema, value: Json, path: string): FieldError[] => {
  const errors = (schema.allOf ?? []).flatMap((one) => schemaErrors(one, value, path));
  const holds = (one: Schema): boolean => schemaErrors(one, value, path).length === 0;
  if (schema.anyOf !== undefined && !schema.anyOf.some(holds)) {
    errors.push(invalidValue(path, '', `${path} in body must validate at least one schema (anyOf)`));
    errors.push(...schema.anyOf.flatMap((one) => schemaErrors(one, value, path)).slice(0, 1));
  }
  if (schema.oneOf !== undefined && schema.oneOf.filter(holds).length !== 1) {
    const found = schema.oneOf.filter(holds).length;
    const why = found === 0 ? 'Found none valid' : `Found ${found} valid alternatives`;
    errors.push(invalidValue(path, '', `${path} in body must validate one and only one schema (oneOf). ${why}`));
  }
  if (schema.not !== undefined && holds(schema.not)) {
    errors.push(invalidValue(path, '', `${path} in body must not validate the schema (not)`));
  }
  return errors;
};

/** Every violation of the schema; the path of the root is empty. */
export const schemaErrors = (schema: Schema, value: Json, path = ''): FieldError[] => {
  const wrong = typeErrors(schema, value, path);
  if (value === null) return wrong;
  const errors: FieldError[] = [...wrong];
  if (schema.enum !== undefined && !schema.enum.some((allowed) => equal(allowed, value))) {
    const allowed = schema.enum.map((one) => (typeof one === 'string' ? one : JSON.stringify(one)));
    errors.push(unsupportedValue(path, value, allowed));
  }
  if (typeof value === 'string') errors.push(...stringErrors(schema, value, path));
  else if (typeof value === 'number') errors.push(...numberErrors(schema, value, path));
  else if (Array.isArray(value)) errors.push(...listErrors(schema, value, path));
  else if (isObject(value)) errors.push(...objectErrors(schema, value, path));
  errors.push(...combinationErrors(schema, value, path));
  return errors;
};
