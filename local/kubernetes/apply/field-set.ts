import { isObject, type JsonObject, objectOf, parseJson } from '../object.ts';

/**
 * A set of fields of an object, as a tree of path elements in their wire form: `f:name` a field, `k:{…}` a list
 * item by its keys, `v:…` a list item by its value. A path may be a member and have deeper members at once.
 */
export type FieldSet = { readonly members: Set<string>; readonly children: Map<string, FieldSet> };

export type FieldPath = readonly string[];

export const emptySet = (): FieldSet => ({ members: new Set(), children: new Map() });

export const isEmptySet = (set: FieldSet): boolean => set.members.size === 0 && set.children.size === 0;

/** The subtree below an element, made when it is not there. */
const childOf = (set: FieldSet, element: string): FieldSet => {
  let child = set.children.get(element);
  if (child === undefined) set.children.set(element, (child = emptySet()));
  return child;
};

/** Adds a path; the empty path (the object itself) is never a member. */
export const insert = (set: FieldSet, path: FieldPath): void => {
  let here = set;
  for (const [depth, element] of path.entries()) {
    if (depth === path.length - 1) here.members.add(element);
    else here = childOf(here, element);
  }
};

export const has = (set: FieldSet, path: FieldPath): boolean => {
  let here: FieldSet | undefined = set;
  for (const element of path.slice(0, -1)) here = here?.children.get(element);
  return here?.members.has(path.at(-1) ?? '') === true;
};

export const setOf = (...paths: readonly FieldPath[]): FieldSet => {
  const set = emptySet();
  for (const path of paths) insert(set, path);
  return set;
};

/** Combines two sets node by node; `keep` says which members stay, `combine` what becomes of the children. */
const combined = (
  a: FieldSet,
  b: FieldSet,
  keep: (inA: boolean, inB: boolean) => boolean,
  combine: (a: FieldSet, b: FieldSet) => FieldSet,
): FieldSet => {
  const result = emptySet();
  for (const element of new Set([...a.members, ...b.members])) {
    if (keep(a.members.has(element), b.members.has(element))) result.members.add(element);
  }
  for (const element of new Set([...a.children.keys(), ...b.children.keys()])) {
    const child = combine(a.children.get(element) ?? emptySet(), b.children.get(element) ?? emptySet());
    if (!isEmptySet(child)) result.children.set(element, child);
  }
  return result;
};

export const union = (a: FieldSet, b: FieldSet): FieldSet => combined(a, b, (inA, inB) => inA || inB, union);

export const intersection = (a: FieldSet, b: FieldSet): FieldSet =>
  combined(a, b, (inA, inB) => inA && inB, intersection);

export const difference = (a: FieldSet, b: FieldSet): FieldSet => combined(a, b, (inA, inB) => inA && !inB, difference);

/** `a` without the members of `b` and without anything below them. */
export const recursiveDifference = (a: FieldSet, b: FieldSet): FieldSet => {
  const result = emptySet();
  for (const element of a.members) if (!b.members.has(element)) result.members.add(element);
  for (const [element, child] of a.children) {
    if (b.members.has(element)) continue;
    const rest = recursiveDifference(child, b.children.get(element) ?? emptySet());
    if (!isEmptySet(rest)) result.children.set(element, rest);
  }
  return result;
};

const byElement = (a: string, b: string): number => (a < b ? -1 : 1);

/** Every member path, members of a level before what lies deeper, each in order. */
export const pathsOf = (set: FieldSet, prefix: FieldPath = []): FieldPath[] => [
  ...[...set.members].toSorted(byElement).map((element) => [...prefix, element]),
  ...[...set.children]
    .toSorted(([a], [b]) => byElement(a, b))
    .flatMap(([element, child]) => pathsOf(child, [...prefix, element])),
];

/** The wire form of managedFields: nested objects, `.` marks a member that has deeper ones. */
export const toFieldsV1 = (set: FieldSet): JsonObject => {
  const result: JsonObject = {};
  for (const element of [...new Set([...set.members, ...set.children.keys()])].toSorted(byElement)) {
    const child = set.children.get(element);
    const below = child === undefined ? {} : toFieldsV1(child);
    result[element] = set.members.has(element) && child !== undefined ? { '.': {}, ...below } : below;
  }
  return result;
};

export const fromFieldsV1 = (fields: JsonObject): FieldSet => {
  const set = emptySet();
  for (const [element, below] of Object.entries(fields)) {
    if (element === '.' || !isObject(below)) continue;
    const keys = Object.keys(below);
    if (keys.length === 0 || Object.hasOwn(below, '.')) set.members.add(element);
    if (keys.some((key) => key !== '.')) set.children.set(element, fromFieldsV1(below));
  }
  return set;
};

export const fieldElement = (name: string): string => `f:${name}`;

/** How an error message writes a path: `.spec.containers[name="main"].image`. */
export const pathText = (path: FieldPath): string =>
  path
    .map((element) => {
      const rest = element.slice(2);
      if (element.startsWith('f:')) return `.${rest}`;
      if (element.startsWith('v:')) return `[=${rest}]`;
      const keys = Object.entries(objectOf(parseJson(rest)));
      return `[${keys.map(([name, value]) => `${name}=${JSON.stringify(value)}`).join(',')}]`;
    })
    .join('');
