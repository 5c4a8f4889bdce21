/** What every write goes through, whoever sends it: preparation, validation, admission, the store. */
import { admitCreate, admitUsage, validateAdmission } from '../admission/admission.ts';
import { recordUpdate, withoutTimes, type Writer } from '../apply/managed-fields.ts';
import { ItemKeyError } from '../apply/list-items.ts';
import { emptySet, setOf } from '../apply/field-set.ts';
import { decodeOwners, encodeOwners, type Owners } from '../apply/owners.ts';
import { nameSuffix, newUid, timestamp, type Cluster } from '../cluster.ts';
import { apiVersionOf, collectionOf, resourceOf, type Kind } from '../kinds/kind.ts';
import { metadataErrors, metadataUpdateErrors } from '../kinds/metadata.ts';
import { clone, equal, type JsonObject, type KubeObject, listOf, objectOf } from '../object.ts';
import { fillStructs } from '../schema/prune.ts';
import { shapeOf } from '../schema/shape.ts';
import { alreadyExists, badRequest, conflict, invalid, invalidValue, STALE, StatusError } from '../status-error.ts';
import { keyFor } from '../store/store.ts';
import type { Write } from '../write.ts';

export const readObject = (cluster: Cluster, kind: Kind, namespace: string, name: string): KubeObject | undefined => {
  const stored = cluster.store.get(collectionOf(kind), keyFor(namespace, name));
  return stored === undefined ? undefined : asServed(kind, stored);
};

/** A stored object in the version and group in which a kind shows it. */
export const asServed = (kind: Kind, stored: KubeObject): KubeObject => {
  if (kind.stored !== undefined) return kind.stored.decode(stored);
  const apiVersion = apiVersionOf(kind);
  return stored.apiVersion === apiVersion ? stored : { ...stored, apiVersion };
};

/** etcd takes no more in one request. */
const MAX_STORED_BYTES = 1.5 * 1024 * 1024;

const store = (write: Write, object: KubeObject): KubeObject => {
  const { cluster, kind } = write;
  if (JSON.stringify(object).length > MAX_STORED_BYTES) {
    throw new StatusError(500, '', 'etcdserver: request is too large');
  }
  const saved = cluster.store.put(collectionOf(kind), kind.stored?.encode(object) ?? object);
  return asServed(kind, saved);
};

/** The kind's object with nothing in it: what a create is compared with to see what it set. */
export const emptyObject = (kind: Kind): KubeObject => {
  const empty: KubeObject = { apiVersion: apiVersionOf(kind), kind: kind.kind, metadata: {} };
  if (!kind.isCustom) fillStructs(kind.schema, empty);
  return empty;
};

/** Who owns what a write changes, and which fields its endpoint does not take. */
export const writerOf = (write: Write): Writer => ({
  manager: write.manager,
  apiVersion: apiVersionOf(write.kind),
  subresource: write.subresource,
  time: timestamp(write.cluster),
  reset: resetFields(write.kind, write.subresource),
});

const STATUS_ONLY = setOf(['f:status']);
const SPEC_ONLY = setOf(['f:spec']);
const SPEC_AND_METADATA = setOf(['f:spec'], ['f:metadata']);
const SPEC_AND_LABELS = setOf(['f:spec'], ['f:metadata', 'f:labels']);

const resetFields = (kind: Kind, subresource: string): Writer['reset'] => {
  if (!kind.hasStatus) return emptySet();
  if (subresource !== 'status') return STATUS_ONLY;
  if (kind.isCustom) return SPEC_AND_METADATA;
  return kind.group === 'apps' ? SPEC_AND_LABELS : SPEC_ONLY;
};

const withOwners = (object: KubeObject, owners: Owners): KubeObject => {
  const { managedFields: _, ...metadata } = object.metadata;
  return {
    ...object,
    metadata: owners.size === 0 ? metadata : { ...metadata, managedFields: encodeOwners(owners.values()) },
  };
};

const isReset = (object: KubeObject): boolean => {
  const entries = object.metadata.managedFields;
  return (
    entries !== undefined &&
    (entries.length === 0 || (entries.length === 1 && Object.keys(entries[0] ?? {}).length === 0))
  );
};

/** The object with managedFields that tell of this create, update or patch. `live` is undefined for a create. */
export const ownedByUpdate = (write: Write, live: KubeObject | undefined, next: KubeObject): KubeObject => {
  if (isReset(next) && write.subresource === '') return withOwners(next, new Map());
  const given = write.subresource === '' ? decodeOwners(next.metadata.managedFields) : new Map();
  const owners = given.size > 0 ? given : decodeOwners(live?.metadata.managedFields);
  if (live !== undefined && owners.size === 0) return withOwners(next, owners);
  const before = live ?? emptyObject(write.kind);
  const bare = withOwners(next, new Map());
  try {
    recordUpdate(shapeOf(write.kind.schema), before, bare, owners, writerOf(write));
  } catch (error) {
    // Items that cannot be told apart cannot be owned; validation will have more to say.
    if (!(error instanceof ItemKeyError)) throw error;
    return bare;
  }
  return withOwners(next, owners);
};

/** The namespace an object says must be the one of the request. @throws StatusError 400 */
const alignNamespace = (object: KubeObject, namespace: string): void => {
  const given = object.metadata.namespace ?? '';
  if (given !== '' && given !== namespace) {
    throw badRequest(
      namespace === ''
        ? 'namespace is not allowed on this type'
        : 'the namespace of the provided object does not match the namespace sent on the request',
    );
  }
  if (namespace === '') delete object.metadata.namespace;
  else object.metadata.namespace = namespace;
};

/**
 * Creates an object. `object` is the caller's own copy, decoded, with its owners recorded.
 * @throws StatusError 403, 404, 409 or 422, as the API server would
 */
export const persistCreate = (write: Write, object: KubeObject, namespace: string): KubeObject => {
  const { cluster, kind } = write;
  const { metadata } = object;
  const { generateName } = metadata;
  const isNamed = metadata.name !== undefined && metadata.name !== '';
  if (!isNamed && generateName !== undefined && generateName !== '') metadata.name = generateName + nameSuffix(cluster);
  alignNamespace(object, kind.isNamespaced ? namespace : '');
  admitCreate(write, object);
  delete metadata.deletionTimestamp;
  delete metadata.deletionGracePeriodSeconds;
  delete metadata.generation;
  metadata.uid = newUid(cluster);
  metadata.creationTimestamp = timestamp(cluster);
  if (kind.hasStatus && kind.plural !== 'nodes') {
    delete object['status'];
    if (!kind.isCustom) fillStructs(kind.schema, object);
  }
  kind.prepareForCreate?.(object);
  if (kind.generation !== 'never') metadata.generation = 1;
  const errors = [...(kind.validate?.(object, undefined, '') ?? [])];
  if (errors.length === 0 || kind.isCustom) errors.unshift(...metadataErrors(kind, object));
  if (errors.length > 0) throw invalid(object.kind, kind.group, metadata.name ?? '', errors);
  validateAdmission(write, object, undefined);
  const existing = readObject(cluster, kind, metadata.namespace ?? '', metadata.name ?? '');
  if (existing !== undefined) {
    const error = alreadyExists(resourceOf(kind), metadata.name ?? '');
    const isGoing = existing.metadata.deletionTimestamp !== undefined;
    throw isGoing
      ? new StatusError(409, error.reason, `object is being deleted: ${error.message}`, error.details)
      : error;
  }
  if (metadata.resourceVersion !== undefined && metadata.resourceVersion !== '') {
    throw new StatusError(500, '', 'resourceVersion should not be set on objects to be created');
  }
  const book = admitUsage(write, object, undefined);
  if (write.isDryRun) return object;
  const stored = store(write, object);
  book();
  return stored;
};

/** What the endpoint does not let through is put back as it was; in place. */
const keepWhatEndpointIgnores = (write: Write, next: KubeObject, live: KubeObject): KubeObject => {
  const { kind, subresource } = write;
  if (subresource === 'finalize') return { ...clone(live), spec: { ...objectOf(next['spec']) } };
  if (subresource === 'status') {
    const { managedFields } = next.metadata;
    const { status: _, ...rest } = live;
    const metadata = { ...clone(kind.isCustom ? live.metadata : next.metadata) };
    if (managedFields === undefined) delete metadata.managedFields;
    else metadata.managedFields = managedFields;
    if (kind.group === 'apps' && live.metadata.labels !== undefined) metadata.labels = clone(live.metadata.labels);
    return { ...rest, metadata, ...(next['status'] === undefined ? {} : { status: next['status'] }) };
  }
  if (kind.hasStatus) {
    if (live['status'] === undefined) delete next['status'];
    else next['status'] = live['status'];
  }
  kind.prepareForUpdate?.(next, live);
  return next;
};

const contentOf = ({ metadata: _metadata, ...content }: KubeObject): JsonObject => content;

const isGenerationRaised = ({ generation }: Kind, next: KubeObject, live: KubeObject): boolean => {
  switch (generation) {
    case 'never':
      return false;
    case 'content':
      return !equal(contentOf(next), contentOf(live));
    case 'spec and annotations':
      return !equal(next['spec'], live['spec']) || !equal(next.metadata.annotations, live.metadata.annotations);
    case 'spec':
      return !equal(next['spec'], live['spec']);
  }
};

/** metadata that only the server sets stays as it is. */
const keepServerMetadata = (next: KubeObject, live: KubeObject): void => {
  const { metadata } = next;
  const was = live.metadata;
  if (was.generation === undefined) delete metadata.generation;
  else metadata.generation = was.generation;
  if (metadata.uid === undefined && was.uid !== undefined) metadata.uid = was.uid;
  if (was.creationTimestamp !== undefined) metadata.creationTimestamp = was.creationTimestamp;
  if (was.deletionTimestamp !== undefined) metadata.deletionTimestamp = was.deletionTimestamp;
  if (was.deletionGracePeriodSeconds !== undefined) {
    metadata.deletionGracePeriodSeconds ??= was.deletionGracePeriodSeconds;
  }
};

/** The stored object must be the one that the writer saw. @throws StatusError 409 or 422 */
const assertFresh = (write: Write, next: KubeObject, live: KubeObject): void => {
  const { kind } = write;
  const wanted = next.metadata.resourceVersion ?? '';
  const name = live.metadata.name ?? '';
  if (wanted === '' && !kind.allowsUnconditionalUpdate) {
    const error = invalidValue('metadata.resourceVersion', 0, 'must be specified for an update');
    throw invalid(kind.plural, kind.group, name, [error]);
  }
  if (wanted !== '' && wanted !== live.metadata.resourceVersion) throw conflict(resourceOf(kind), name, STALE);
};

const withoutRevision = (object: KubeObject): KubeObject => {
  const { resourceVersion: _, ...metadata } = object.metadata;
  return { ...object, metadata };
};

/** Times of managedFields do not count as a change (IgnoreManagedFieldsTimestampsTransformer). */
const keepTimesOfNoop = (next: KubeObject, live: KubeObject): void => {
  const bare = (object: KubeObject): KubeObject => {
    const { managedFields: _, ...metadata } = withoutRevision(object).metadata;
    return { ...object, metadata };
  };
  const [mine, theirs] = [withoutTimes(next.metadata.managedFields), withoutTimes(live.metadata.managedFields)];
  const isSame = mine.length === theirs.length && mine.every((entry) => theirs.some((other) => equal(entry, other)));
  if (!isSame || !equal(bare(next), bare(live))) return;
  if (live.metadata.managedFields !== undefined) next.metadata.managedFields = live.metadata.managedFields;
};

const isLastFinalizerGone = (next: KubeObject, live: KubeObject): boolean =>
  (next.metadata.finalizers ?? []).length === 0 &&
  live.metadata.deletionTimestamp !== undefined &&
  (live.metadata.deletionGracePeriodSeconds ?? 0) === 0;

/** A namespace ends when its own finalizers are gone too. */
const mayEnd = (kind: Kind, next: KubeObject): boolean =>
  kind.kind !== 'Namespace' || kind.group !== '' || listOf(objectOf(next['spec'])['finalizers']).length === 0;

/**
 * Stores the new state of an object. `wanted` is the caller's own copy of the whole object, with its owners recorded.
 * A write that changes nothing is not stored. An object whose last finalizer goes, goes too.
 * @throws StatusError 403, 409 or 422, as the API server would
 */
export const persistUpdate = (write: Write, wanted: KubeObject, live: KubeObject): KubeObject => {
  const { cluster, kind } = write;
  alignNamespace(wanted, live.metadata.namespace ?? '');
  assertFresh(write, wanted, live);
  const next = keepWhatEndpointIgnores(write, wanted, live);
  keepServerMetadata(next, live);
  if (write.subresource !== 'status' && isGenerationRaised(kind, next, live)) {
    next.metadata.generation = (live.metadata.generation ?? 0) + 1;
  }
  const errors = [
    ...metadataUpdateErrors(next, live),
    ...metadataErrors(kind, next),
    ...(kind.validate?.(next, live, write.subresource) ?? []),
  ];
  if (errors.length > 0) throw invalid(next.kind, kind.group, live.metadata.name ?? '', errors);
  keepTimesOfNoop(next, live);
  validateAdmission(write, next, live);
  if (isLastFinalizerGone(next, live) && mayEnd(kind, next)) {
    if (!write.isDryRun)
      cluster.store.remove(collectionOf(kind), keyFor(live.metadata.namespace, live.metadata.name ?? ''));
    return asOf(next, live);
  }
  if (equal(withoutRevision(next), withoutRevision(live))) return live;
  const book = admitUsage(write, next, live);
  if (write.isDryRun) return asOf(next, live);
  const stored = store(write, next);
  book();
  return stored;
};

/** The object under the version of another: what was not stored has no version of its own. */
const asOf = (object: KubeObject, live: KubeObject): KubeObject => ({
  ...object,
  metadata: { ...object.metadata, resourceVersion: live.metadata.resourceVersion ?? '' },
});
