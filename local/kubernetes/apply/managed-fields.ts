/**
 * Who owns which fields, after each kind of write. Follows k8s.io/apimachinery/pkg/util/managedfields and
 * structured-merge-diff/merge (Updater.Update, Updater.Apply).
 */
import { equal, type Json, type JsonObject, type ManagedFieldsEntry, objectOf } from '../object.ts';
import type { Shape } from '../schema/shape.ts';
import { StatusError } from '../status-error.ts';
import {
  difference,
  emptySet,
  intersection,
  isEmptySet,
  pathsOf,
  pathText,
  recursiveDifference,
  setOf,
  union,
  type FieldSet,
} from './field-set.ts';
import { assign, capUpdaters, ownerId, type Owner, type Owners } from './owners.ts';
import { compare, fieldSetOf, fieldShape, merge, removeFields, type Comparison } from './typed.ts';

/** Who writes, and what of the write counts. */
export type Writer = {
  readonly manager: string;
  readonly apiVersion: string;
  readonly subresource: string;
  /** The time of the write, as managedFields shows it. */
  readonly time: string;
  /** What this endpoint ignores (status on the main resource, say): never owned through it. */
  readonly reset: FieldSet;
};

const meta = (...names: readonly string[]): string[][] => names.map((name) => ['f:metadata', `f:${name}`]);

/** Fields that nobody owns. */
const UNOWNED = setOf(
  ['f:apiVersion'],
  ['f:kind'],
  ['f:metadata'],
  ...meta('name', 'namespace', 'creationTimestamp', 'selfLink', 'uid', 'clusterName'),
  ...meta('generation', 'managedFields', 'resourceVersion'),
);

const without = (set: FieldSet, reset: FieldSet): FieldSet =>
  isEmptySet(reset) ? set : recursiveDifference(set, reset);

const changed = (comparison: Comparison, reset: FieldSet): Comparison => ({
  removed: without(comparison.removed, reset),
  modified: without(comparison.modified, reset),
  added: without(comparison.added, reset),
});

/** Takes from everyone but `self` what the write changed or removed. */
const dispossess = (owners: Owners, comparison: Comparison, self: string): void => {
  const taken = union(union(comparison.modified, comparison.added), comparison.removed);
  for (const [id, owner] of owners) {
    if (id !== self) assign(owners, id, { ...owner, fields: difference(owner.fields, taken) });
  }
};

/**
 * Records a create, update or patch: the writer gets what it changed, everyone else loses it.
 * `live` is undefined for a create.
 */
export const recordUpdate = (
  shape: Shape,
  live: JsonObject | undefined,
  next: JsonObject,
  owners: Owners,
  writer: Writer,
): void => {
  const comparison = changed(compare(shape, live ?? {}, next), writer.reset);
  dispossess(owners, comparison, '');
  const fields = difference(union(comparison.modified, comparison.added), UNOWNED);
  if (!isEmptySet(fields)) {
    const owner: Owner = { ...ownerOf(writer, 'Update'), fields };
    const before = owners.get(ownerId(owner));
    owners.set(ownerId(owner), { ...owner, fields: before === undefined ? fields : union(before.fields, fields) });
  }
  capUpdaters(owners);
};

const ownerOf = (writer: Writer, operation: Owner['operation']): Owner => ({
  manager: writer.manager,
  operation,
  apiVersion: writer.apiVersion,
  subresource: writer.subresource,
  time: writer.time,
  fields: emptySet(),
});

/**
 * Server-side apply: lays the configuration over the live object, removes what this manager owned and no longer
 * sends (unless someone else owns it too), and records the ownership. Returns undefined when nothing changes.
 * @throws StatusError 409 with one FieldManagerConflict cause per field that another manager owns, unless forced
 */
export const recordApply = (
  shape: Shape,
  live: JsonObject,
  config: JsonObject,
  owners: Owners,
  writer: Writer,
  force: boolean,
): JsonObject | undefined => {
  const owner = ownerOf(writer, 'Apply');
  const self = ownerId(owner);
  const last = owners.get(self);
  const fields = without(fieldSetOf(shape, config), writer.reset);
  owners.set(self, { ...owner, time: last?.time, fields });

  const merged = merge(shape, live, config) ?? {};
  const next = last === undefined ? merged : prune(shape, merged, owners, last.fields);

  const comparison = changed(compare(shape, live, next), writer.reset);
  const touched = union(comparison.modified, comparison.added);
  const conflicts = [...owners]
    .filter(([id]) => id !== self)
    .map(([, other]) => ({ other, paths: pathsOf(intersection(other.fields, touched)) }))
    .filter(({ paths }) => paths.length > 0);
  if (conflicts.length > 0 && !force) throw conflictError(conflicts);
  dispossess(owners, comparison, self);

  const isNoop = equal(live, next);
  const time = isNoop ? last?.time : writer.time;
  assign(owners, self, { ...owner, time, fields: difference(fields, UNOWNED) });
  return isNoop ? undefined : objectOf(next);
};

/** Removes what was owned last time and is not owned any more by anyone (Updater.prune and its two add-backs). */
const prune = (shape: Shape, merged: Json, owners: Owners, last: FieldSet): Json => {
  const lastNamed = withNamedFields(shape, last);
  const mergedSet = withNamedFields(shape, fieldSetOf(shape, merged));
  const setIn = (value: Json): FieldSet => withNamedFields(shape, fieldSetOf(shape, value));
  const managed = [...owners.values()].reduce((all, owner) => union(all, owner.fields), emptySet());

  const bare = removeFields(shape, merged, lastNamed);
  const keep = union(setIn(bare), withNamedFields(shape, managed));
  const owned = removeFields(shape, merged, difference(mergedSet, keep));
  return removeFields(shape, merged, intersection(difference(mergedSet, setIn(owned)), lastNamed));
};

/** Adds declared fields that are in the set only as the way to deeper ones (Set.EnsureNamedFieldsAreMembers). */
const withNamedFields = (shape: Shape, set: FieldSet): FieldSet => {
  const result: FieldSet = { members: new Set(set.members), children: new Map() };
  for (const [element, child] of set.children) {
    const name = element.startsWith('f:') ? element.slice(2) : undefined;
    if (name !== undefined && shape.map?.fields.has(name) === true) result.members.add(element);
    result.children.set(element, withNamedFields(elementShape(shape, element, name), child));
  }
  return result;
};

const elementShape = (shape: Shape, element: string, name: string | undefined): Shape => {
  if (name !== undefined && shape.map !== undefined) return fieldShape(shape.map, name);
  return element.startsWith('k:') && shape.list !== undefined ? shape.list.item() : {};
};

type Conflict = { readonly other: Owner; readonly paths: readonly (readonly string[])[] };

const whose = (owner: Owner): string => {
  const subresource = owner.subresource === '' ? '' : ` with subresource ${JSON.stringify(owner.subresource)}`;
  const version = owner.operation === 'Update' ? ` using ${owner.apiVersion}` : '';
  return `${JSON.stringify(owner.manager)}${subresource}${version}`;
};

const conflictError = (conflicts: readonly Conflict[]): StatusError => {
  const sorted = conflicts.toSorted((a, b) => (ownerId(a.other) < ownerId(b.other) ? -1 : 1));
  const causes = sorted.flatMap(({ other, paths }) =>
    paths.map((path) => ({
      reason: 'FieldManagerConflict',
      message: `conflict with ${whose(other)}`,
      field: pathText(path),
    })),
  );
  const [only] = causes;
  const text =
    causes.length === 1
      ? `Apply failed with 1 conflict: ${only?.message}: ${only?.field}`
      : `Apply failed with ${causes.length} conflicts: ${sorted
          .flatMap(({ other, paths }) => [
            `conflicts with ${whose(other)}:`,
            ...paths.map((path) => `- ${pathText(path)}`),
          ])
          .join('\n')}`;
  return new StatusError(409, 'Conflict', text, { causes });
};

/** The entries without their times: what decides whether a write changed anything. */
export const withoutTimes = (entries: readonly ManagedFieldsEntry[] | undefined): ManagedFieldsEntry[] =>
  (entries ?? []).map(({ time: _time, ...entry }) => entry);
