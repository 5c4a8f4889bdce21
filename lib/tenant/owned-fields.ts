import type { FieldManager } from '../model/group.ts';
import type { KubernetesObject } from '../model/kubernetes-object.ts';
import { isRecord } from './record.ts';

/**
 * The part of `value` that a FieldsV1 set names (`f:` keys). Lists are taken whole: those of our kinds are atomic. An
 * object without names below it was applied empty, whatever others have put into it since.
 */
const pick = (value: unknown, fields: unknown): unknown => {
  if (!isRecord(value) || !isRecord(fields)) return value;
  const names = Object.keys(fields).filter((key) => key.startsWith('f:'));
  return Object.fromEntries(
    names
      .map((key) => [key.slice(2), fields[key]] as const)
      .filter(([name]) => Object.hasOwn(value, name))
      .map(([name, below]) => [name, pick(value[name], below)]),
  );
};

/**
 * The part of an object's spec that a field manager has applied before. The next apply must carry it over, since
 * an apply deletes what its manager owned and did not send; sending more would make the manager an owner of what a
 * person or GitOps wrote. An object read without `managedFields` counts as owned in full.
 */
export const ownedSpec = <Spec extends object>(
  object: KubernetesObject & { readonly spec: Spec },
  manager: FieldManager,
): Partial<Spec> => {
  const entries = object.metadata.managedFields;
  if (entries === undefined) return object.spec;
  const own = entries.find((e) => e.manager === manager && e.operation === 'Apply' && (e.subresource ?? '') === '');
  const fields = own?.fieldsV1?.['f:spec'];
  if (fields === undefined) return {};
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- a selection of the object's own fields
  return pick(object.spec, fields) as Partial<Spec>;
};
