import { deepFreeze, type KubeObject } from '../object.ts';

/** One write, as watchers and paged lists need it. */
export type Change = {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
  readonly collection: string;
  readonly key: string;
  readonly revision: number;
  readonly at: number;
  readonly object: KubeObject;
  readonly previous: KubeObject | undefined;
};

/** Keeps every object, by collection (`group/plural`) and key (`namespace/name`, or `name`). */
export type Store = {
  /** The newest revision; every write raises it by one. */
  revision(): number;
  /** The oldest revision that can still be listed or watched from. */
  compactedRevision(): number;
  /** Names of the collections that have ever held something. */
  collections(): string[];
  get(collection: string, key: string): KubeObject | undefined;
  /** Objects whose key starts with the prefix, in key order. */
  list(collection: string, prefix?: string): KubeObject[];
  /** The same, as it was at an older revision. */
  listAt(revision: number, collection: string, prefix?: string): KubeObject[];
  /** Stores the object under a new revision and returns it, frozen, as it is stored. */
  put(collection: string, object: KubeObject): KubeObject;
  /** Removes the object and returns its last state, under the revision of the removal. */
  remove(collection: string, key: string): KubeObject | undefined;
  /** Changes after a revision, oldest first. */
  changesAfter(revision: number): readonly Change[];
  /** Calls back after every write; returns how to stop. */
  subscribe(listener: (change: Change) => void): () => void;
};

export const keyOf = (object: KubeObject): string => keyFor(object.metadata.namespace, object.metadata.name ?? '');

export const keyFor = (namespace: string | undefined, name: string): string =>
  namespace === undefined || namespace === '' ? name : `${namespace}/${name}`;

/** The API server compacts its history every five minutes (--etcd-compaction-interval). */
const HISTORY_MILLIS = 5 * 60_000;

type Collection = { readonly objects: Map<string, KubeObject>; keys: string[] };

/** Where the key is, or would be, in the sorted list. */
const lowerBound = (keys: readonly string[], key: string): number => {
  let [low, high] = [0, keys.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((keys[middle] ?? '') < key) low = middle + 1;
    else high = middle;
  }
  return low;
};

/** An empty store. `now` dates the changes, so that old ones can be forgotten. */
export const createStore = (now: () => number): Store => {
  const collections = new Map<string, Collection>();
  const listeners = new Set<(change: Change) => void>();
  let history: Change[] = [];
  let revision = 1;
  let compacted = 0;

  const collectionOf = (name: string): Collection => {
    let collection = collections.get(name);
    if (collection === undefined) collections.set(name, (collection = { objects: new Map(), keys: [] }));
    return collection;
  };

  const record = (change: Change): void => {
    history.push(change);
    const horizon = change.at - HISTORY_MILLIS;
    const kept = history.findIndex(({ at }) => at >= horizon);
    if (kept > 0) {
      compacted = history[kept - 1]?.revision ?? compacted;
      history = history.slice(kept);
    }
    for (const listener of listeners) listener(change);
  };

  const stamped = (object: KubeObject, resourceVersion: string): KubeObject =>
    deepFreeze({ ...object, metadata: { ...object.metadata, resourceVersion } });

  const list = (name: string, prefix = ''): KubeObject[] => {
    const { objects, keys } = collectionOf(name);
    const found: KubeObject[] = [];
    for (let index = lowerBound(keys, prefix); index < keys.length; index += 1) {
      const key = keys[index] ?? '';
      if (!key.startsWith(prefix)) break;
      const object = objects.get(key);
      if (object !== undefined) found.push(object);
    }
    return found;
  };

  return {
    revision: () => revision,
    compactedRevision: () => compacted,
    collections: () => [...collections.keys()],
    get: (name, key) => collectionOf(name).objects.get(key),
    list,
    listAt(wanted, name, prefix = '') {
      const past = new Map(list(name, prefix).map((object) => [keyOf(object), object]));
      for (const change of history.toReversed()) {
        if (change.revision <= wanted) break;
        if (change.collection !== name || !change.key.startsWith(prefix)) continue;
        if (change.previous === undefined) past.delete(change.key);
        else past.set(change.key, change.previous);
      }
      return [...past].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, object]) => object);
    },
    put(name, object) {
      const collection = collectionOf(name);
      const key = keyOf(object);
      const previous = collection.objects.get(key);
      revision += 1;
      const stored = stamped(object, String(revision));
      collection.objects.set(key, stored);
      if (previous === undefined) collection.keys.splice(lowerBound(collection.keys, key), 0, key);
      const type = previous === undefined ? 'ADDED' : 'MODIFIED';
      record({ type, collection: name, key, revision, at: now(), object: stored, previous });
      return stored;
    },
    remove(name, key) {
      const collection = collectionOf(name);
      const previous = collection.objects.get(key);
      if (previous === undefined) return undefined;
      revision += 1;
      const last = stamped(previous, String(revision));
      collection.objects.delete(key);
      collection.keys.splice(lowerBound(collection.keys, key), 1);
      record({ type: 'DELETED', collection: name, key, revision, at: now(), object: last, previous });
      return last;
    },
    changesAfter: (after) => history.filter((change) => change.revision > after),
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
};
