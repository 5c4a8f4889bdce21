import { isObject, type Json } from '../object.ts';
import type { ListShape, MapShape, Shape } from '../schema/shape.ts';
import { pathText } from './field-set.ts';
import { itemElement, ItemKeyError } from './list-items.ts';

const quoted = (value: Json): string =>
  typeof value === 'string' ? `&value.valueUnstructured{Value:${JSON.stringify(value)}}` : goValue(value);

/** Go's `%v` of a decoded value, near enough for the one-line messages it appears in. */
const goValue = (value: Json): string => {
  if (Array.isArray(value)) return `[${value.map(goValue).join(' ')}]`;
  if (isObject(value))
    return `map[${Object.entries(value)
      .map(([key, one]) => `${key}:${goValue(one)}`)
      .join(' ')}]`;
  return String(value);
};

const goType = (value: Json): string => {
  if (Array.isArray(value)) return '[]interface {}';
  if (isObject(value)) return 'map[string]interface {}';
  return typeof value === 'string' ? 'string' : typeof value === 'boolean' ? 'bool' : 'float64';
};

const scalarErrors = (scalar: NonNullable<Shape['scalar']>, value: Json, path: string): string[] => {
  if (scalar === 'numeric' && typeof value !== 'number') {
    return [`${path}: expected numeric (int or float), got ${goType(value)}`];
  }
  if (scalar === 'string' && typeof value !== 'string') return [`${path}: expected string, got ${quoted(value)}`];
  if (scalar === 'boolean' && typeof value !== 'boolean') return [`${path}: expected boolean, got ${goValue(value)}`];
  if (scalar === 'untyped' && typeof value === 'object') return [`${path}: expected any scalar, got ${goValue(value)}`];
  return [];
};

const listErrors = (list: ListShape, value: Json, path: string): string[] => {
  if (!Array.isArray(value)) return [`${path}: expected list, got ${goValue(value)}`];
  const seen = new Set<string>();
  const errors: string[] = [];
  for (const [index, item] of value.entries()) {
    let text = `[${index}]`;
    if (!list.atomic) {
      try {
        const element = itemElement(list, item);
        text = pathText([element]);
        if (seen.has(element)) errors.push(`${path}: duplicate entries for key ${text}`);
        seen.add(element);
      } catch (error) {
        if (!(error instanceof ItemKeyError)) throw error;
        return [...errors, `${path}: element ${index}: ${error.message}`];
      }
    }
    errors.push(...typedErrors(list.item(), item, `${path}${text}`));
  }
  return errors;
};

const mapErrors = (map: MapShape, value: Json, path: string): string[] => {
  if (!isObject(value)) return [`${path}: expected map, got ${goValue(value)}`];
  return Object.entries(value).flatMap(([name, field]) => {
    const shape = map.fields.get(name)?.shape() ?? map.other?.();
    const fieldPath = `${path}.${name}`;
    return shape === undefined ? [`${fieldPath}: field not declared in schema`] : typedErrors(shape, field, fieldPath);
  });
};

/** What keeps an applied configuration from fitting its type, in the words of structured-merge-diff. */
export const typedErrors = (shape: Shape, value: Json, path = ''): string[] => {
  if (value === null) return [];
  if (isObject(value) && shape.map !== undefined) return mapErrors(shape.map, value, path);
  if (Array.isArray(value) && shape.list !== undefined) return listErrors(shape.list, value, path);
  if (typeof value !== 'object' && shape.scalar !== undefined) return scalarErrors(shape.scalar, value, path);
  if (shape.map !== undefined) return mapErrors(shape.map, value, path);
  if (shape.scalar !== undefined) return scalarErrors(shape.scalar, value, path);
  return shape.list === undefined ? [] : listErrors(shape.list, value, path);
};

/** One error as it is, several under a heading, as ValidationErrors prints them. */
export const typedErrorText = (errors: readonly string[]): string =>
  errors.length === 1 ? (errors[0] ?? '') : ['errors:', ...errors.map((error) => `  ${error}`)].join('\n');
