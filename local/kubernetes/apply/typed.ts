/**
 * Values under a shape: which fields they have, how two of them differ, what one laid over the other gives, and one
 * without some fields. The rules of structured-merge-diff (typed/: ToFieldSet, Compare, Merge, RemoveItems).
 */
import { equal, isObject, type Json, type JsonObject } from '../object.ts';
import type { ListShape, MapShape, Shape } from '../schema/shape.ts';
import { emptySet, fieldElement, insert, isEmptySet, type FieldPath, type FieldSet } from './field-set.ts';
import { itemElement } from './list-items.ts';

type Value = Json | undefined;

const UNKNOWN: Shape = { scalar: 'untyped' };

/** What a value is under its shape: `leaf` covers scalars, atomic lists and atomic maps. */
type Kind =
  | { readonly is: 'leaf' }
  | { readonly is: 'list'; readonly list: ListShape }
  | { readonly is: 'map'; readonly map: MapShape };

const LEAF: Kind = { is: 'leaf' };

const ofMap = (map: MapShape): Kind => (map.atomic ? LEAF : { is: 'map', map });
const ofList = (list: ListShape): Kind => (list.atomic ? LEAF : { is: 'list', list });

const kindOf = (shape: Shape, value: Value): Kind => {
  if (isObject(value) && shape.map !== undefined) return ofMap(shape.map);
  if (Array.isArray(value) && shape.list !== undefined) return ofList(shape.list);
  const isScalar = value !== undefined && value !== null && typeof value !== 'object';
  if (isScalar && shape.scalar !== undefined) return LEAF;
  if (shape.map !== undefined) return ofMap(shape.map);
  if (shape.scalar === undefined && shape.list !== undefined) return ofList(shape.list);
  return LEAF;
};

/** The shape of a field, declared or not. */
export const fieldShape = (map: MapShape, name: string): Shape =>
  map.fields.get(name)?.shape() ?? map.other?.() ?? UNKNOWN;

/** Whether a value has nothing in it, seen as a list or as a map: also when it is neither. */
const isBare = (is: 'list' | 'map', value: Value): boolean =>
  is === 'list' ? !Array.isArray(value) || value.length === 0 : !isObject(value) || Object.keys(value).length === 0;

const itemsOf = (value: Value): Json[] => (Array.isArray(value) ? value : []);
const entriesOf = (value: Value): JsonObject => (isObject(value) ? value : {});

/** Items by their path element, in the order of first sight; several when an element repeats. */
const itemsByElement = (list: ListShape, value: Value): Map<string, Json[]> => {
  const items = new Map<string, Json[]>();
  for (const item of itemsOf(value)) {
    const element = itemElement(list, item);
    const same = items.get(element);
    if (same === undefined) items.set(element, [item]);
    else same.push(item);
  }
  return items;
};

/** Every field that a value mentions: leaves, items of lists, empty containers, keys of free maps. */
export const fieldSetOf = (shape: Shape, value: Value): FieldSet => {
  const set = emptySet();
  collectFields(shape, value, [], set);
  return set;
};

const collectFields = (shape: Shape, value: Value, path: FieldPath, set: FieldSet): void => {
  const kind = kindOf(shape, value);
  if (kind.is === 'leaf') {
    insert(set, path);
  } else if (kind.is === 'list') {
    for (const [element, items] of itemsByElement(kind.list, value)) {
      const itemPath = [...path, element];
      if (items.length === 1) collectFields(kind.list.item(), items[0], itemPath, set);
      insert(set, itemPath);
    }
  } else {
    for (const [name, field] of Object.entries(entriesOf(value))) {
      const fieldPath = [...path, fieldElement(name)];
      collectFields(fieldShape(kind.map, name), field, fieldPath, set);
      const isEmpty = field === null || (isObject(field) && Object.keys(field).length === 0);
      if (isEmpty || !kind.map.fields.has(name)) insert(set, fieldPath);
    }
  }
};

/** What changed from one value to another; a field is in at most one of the three. */
export type Comparison = { readonly removed: FieldSet; readonly modified: FieldSet; readonly added: FieldSet };

export const compare = (shape: Shape, before: Value, after: Value): Comparison => {
  const comparison = { removed: emptySet(), modified: emptySet(), added: emptySet() };
  compareInto(comparison, shape, before, after, []);
  return comparison;
};

const compareInto = (into: Comparison, shape: Shape, before: Value, after: Value, path: FieldPath): void => {
  // Objects are stored with shared parts, so an untouched part is often the very same value.
  if (before === after) return;
  const was = kindOf(shape, before);
  const is = kindOf(shape, after);
  if (before === undefined || after === undefined || was.is === is.is) {
    compareAs(after === undefined ? was : is, into, before, after, path);
  } else {
    // A free-form value that was a map and is a scalar now: its parts are gone, and it is another.
    compareAs(was, into, before, after, path);
    compareAs(is, into, before, after, path);
  }
};

const compareAs = (kind: Kind, into: Comparison, before: Value, after: Value, path: FieldPath): void => {
  if (kind.is === 'leaf' || (isBare(kind.is, before) && isBare(kind.is, after))) {
    compareLeaf(into, before, after, path);
    return;
  }
  if (kind.is === 'list') compareItems(into, kind.list, before, after, path);
  else compareFields(into, kind.map, before, after, path);
  if (before === undefined) insert(into.added, path);
  else if (after === undefined) insert(into.removed, path);
};

const compareLeaf = (into: Comparison, before: Value, after: Value, path: FieldPath): void => {
  if (before === undefined) insert(into.added, path);
  else if (after === undefined) insert(into.removed, path);
  else if (!equal(before, after)) insert(into.modified, path);
};

const compareFields = (into: Comparison, map: MapShape, before: Value, after: Value, path: FieldPath): void => {
  const [a, b] = [entriesOf(before), entriesOf(after)];
  for (const name of new Set([...Object.keys(a), ...Object.keys(b)])) {
    compareInto(into, fieldShape(map, name), a[name], b[name], [...path, fieldElement(name)]);
  }
};

const compareItems = (into: Comparison, list: ListShape, before: Value, after: Value, path: FieldPath): void => {
  const [a, b] = [itemsByElement(list, before), itemsByElement(list, after)];
  for (const element of new Set([...a.keys(), ...b.keys()])) {
    const [old, now] = [a.get(element) ?? [], b.get(element) ?? []];
    const itemPath = [...path, element];
    if (old.length <= 1 && now.length <= 1) {
      compareInto(into, list.item(), old[0], now[0], itemPath);
    } else if (old.length > 1 && now.length > 1) {
      // A repeated item is owned as one thing.
      if (!equal(old, now)) insert(into.modified, itemPath);
    } else if (old.length > 1) {
      if (now.length > 0) compareInto(into, list.item(), undefined, now[0], itemPath);
      insert(into.removed, itemPath);
    } else {
      if (old.length > 0) compareInto(into, list.item(), old[0], undefined, itemPath);
      insert(into.added, itemPath);
    }
  }
};

/** `over` laid on `base`: nothing is removed, leaves of `over` win, lists take the order of `over` where it says one. */
export const merge = (shape: Shape, base: Value, over: Value): Value => {
  if (over === undefined) return base;
  if (base === undefined) return over;
  const kind = kindOf(shape, over);
  if (kind.is === 'leaf' || (isBare(kind.is, base) && isBare(kind.is, over))) return over;
  if (kind.is === 'list') return mergeItems(kind.list, itemsOf(base), itemsOf(over));
  const merged: JsonObject = { ...entriesOf(base) };
  for (const [name, field] of Object.entries(entriesOf(over))) {
    const result = merge(fieldShape(kind.map, name), merged[name], field);
    if (result !== undefined) merged[name] = result;
  }
  return merged;
};

/**
 * Items of both in one order: items that only `base` has stay beside their neighbours, items of `over` keep the
 * order it gives (mergingWalker.visitListItems).
 */
const mergeItems = (list: ListShape, base: readonly Json[], over: readonly Json[]): Json[] => {
  const baseElements = base.map((item) => itemElement(list, item));
  const overElements = over.map((item) => itemElement(list, item));
  const inBase = itemsByElement(list, [...base]);
  const inOver = itemsByElement(list, [...over]);
  const shared = overElements.filter((element) => inBase.has(element));
  let nextShared = shared.shift();
  const taken = new Set<string>();
  const out: Json[] = [];
  const take = (element: string, baseItem: Value, overItem: Value): void => {
    const item = merge(list.item(), baseItem, overItem);
    if (item !== undefined) out.push(item);
    if (overItem !== undefined) taken.add(element);
  };
  /** An item that repeats in `base` is not merged into. */
  const single = (element: string): Value => {
    const items = inBase.get(element);
    return items?.length === 1 ? items[0] : undefined;
  };
  let b = 0;
  let o = 0;
  while (b < base.length || o < over.length) {
    const baseElement = baseElements[b];
    const overElement = overElements[o];
    if (baseElement !== undefined && overElement !== undefined) {
      if (baseElement === overElement) {
        take(baseElement, single(baseElement), over[o]);
        b += 1;
        o += 1;
        nextShared = shared.shift();
        continue;
      }
      if (inOver.has(baseElement) && nextShared !== undefined && nextShared !== baseElement) {
        b += 1;
        continue;
      }
    }
    if (baseElement !== undefined) {
      if (!inOver.has(baseElement)) {
        take(baseElement, base[b], undefined);
        b += 1;
        continue;
      }
      if (taken.has(baseElement)) b += 1;
    }
    if (overElement !== undefined) {
      take(overElement, single(overElement), over[o]);
      o += 1;
      if (nextShared === overElement) nextShared = shared.shift();
    }
  }
  return out;
};

/** The value without the fields and items of the set; a container that loses everything becomes null. */
export const removeFields = (shape: Shape, value: Value, set: FieldSet): Json => {
  const kind = kindOf(shape, value);
  if (kind.is === 'list') {
    const items = itemsOf(value).flatMap((item): Json[] => {
      const element = itemElement(kind.list, item);
      if (set.members.has(element)) return [];
      const below = set.children.get(element);
      return [below === undefined || isEmptySet(below) ? item : removeFields(kind.list.item(), item, below)];
    });
    return items.length > 0 ? items : null;
  }
  if (kind.is === 'map') {
    const fields = Object.entries(entriesOf(value)).flatMap(([name, field]): [string, Json][] => {
      const element = fieldElement(name);
      if (set.members.has(element)) return [];
      const below = set.children.get(element);
      if (below === undefined || isEmptySet(below)) return [[name, field]];
      return [[name, removeFields(fieldShape(kind.map, name), field, below)]];
    });
    return fields.length > 0 ? Object.fromEntries(fields) : null;
  }
  return value === undefined || typeof value === 'object' ? null : value;
};
