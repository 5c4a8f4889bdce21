import { collectionOf } from '../kinds/kind.ts';
import type { KubeObject } from '../object.ts';
import { conflict, notFound } from '../status-error.ts';
import { keyFor } from '../store/store.ts';
import { resourceOfCall, writeOptions, type Call } from './call.ts';
import { decodeBody } from './decode.ts';
import { assertName } from './patch.ts';
import { ownedByUpdate, persistCreate, persistUpdate, readObject } from './persist.ts';
import type { Write } from '../write.ts';

/** POST: a new object. */
export const createObject = (call: Call): KubeObject => {
  const { cluster, kind, path, user } = call;
  const options = writeOptions(call, 'CreateOptions');
  const write: Write = { cluster, kind, subresource: '', user, manager: options.manager, isDryRun: options.isDryRun };
  const object = decodeBody(call, options);
  return persistCreate(write, ownedByUpdate(write, undefined, object), path.namespace);
};

/** PUT: the whole new state of an object, or of its status. */
export const updateObject = (
  call: Call,
  subresource: string,
): { readonly object: KubeObject; readonly isNew: boolean } => {
  const { cluster, kind, path, user } = call;
  const options = writeOptions(call, 'UpdateOptions');
  const write: Write = { cluster, kind, subresource, user, manager: options.manager, isDryRun: options.isDryRun };
  const object = decodeBody(call, options);
  assertName(object, path.name);
  const live = readObject(cluster, kind, path.namespace, path.name);
  if (live === undefined) {
    if (!kind.allowsCreateOnUpdate || subresource !== '') throw notFound(resourceOfCall(call), path.name);
    return { object: persistCreate(write, ownedByUpdate(write, undefined, object), path.namespace), isNew: true };
  }
  const { uid } = object.metadata;
  if (uid !== undefined && uid !== live.metadata.uid) {
    const key = `/registry/${kind.isCustom ? collectionOf(kind) : kind.plural}/${keyFor(path.namespace, path.name)}`;
    const why = `StorageError: invalid object, Code: 4, Key: ${key}, ResourceVersion: 0, AdditionalErrorMsg: Precondition failed: UID in precondition: ${uid}, UID in object meta: ${live.metadata.uid ?? ''}`;
    throw conflict(resourceOfCall(call), path.name, why);
  }
  return { object: persistUpdate(write, ownedByUpdate(write, live, object), live), isNew: false };
};
