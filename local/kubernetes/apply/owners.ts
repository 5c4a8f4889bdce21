import type { ManagedFieldsEntry } from '../object.ts';
import { fromFieldsV1, isEmptySet, toFieldsV1, union, type FieldSet } from './field-set.ts';

/** One manager's claim: who, by which operation, through which subresource, and what it owns. */
export type Owner = {
  readonly manager: string;
  readonly operation: 'Apply' | 'Update';
  readonly apiVersion: string;
  readonly subresource: string;
  readonly time: string | undefined;
  readonly fields: FieldSet;
};

/** Owners by identity. Appliers keep theirs when they change their API version, updaters do not. */
export type Owners = Map<string, Owner>;

/** An owner's identity in the form that Kubernetes sorts by. */
export const ownerId = ({ manager, operation, apiVersion, subresource }: Omit<Owner, 'time' | 'fields'>): string =>
  JSON.stringify({
    manager,
    operation,
    ...(operation === 'Apply' ? {} : { apiVersion }),
    ...(subresource === '' ? {} : { subresource }),
  });

export const decodeOwners = (entries: readonly ManagedFieldsEntry[] | undefined): Owners => {
  const owners: Owners = new Map();
  for (const entry of entries ?? []) {
    if (entry.operation === undefined || entry.apiVersion === undefined) continue;
    const owner: Owner = {
      manager: entry.manager ?? '',
      operation: entry.operation,
      apiVersion: entry.apiVersion,
      subresource: entry.subresource ?? '',
      time: entry.time,
      fields: fromFieldsV1(entry.fieldsV1 ?? {}),
    };
    owners.set(ownerId(owner), owner);
  }
  return owners;
};

const compareText = (a: string, b: string): number => (a === b ? 0 : a < b ? -1 : 1);

/** Appliers first, then by time, manager, version and subresource: the order the API server writes. */
const inWireOrder = (a: Owner, b: Owner): number =>
  compareText(a.operation, b.operation) ||
  compareText(a.time ?? '', b.time ?? '') ||
  compareText(a.manager, b.manager) ||
  compareText(a.apiVersion, b.apiVersion) ||
  compareText(a.subresource, b.subresource);

export const encodeOwners = (owners: Iterable<Owner>): ManagedFieldsEntry[] =>
  [...owners].toSorted(inWireOrder).map((owner) => ({
    manager: owner.manager,
    operation: owner.operation,
    apiVersion: owner.apiVersion,
    ...(owner.time === undefined ? {} : { time: owner.time }),
    fieldsType: 'FieldsV1',
    fieldsV1: toFieldsV1(owner.fields),
    ...(owner.subresource === '' ? {} : { subresource: owner.subresource }),
  }));

/** Sets what an owner has; an owner of nothing disappears. */
export const assign = (owners: Owners, id: string, owner: Owner): void => {
  if (isEmptySet(owner.fields)) owners.delete(id);
  else owners.set(id, owner);
};

const MAX_UPDATERS = 10;

/** Folds the oldest updaters of one version into `ancient-changes` when there are more than ten (capManagersManager). */
export const capUpdaters = (owners: Owners): void => {
  const updaters = [...owners].filter(([, owner]) => owner.operation === 'Update');
  let surplus = updaters.length - MAX_UPDATERS;
  if (surplus <= 0) return;
  updaters.sort(([aId, a], [bId, b]) => compareText(a.time ?? '', b.time ?? '') || compareText(aId, bId));
  const firstOfVersion = new Map<string, string>();
  for (const [id, owner] of updaters) {
    if (surplus <= 0) return;
    const first = firstOfVersion.get(owner.apiVersion);
    if (first === undefined) {
      firstOfVersion.set(owner.apiVersion, id);
      continue;
    }
    const bucket = { ...owner, manager: 'ancient-changes', subresource: '' };
    const bucketId = ownerId(bucket);
    const before = owners.get(bucketId) ?? owners.get(first);
    owners.delete(first);
    owners.delete(id);
    owners.set(bucketId, {
      ...bucket,
      fields: before === undefined ? owner.fields : union(before.fields, owner.fields),
    });
    surplus -= 1;
  }
};
