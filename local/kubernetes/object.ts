/** JSON as it travels; working copies are changed in place, what the store hands out never is. */
export type Json = null | boolean | number | string | Json[] | JsonObject;
export type JsonObject = { [key: string]: Json };

export type OwnerReference = {
  apiVersion: string;
  kind: string;
  name: string;
  uid: string;
  controller?: boolean;
  blockOwnerDeletion?: boolean;
};

/** One entry of metadata.managedFields. */
export type ManagedFieldsEntry = {
  manager?: string;
  operation?: 'Apply' | 'Update';
  apiVersion?: string;
  time?: string;
  fieldsType?: string;
  fieldsV1?: JsonObject;
  subresource?: string;
};

export type ObjectMeta = {
  name?: string;
  generateName?: string;
  namespace?: string;
  uid?: string;
  resourceVersion?: string;
  generation?: number;
  creationTimestamp?: string;
  deletionTimestamp?: string;
  deletionGracePeriodSeconds?: number;
  labels?: Record<string, string>;
  annotations?: Record<string, string>;
  finalizers?: string[];
  ownerReferences?: OwnerReference[];
  managedFields?: ManagedFieldsEntry[];
};

/** Any object of the API: its kind, its metadata, and the rest as plain JSON. */
export type KubeObject = { apiVersion: string; kind: string; metadata: ObjectMeta } & JsonObject;

export const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const isList = (value: unknown): value is Json[] => Array.isArray(value);

/** The value if it is a JSON object, else an empty one: for reading optional parts of an object. */
export const objectOf = (value: unknown): JsonObject => (isObject(value) ? value : {});

/** The value if it is a list, else an empty one. */
export const listOf = (value: unknown): Json[] => (isList(value) ? value : []);

export const stringOf = (value: unknown): string => (typeof value === 'string' ? value : '');

/** A scalar as text; nothing, lists and objects as none. */
export const textOf = (value: unknown): string =>
  typeof value === 'string' ? value : typeof value === 'number' || typeof value === 'boolean' ? String(value) : '';

/** The texts of an object of texts (labels, data), whatever else it holds left out. */
export const textsOf = (value: unknown): Record<string, string> =>
  Object.fromEntries(Object.entries(objectOf(value)).map(([key, text]) => [key, textOf(text)]));

/** @throws SyntaxError */
export const parseJson = (text: string): Json => {
  const value: unknown = JSON.parse(text);
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- what JSON.parse gives is JSON
  return value as Json;
};

/**
 * The JSON of an object as one of the API, with an envelope; in place. That metadata holds what ObjectMeta says is
 * for its schema to check.
 */
export const envelop = (value: JsonObject, apiVersion: string, kind: string): KubeObject => {
  const metadata = isObject(value['metadata']) ? value['metadata'] : {};
  const object: JsonObject = Object.assign(value, { apiVersion, kind, metadata });
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- checked by the schema of metadata
  return object as KubeObject;
};

/** A copy that may be changed. */
export const clone = <T>(value: T): T => {
  const copy = (part: unknown): unknown => {
    if (Array.isArray(part)) return part.map(copy);
    if (!isObject(part)) return part;
    const result: Record<string, unknown> = {};
    for (const key of Object.keys(part)) result[key] = copy(part[key]);
    return result;
  };
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the copy has the shape of the original
  return copy(value) as T;
};

export const equal = (a: unknown, b: unknown): boolean => {
  if (a === b) return true;
  if (Array.isArray(a)) return Array.isArray(b) && a.length === b.length && a.every((one, at) => equal(one, b[at]));
  if (!isObject(a) || !isObject(b)) return false;
  const keys = Object.keys(a);
  return keys.length === Object.keys(b).length && keys.every((key) => Object.hasOwn(b, key) && equal(a[key], b[key]));
};

/** Freezes all of it; parts that are frozen already (shared with an older version) are not walked again. */
export const deepFreeze = <T>(value: T): T => {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value;
  for (const part of Object.values(value)) deepFreeze(part);
  return Object.freeze(value);
};

/** The value at a dotted path such as `spec.replicas`; undefined where the way ends. */
export const at = (value: Json | undefined, path: string): Json | undefined => {
  let here = value;
  for (const step of path.split('.')) {
    if (step === '') continue;
    if (!isObject(here)) return undefined;
    here = here[step];
  }
  return here;
};

/** Sets the value at a dotted path, making the objects on the way. */
export const setAt = (value: JsonObject, path: string, to: Json): void => {
  const steps = path.split('.').filter((step) => step !== '');
  let here = value;
  for (const step of steps.slice(0, -1)) {
    const next = here[step];
    here = isObject(next) ? next : (here[step] = {});
  }
  here[steps.at(-1) ?? ''] = to;
};

/** `group/version`, or the bare version of the core group. */
export const groupVersionOf = (group: string, version: string): string =>
  group === '' ? version : `${group}/${version}`;

export const groupOf = (apiVersion: string): string =>
  apiVersion.includes('/') ? (apiVersion.split('/')[0] ?? '') : '';
