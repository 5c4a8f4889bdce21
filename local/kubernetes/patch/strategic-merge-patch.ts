/**
 * Strategic merge patch of built-in kinds: like a merge patch, but lists that the schema calls mergeable are merged
 * by their key (apimachinery/pkg/util/strategicpatch). What kubectl edit, rollout and client-side apply send.
 */
import { equal, isObject, listOf, objectOf, type Json, type JsonObject } from '../object.ts';
import { resolved, type Schema } from '../schema/schema.ts';

const DIRECTIVE = '$patch';
const RETAIN_KEYS = '$retainKeys';
const ORDER = '$setElementOrder/';
const DELETE_VALUES = '$deleteFromPrimitiveList/';

const fieldOf = (schema: Schema, name: string): Schema => {
  const target = resolved(schema);
  const other = typeof target.additionalProperties === 'object' ? target.additionalProperties : {};
  return target.properties?.[name] ?? other;
};

const isMergeable = (schema: Schema): boolean => schema['x-kubernetes-patch-strategy']?.includes('merge') === true;

const mergeItems = (schema: Schema, current: readonly Json[], patch: readonly Json[]): Json[] => {
  const key = schema['x-kubernetes-patch-merge-key'];
  const items = schema.items ?? {};
  if (key === undefined) return [...current, ...patch.filter((item) => !current.some((old) => equal(old, item)))];
  const directives = patch.filter(isObject);
  if (directives.some((item) => item[DIRECTIVE] === 'replace'))
    return directives.filter((item) => item[DIRECTIVE] === undefined);
  let result = [...current];
  for (const item of directives) {
    const index = result.findIndex((old) => isObject(old) && equal(old[key], item[key]));
    if (item[DIRECTIVE] === 'delete') result = result.filter((_, at) => at !== index);
    else if (index < 0) result.push(mergeObject(items, {}, item));
    else result[index] = mergeObject(items, result[index], item);
  }
  return ordered(schema, result, directives, current);
};

/**
 * Items that the patch names, in its order; the others where they were, beside them
 * (strategicpatch.normalizeElementOrder).
 */
const ordered = (schema: Schema, items: readonly Json[], order: readonly Json[], before: readonly Json[]): Json[] => {
  const key = schema['x-kubernetes-patch-merge-key'];
  const isSame = (a: Json, b: Json): boolean =>
    key === undefined ? equal(a, b) : isObject(a) && isObject(b) && equal(a[key], b[key]);
  const rankIn = (list: readonly Json[], item: Json): number => list.findIndex((one) => isSame(one, item));
  const named = items
    .filter((item) => rankIn(order, item) >= 0)
    .toSorted((a, b) => rankIn(order, a) - rankIn(order, b));
  const others = items.filter((item) => rankIn(order, item) < 0);
  const result: Json[] = [];
  const isBefore = (other: Json | undefined, item: Json): boolean =>
    other !== undefined && rankIn(before, other) >= 0 && rankIn(before, other) < rankIn(before, item);
  for (const item of named) {
    while (isBefore(others[0], item)) result.push(...others.splice(0, 1));
    result.push(item);
  }
  return [...result, ...others];
};

const mergeObject = (schema: Schema, current: Json | undefined, patch: JsonObject): Json => {
  const { [DIRECTIVE]: directive, [RETAIN_KEYS]: retained, ...fields } = patch;
  if (directive === 'replace') return fields;
  if (directive === 'delete') return {};
  const result: JsonObject = isObject(current) ? { ...current } : {};
  if (retained !== undefined) {
    for (const name of Object.keys(result)) if (!listOf(retained).includes(name)) delete result[name];
  }
  for (const [name, value] of Object.entries(fields)) {
    if (name.startsWith(ORDER)) continue;
    if (name.startsWith(DELETE_VALUES)) {
      const target = name.slice(DELETE_VALUES.length);
      result[target] = listOf(result[target]).filter((item) => !listOf(value).some((gone) => equal(gone, item)));
    } else if (value === null) {
      delete result[name];
    } else {
      result[name] = mergeValue(fieldOf(schema, name), result[name], value);
    }
  }
  for (const [name, order] of Object.entries(fields)) {
    const target = name.slice(ORDER.length);
    if (!name.startsWith(ORDER) || !Array.isArray(result[target])) continue;
    result[target] = ordered(
      fieldOf(schema, target),
      listOf(result[target]),
      listOf(order),
      listOf(objectOf(current)[target]),
    );
  }
  return result;
};

const mergeValue = (schema: Schema, current: Json | undefined, patch: Json): Json => {
  if (isObject(patch)) return mergeObject(schema, current, patch);
  if (Array.isArray(patch) && Array.isArray(current) && isMergeable(schema)) return mergeItems(schema, current, patch);
  return patch;
};

export const applyStrategicMergePatch = (schema: Schema, current: JsonObject, patch: JsonObject): Json =>
  mergeObject(schema, current, patch);
