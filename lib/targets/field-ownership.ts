import type { FieldManager } from '../model/group.ts';
import type { KubernetesObject, ManagedFieldsEntry } from '../model/kubernetes-object.ts';

/** A part of an object, as maps of fields. */
export type Fields = Readonly<Record<string, unknown>>;

export const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The part of a value that a `fieldsV1` set names. Lists are taken whole. */
export const pickFields = (value: unknown, set: Fields): unknown => {
  const children = Object.entries(set).filter(([key]) => key.startsWith('f:'));
  if (!isFields(value) || children.length === 0) return value;
  return Object.fromEntries(
    children
      .map(([key, inner]) => [key.slice(2), inner] as const)
      .filter(([name]) => name in value)
      .map(([name, inner]) => [name, pickFields(value[name], isFields(inner) ? inner : {})]),
  );
};

/** Whether an entry stands for what somebody applied to the object itself (not to its status). */
export const isApplied = (entry: ManagedFieldsEntry): boolean =>
  entry.operation === 'Apply' && entry.subresource === undefined && entry.fieldsV1 !== undefined;

/** Everything that a manager applied: what it must send again, or an apply removes it. */
export const appliedBy = (object: KubernetesObject, manager: FieldManager): { metadata: Fields; spec: Fields } => {
  const entry = (object.metadata.managedFields ?? []).find((e) => e.manager === manager && isApplied(e));
  const applied = entry?.fieldsV1 === undefined ? {} : pickFields(object, entry.fieldsV1);
  const part = (name: string): Fields => (isFields(applied) && isFields(applied[name]) ? applied[name] : {});
  return { metadata: part('metadata'), spec: part('spec') };
};

/** Field managers that own the field at `path` (`['spec', 'job', 'state']`). */
export const ownersOf = (object: KubernetesObject, path: readonly string[]): readonly string[] =>
  (object.metadata.managedFields ?? [])
    .filter((entry) => entry.manager !== undefined && entry.subresource === undefined && owns(entry, path))
    .map((entry) => entry.manager!);

const owns = (entry: ManagedFieldsEntry, path: readonly string[]): boolean => {
  let fields: unknown = entry.fieldsV1;
  for (const name of path) {
    if (!isFields(fields)) return false;
    fields = fields[`f:${name}`];
  }
  return fields !== undefined;
};
