import type { FieldManager } from '../model/group.ts';
import type { ManagedFieldsEntry, ObjectMeta } from '../model/kubernetes-object.ts';

/** Field managers that own the field at `path` (`['spec', 'job', 'state']`), as `metadata.managedFields` tells. */
export const ownersOf = (metadata: ObjectMeta, path: readonly string[]): readonly string[] =>
  (metadata.managedFields ?? [])
    .filter((entry) => entry.manager !== undefined && entry.subresource === undefined && owns(entry, path))
    .map((entry) => entry.manager!);

export const isOwnedBy = (metadata: ObjectMeta, manager: FieldManager, path: readonly string[]): boolean =>
  ownersOf(metadata, path).includes(manager);

const owns = (entry: ManagedFieldsEntry, path: readonly string[]): boolean => {
  let fields: unknown = entry.fieldsV1;
  for (const name of path) {
    if (typeof fields !== 'object' || fields === null) return false;
    fields = Object.entries(fields).find(([key]) => key === `f:${name}`)?.[1];
  }
  return fields !== undefined;
};
