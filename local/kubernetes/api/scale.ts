/** The scale subresource: one shape for the replicas of every kind that has them. */
import { decodeOwners, encodeOwners, type Owner } from '../apply/owners.ts';
import { difference, has, isEmptySet, setOf } from '../apply/field-set.ts';
import type { ScalePaths } from '../kinds/kind.ts';
import {
  at,
  clone,
  isObject,
  type Json,
  type JsonObject,
  type KubeObject,
  objectOf,
  parseJson,
  setAt,
  textOf,
} from '../object.ts';
import { applyJsonPatch } from '../patch/json-patch.ts';
import { applyMergePatch } from '../patch/merge-patch.ts';
import { badRequest, invalid, invalidValue, notFound } from '../status-error.ts';
import { resourceOfCall, writeOptions, type Call } from './call.ts';
import { persistUpdate, readObject, writerOf } from './persist.ts';
import type { Write } from '../write.ts';

const selectorText = (value: Json | undefined): string => {
  if (!isObject(value)) return typeof value === 'string' ? value : '';
  return Object.entries(objectOf(value['matchLabels']))
    .map(([key, label]) => `${key}=${textOf(label)}`)
    .toSorted()
    .join(',');
};

const scaleOf = (object: KubeObject, paths: ScalePaths): KubeObject => {
  const { name = '', namespace, uid = '', resourceVersion = '', creationTimestamp = '' } = object.metadata;
  const replicas = Number(at(object, paths.specReplicas) ?? 0);
  const selector = paths.selector === undefined ? '' : selectorText(at(object, paths.selector));
  return {
    kind: 'Scale',
    apiVersion: 'autoscaling/v1',
    metadata: { name, ...(namespace === undefined ? {} : { namespace }), uid, resourceVersion, creationTimestamp },
    // None are left out, not written as 0.
    spec: replicas === 0 ? {} : { replicas },
    status: { replicas: Number(at(object, paths.statusReplicas) ?? 0), ...(selector === '' ? {} : { selector }) },
  };
};

/**
 * The owners after a scale (managedfields.ScaleHandler). New replicas become the writer's, under the subresource and
 * without a time. Replicas that nobody owned (a default of an applied object) stay nobody's, as do none at all, which
 * a Scale does not write. Replicas that an updater owns and that do not change move, on the real server too, to a
 * second entry of its own without a time; whoever reads the entries next keeps the one that comes last.
 */
const ownersAfter = (write: Write, object: KubeObject, paths: ScalePaths, replicas: number): Owner[] => {
  const path = paths.specReplicas.split('.').map((step) => `f:${step}`);
  const only = setOf(path);
  const owners = [...decodeOwners(object.metadata.managedFields).values()];
  if (!owners.some(({ fields }) => has(fields, path))) return owners;
  const isChanged = Number(at(object, paths.specReplicas) ?? 0) !== replicas;
  const after = owners.flatMap((owner): Owner[] => {
    if (!has(owner.fields, path) || (!isChanged && owner.operation === 'Apply')) return [owner];
    const rest = difference(owner.fields, only);
    const kept = isEmptySet(rest) ? [] : [{ ...owner, fields: rest }];
    return isChanged ? kept : [...kept, { ...owner, time: undefined, fields: only }];
  });
  const self: Owner = { ...writerOf(write), operation: 'Update', time: undefined, fields: only };
  return isChanged && replicas > 0 ? [...after, self] : after;
};

const wantedScale = (call: Call, current: KubeObject): JsonObject => {
  let body: Json;
  try {
    body = parseJson(call.body);
  } catch (error) {
    throw badRequest(`error decoding patch: ${String(error)}`);
  }
  if (call.path.verb === 'update') return objectOf(body);
  if (Array.isArray(body)) return objectOf(applyJsonPatch(current, body.filter(isObject)));
  return objectOf(applyMergePatch(current, body));
};

/** GET, PUT and PATCH of `…/scale`. */
export const scale = (call: Call, paths: ScalePaths): KubeObject => {
  const { cluster, kind, path, user } = call;
  const live = readObject(cluster, kind, path.namespace, path.name);
  if (live === undefined) throw notFound(resourceOfCall(call), path.name);
  const current = scaleOf(live, paths);
  if (path.verb === 'get') return current;
  const options = writeOptions(call, path.verb === 'patch' ? 'PatchOptions' : 'UpdateOptions');
  const write: Write = {
    cluster,
    kind,
    subresource: 'scale',
    user,
    manager: options.manager,
    isDryRun: options.isDryRun,
  };
  const wanted = wantedScale(call, current);
  const replicas = Number(objectOf(wanted['spec'])['replicas'] ?? 0);
  if (replicas < 0) {
    const error = invalidValue('spec.replicas', replicas, 'must be greater than or equal to 0');
    throw invalid('Scale', 'autoscaling', path.name, [error]);
  }
  const next = clone(live);
  const { resourceVersion } = objectOf(wanted['metadata']);
  if (typeof resourceVersion === 'string' && resourceVersion !== '') next.metadata.resourceVersion = resourceVersion;
  const owners = encodeOwners(ownersAfter(write, live, paths, replicas));
  if (owners.length > 0) next.metadata.managedFields = owners;
  else delete next.metadata.managedFields;
  if (Number(at(live, paths.specReplicas) ?? 0) !== replicas) setAt(next, paths.specReplicas, replicas);
  return scaleOf(persistUpdate(write, next, live), paths);
};
