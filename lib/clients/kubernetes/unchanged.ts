import { isDeepStrictEqual } from 'node:util';
import type { KubernetesObject, ManagedFieldsEntry } from '../../model/kubernetes-object.ts';

type Fields = Readonly<Record<string, unknown>>;
type Entry = ManagedFieldsEntry & { readonly apiVersion?: string };
type Applier = { readonly manager: string; readonly subresource?: 'status' };

/** What the API server never counts among a manager's fields (`fieldmanager`, strip meta). */
const IDENTITY = new Set([
  'name',
  'namespace',
  'uid',
  'resourceVersion',
  'generation',
  'creationTimestamp',
  'managedFields',
]);

/**
 * Whether applying `wish` as `manager` would change nothing: the manager's last apply named exactly these fields, and they all still have
 * these values. When in doubt the answer is no, which costs one call: an apply that changes nothing leaves the resourceVersion as it is.
 *
 * Paths are read as in `managedFields[].fieldsV1` (structured-merge-diff, `fieldpath`): `f:` a field, `k:` a list item by its keys,
 * `v:` a member of a set, `.` the thing itself, and nothing below it for a scalar or for what is owned as a whole.
 */
export const isUnchanged = <T extends KubernetesObject>(
  wish: T,
  current: KubernetesObject,
  as: Applier,
): current is T => {
  const precondition = wish.metadata.resourceVersion;
  if (precondition !== undefined && precondition !== current.metadata.resourceVersion) return false;
  const entry = current.metadata.managedFields?.find((e) => isOf(e, wish, as));
  if (entry?.fieldsV1 === undefined) return false;

  const { metadata, apiVersion: _version, kind: _kind, ...content } = asJson(wish);
  const described = Object.fromEntries(Object.entries(metadata).filter(([name]) => !IDENTITY.has(name)));
  const named = Object.keys(described).length === 0 ? content : { ...content, metadata: described };
  return isSame(named, entry.fieldsV1, current);
};

/** The object as it would arrive: without what is undefined. */
const asJson = (object: KubernetesObject): KubernetesObject & Fields => JSON.parse(JSON.stringify(object));

const isSame = (wish: unknown, owned: Fields, current: unknown): boolean => {
  const { '.': _itself, ...parts } = owned;
  if (Object.keys(parts).length === 0) return isDeepStrictEqual(wish, current);
  if (Array.isArray(wish) && Array.isArray(current)) {
    return isSameKeyedList(wish, parts, current) || isSameSet(wish, parts, current);
  }
  return isRecord(wish) && isRecord(current) && isSameRecord(wish, parts, current);
};

const isSameRecord = (wish: Fields, owned: Fields, current: Fields): boolean => {
  const names = Object.keys(wish);
  return (
    names.length === Object.keys(owned).length &&
    names.every((name) => {
      const below = owned[`f:${name}`];
      return isRecord(below) && isSame(wish[name], below, current[name]);
    })
  );
};

/** Each wished item is owned by its keys, and the items stand in the wished order (others may stand between them). */
const isSameKeyedList = (wish: readonly unknown[], owned: Fields, current: readonly unknown[]): boolean => {
  let last = -1;
  return (
    wish.length === Object.keys(owned).length &&
    wish.every((item) => {
      const path = Object.keys(owned).find((p) => p.startsWith('k:') && hasKeys(item, JSON.parse(p.slice(2))));
      const below = path === undefined ? undefined : owned[path];
      if (path === undefined || !isRecord(below)) return false;
      const at = current.findIndex((there) => hasKeys(there, JSON.parse(path.slice(2))));
      const isInOrder = at > last;
      last = at;
      return isInOrder && isSame(item, below, current[at]);
    })
  );
};

const isSameSet = (wish: readonly unknown[], owned: Fields, current: readonly unknown[]): boolean => {
  const members = Object.keys(owned)
    .filter((path) => path.startsWith('v:'))
    .map((path) => JSON.parse(path.slice(2)));
  const isMember = (item: unknown): boolean => members.some((member) => isDeepStrictEqual(member, item));
  return (
    members.length === Object.keys(owned).length &&
    members.length === wish.length &&
    isDeepStrictEqual(current.filter(isMember), wish)
  );
};

const hasKeys = (item: unknown, keys: Fields): boolean =>
  isRecord(item) && Object.entries(keys).every(([name, value]) => isDeepStrictEqual(item[name], value));

const isRecord = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The entry's fields are named as in the API version it was applied in. */
const isOf = (entry: Entry, wish: KubernetesObject, as: Applier): boolean =>
  entry.operation === 'Apply' &&
  entry.manager === as.manager &&
  (entry.subresource ?? '') === (as.subresource ?? '') &&
  entry.apiVersion === wish.apiVersion;
