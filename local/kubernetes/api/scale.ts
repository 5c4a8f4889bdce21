/** The scale subresource: one shape for the replicas of every kind that has them. */
import { decodeOwners, encodeOwners, ownerId } from '../apply/owners.ts';
import { insert } from '../apply/field-set.ts';
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
import { persistUpdate, readObject, writerOf, type Write } from './write.ts';

const selectorText = (value: Json | undefined): string => {
  if (!isObject(value)) return typeof value === 'string' ? value : '';
  return Object.entries(objectOf(value['matchLabels']))
    .map(([key, label]) => `${key}=${textOf(label)}`)
    .toSorted()
    .join(',');
};

const scaleOf = (object: KubeObject, paths: ScalePaths): KubeObject => {
  const { name = '', namespace, uid = '', resourceVersion = '', creationTimestamp = '' } = object.metadata;
  const selector = paths.selector === undefined ? '' : selectorText(at(object, paths.selector));
  return {
    kind: 'Scale',
    apiVersion: 'autoscaling/v1',
    metadata: { name, ...(namespace === undefined ? {} : { namespace }), uid, resourceVersion, creationTimestamp },
    spec: { replicas: Number(at(object, paths.specReplicas) ?? 0) },
    status: { replicas: Number(at(object, paths.statusReplicas) ?? 0), ...(selector === '' ? {} : { selector }) },
  };
};

/** The replicas become the writer's, under the subresource; nobody else owns them any more. */
const ownReplicas = (write: Write, object: KubeObject, paths: ScalePaths): void => {
  const path = paths.specReplicas.split('.').map((step) => `f:${step}`);
  const owners = decodeOwners(object.metadata.managedFields);
  const writer = writerOf(write);
  const self = { ...writer, operation: 'Update' as const };
  for (const [id, owner] of owners) {
    const parent = path
      .slice(0, -1)
      .reduce<typeof owner.fields | undefined>((set, step) => set?.children.get(step), owner.fields);
    parent?.members.delete(path.at(-1) ?? '');
    if (id === ownerId(self)) owners.delete(id);
  }
  const fields = { members: new Set<string>(), children: new Map() };
  insert(fields, path);
  // The real server leaves this entry without a time.
  owners.set(ownerId(self), { ...self, time: undefined, fields });
  object.metadata.managedFields = encodeOwners(owners);
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
  if (at(live, paths.specReplicas) !== replicas) {
    setAt(next, paths.specReplicas, replicas);
    ownReplicas(write, next, paths);
  }
  return scaleOf(persistUpdate(write, next, live), paths);
};
