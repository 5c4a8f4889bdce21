import { isDeepStrictEqual } from 'node:util';
import type { FieldManager } from '../model/group.ts';
import type { KubernetesObject, ObjectMeta } from '../model/kubernetes-object.ts';
import type { Recreation, RestorePoint } from '../model/managed-job.ts';
import type { ObjectEffect } from '../model/workload.ts';
import { isApplied, isFields, pickFields, type Fields } from './field-ownership.ts';
import type { FlinkDeploymentWorkload } from './flink-deployment.ts';

const RECOVERY: FieldManager = 'headgate-recovery';

/**
 * The same job, made anew from a restore point: the only way in which operators before 1.8 restore a path, and safe with any. The plan
 * must be persisted before the deletion, or a crash in between loses the job.
 */
export const planRecreation = (
  object: KubernetesObject & { readonly spec?: unknown },
  restorePoint: RestorePoint,
): Recreation => {
  const { apiVersion, kind, metadata, spec } = object;
  const { name, namespace, labels, annotations } = metadata;
  const fields = isFields(spec) ? spec : {};
  const job = isFields(fields['job']) ? fields['job'] : {};
  const kept = { name, namespace, labels, annotations };
  return {
    uid: metadata.uid ?? '',
    create: {
      apiVersion,
      kind,
      metadata: Object.fromEntries(Object.entries(kept).filter(([, value]) => value !== undefined)),
      spec: { ...fields, job: { ...job, state: 'running', initialSavepointPath: restorePoint.location } },
    },
    owned: (metadata.managedFields ?? []).flatMap((entry) => {
      const { manager, fieldsV1 = {} } = entry;
      // Only appliers are handed back what they owned: nobody else can tell a field that he owns from one that is there.
      if (manager === undefined || manager === RECOVERY || !isApplied(entry)) return [];
      const owned = pickFields(object, fieldsV1) as Fields;
      const ownMetadata = isFields(owned['metadata']) ? owned['metadata'] : {};
      return [
        { manager, object: { ...owned, apiVersion, kind, metadata: { ...ownMetadata, ...identityOf(metadata) } } },
      ];
    }),
  };
};

/** How far a recreation is, with the writes of its next step. `created`: the new object is there, and its fields are back with their owners. */
export type RecreationStep =
  | { readonly kind: 'pending'; readonly why: string; readonly effects: readonly ObjectEffect[] }
  | { readonly kind: 'created' }
  | { readonly kind: 'failed'; readonly why: string };

/** Judged on what was read: the workload with this uid is deleted, then its pods must be gone, then the new one is created. */
export const stepOfRecreation = (
  plan: Recreation,
  workload: FlinkDeploymentWorkload | undefined,
  pods: number,
): RecreationStep => {
  const create = plan.create as KubernetesObject & { readonly spec?: unknown };
  if (workload?.uid === plan.uid) {
    const remove: ObjectEffect = {
      kind: 'remove',
      object: { ...create, metadata: { ...create.metadata, uid: plan.uid } },
    };
    return { kind: 'pending', why: 'the failed workload is being deleted', effects: workload.deleting ? [] : [remove] };
  }
  if (workload === undefined) {
    if (pods > 0) return { kind: 'pending', why: `${pods} pods of the failed workload still end`, effects: [] };
    // One write that holds the restore point: an object without it would start from nothing.
    return {
      kind: 'pending',
      why: 'the workload is created anew',
      effects: [{ kind: 'apply', manager: RECOVERY, object: create }],
    };
  }
  const job = isFields(create.spec) && isFields(create.spec['job']) ? create.spec['job'] : {};
  if (workload.recovery.owned.initialSavepointPath !== job['initialSavepointPath']) {
    return { kind: 'failed', why: 'somebody else made a workload of this name meanwhile: it is left as it is' };
  }
  // However soon the job runs again, or fails: without this, nobody but recovery could ever change the job again.
  return isHandedBack(plan, workload)
    ? { kind: 'created' }
    : { kind: 'pending', why: 'its fields go back to their owners', effects: handBack(plan, create) };
};

/** Recovery lets go last: once it holds nothing of what the others owned, they have it. */
const isHandedBack = ({ owned }: Recreation, { recovery }: FlinkDeploymentWorkload): boolean => {
  if (recovery.owned.initialSavepointPath === undefined) return false;
  const held = without(recovery.applied, { metadata: {}, spec: { job: recovery.owned } });
  return owned.every(({ object }) => isDeepStrictEqual(without(held, object), held));
};

/** Each manager shares what it owned; then recovery lets go of it, and keeps what nobody else holds: a field without an owner is removed. */
const handBack = (
  plan: Recreation,
  create: KubernetesObject & { readonly spec?: unknown },
): readonly ObjectEffect[] => {
  const rest = plan.owned.reduce<Fields>((left, { object }) => without(left, object), {
    metadata: create.metadata,
    spec: create.spec,
  });
  const metadata = isFields(rest['metadata']) ? rest['metadata'] : {};
  const spec = isFields(rest['spec']) ? rest['spec'] : {};
  const job = isFields(create.spec) && isFields(create.spec['job']) ? create.spec['job'] : {};
  const own = {
    apiVersion: create.apiVersion,
    kind: create.kind,
    metadata: { ...metadata, ...identityOf(create.metadata) },
    spec: {
      ...spec,
      job: {
        ...(isFields(spec['job']) ? spec['job'] : {}),
        state: job['state'],
        initialSavepointPath: job['initialSavepointPath'],
      },
    },
  };
  return [
    ...plan.owned.map(({ manager, object }): ObjectEffect => ({
      kind: 'apply',
      manager: manager as FieldManager,
      object: object as KubernetesObject,
    })),
    { kind: 'apply', manager: RECOVERY, object: own },
  ];
};

const identityOf = ({ name, namespace }: ObjectMeta): { name: string; namespace?: string } =>
  namespace === undefined ? { name } : { name, namespace };

/** What of `fields` is not in `taken`; a map that is left empty goes too. */
const without = (fields: Fields, taken: Fields): Fields =>
  Object.fromEntries(
    Object.entries(fields).flatMap(([name, value]): [string, unknown][] => {
      const other = taken[name];
      if (!(name in taken)) return [[name, value]];
      if (!isFields(value) || !isFields(other)) return [];
      const rest = without(value, other);
      return Object.keys(rest).length === 0 ? [] : [[name, rest]];
    }),
  );
