import { isObject, type Json } from '../object.ts';
import type { ListShape } from '../schema/shape.ts';

/** An item of a list that is merged item by item has no usable identity. */
export class ItemKeyError extends Error {}

/** Go writes map keys sorted; an item's key must be the same text whoever sent it. */
const keyText = (keys: Record<string, Json>): string =>
  `k:${JSON.stringify(Object.fromEntries(Object.entries(keys).toSorted(([a], [b]) => (a < b ? -1 : 1))))}`;

const byKeys = (list: ListShape, item: Json): string => {
  if (item === null) throw new ItemKeyError('associative list with keys may not have a null element');
  if (!isObject(item)) throw new ItemKeyError('associative list with keys may not have non-map elements');
  const keys: Record<string, Json> = {};
  for (const name of list.keys) {
    const value = item[name] ?? list.item().map?.fields.get(name)?.default;
    if (value !== undefined && value !== null) keys[name] = value;
  }
  if (Object.keys(keys).length > 0) return keyText(keys);
  const names = list.keys.map((name) => JSON.stringify(name)).join(' ');
  throw new ItemKeyError(
    `associative list with keys has an element that omits all key fields [${names}] (and doesn't have default values for any key fields)`,
  );
};

const byValue = (item: Json): string => {
  if (isObject(item)) throw new ItemKeyError("associative list without keys has an element that's a map type");
  if (Array.isArray(item)) throw new ItemKeyError('not supported: associative list with lists as elements');
  if (item === null) throw new ItemKeyError("associative list without keys has an element that's an explicit null");
  return `v:${JSON.stringify(item)}`;
};

/** The path element that names an item of a list: by its keys, or by its value in a set. */
export const itemElement = (list: ListShape, item: Json): string =>
  list.keys.length > 0 ? byKeys(list, item) : byValue(item);
