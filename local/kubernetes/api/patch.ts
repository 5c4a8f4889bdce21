import type { KubeObject } from '../object.ts';
import { isObject, type Json, type JsonObject, parseJson } from '../object.ts';
import { applyJsonPatch, JsonPatchError } from '../patch/json-patch.ts';
import { applyMergePatch } from '../patch/merge-patch.ts';
import { applyStrategicMergePatch } from '../patch/strategic-merge-patch.ts';
import {
  badRequest,
  forbidden,
  invalid,
  invalidValue,
  notFound,
  StatusError,
  unsupportedMediaType,
  conflict,
} from '../status-error.ts';
import { clone } from '../object.ts';
import { appliedObject } from './apply.ts';
import { resourceOfCall, writeOptions, type Call, type WriteOptions } from './call.ts';
import { jsonErrorText, shapeObject, strictText } from './decode.ts';
import { ownedByUpdate, persistCreate, persistUpdate, readObject } from './persist.ts';
import type { Write } from '../write.ts';

const APPLY = 'application/apply-patch+yaml';
const JSON_PATCH = 'application/json-patch+json';
const MERGE_PATCH = 'application/merge-patch+json';
const STRATEGIC = 'application/strategic-merge-patch+json';
const KNOWN = new Set([JSON_PATCH, MERGE_PATCH, STRATEGIC, APPLY, 'application/apply-patch+cbor']);

const parsedPatch = (call: Call): Json => {
  try {
    return parseJson(call.body);
  } catch (error) {
    throw badRequest(`error decoding patch: ${jsonErrorText(call.body, error)}`);
  }
};

const goKind = (value: Json): string => (Array.isArray(value) ? 'array' : typeof value);

const patchedJson = (call: Call, live: JsonObject): Json => {
  const patch = parsedPatch(call);
  if (call.contentType === JSON_PATCH) {
    if (!Array.isArray(patch)) {
      throw badRequest(
        `error decoding patch: json: cannot unmarshal ${goKind(patch)} into Go value of type []handlers.jsonPatchOp`,
      );
    }
    try {
      return applyJsonPatch(live, patch.filter(isObject));
    } catch (error) {
      if (!(error instanceof JsonPatchError)) throw error;
      throw new StatusError(422, 'Invalid', 'the server rejected our request due to an error in our request', {});
    }
  }
  if (!isObject(patch)) {
    throw badRequest(
      `error decoding patch: json: cannot unmarshal ${goKind(patch)} into Go value of type map[string]interface {}`,
    );
  }
  return call.contentType === MERGE_PATCH
    ? applyMergePatch(live, patch)
    : applyStrategicMergePatch(call.kind.schema, live, patch);
};

const wrongPatch = (patched: Json, why: string): StatusError =>
  invalid('', '', '', [invalidValue('patch', JSON.stringify(patched), why)]);

/** The live object with a JSON, merge or strategic patch on it, decoded and with its owners recorded. */
const patchedObject = (call: Call, write: Write, options: WriteOptions, live: KubeObject): KubeObject => {
  const patched = patchedJson(call, live);
  if (!isObject(patched)) throw wrongPatch(patched, `json: cannot unmarshal ${goKind(patched)}`);
  const text = clone(patched);
  const { object, unknownFields, typeError } = shapeObject(call.kind, clone(patched));
  if (typeError !== undefined) throw wrongPatch(text, typeError);
  if (unknownFields.length > 0 && options.fieldValidation === 'Strict')
    throw wrongPatch(text, strictText(unknownFields));
  if (options.fieldValidation === 'Warn') {
    call.warnings.push(...unknownFields.map((field) => `unknown field "${field}"`));
  }
  return ownedByUpdate(write, live, object);
};

/** @throws StatusError 400 */
export const assertName = (object: KubeObject, name: string): void => {
  const given = object.metadata.name ?? '';
  if (given === '')
    throw badRequest(`the name of the object (${name} based on URL) was undeterminable: name must be provided`);
  if (given !== name) {
    throw badRequest(`the name of the object (${given}) does not match the name on the URL (${name})`);
  }
};

const createByApply = (call: Call, write: Write, options: WriteOptions): KubeObject => {
  const { cluster, kind, path, user } = call;
  const object = appliedObject(call, write, options, undefined);
  if (object.metadata.uid !== undefined) {
    const why = `uid mismatch: the provided object specified uid ${object.metadata.uid}, and no existing object was found`;
    throw conflict(resourceOfCall(call), path.name, why);
  }
  assertName(object, path.name);
  const attempt = {
    verb: 'create',
    group: kind.group,
    resource: kind.plural,
    name: path.name,
    namespace: path.namespace,
  };
  if (!cluster.rbac.allows(user, attempt)) {
    throw forbidden(
      resourceOfCall(call),
      path.name,
      cannot(user.name, 'create', kind.plural, kind.group, path.namespace),
    );
  }
  delete object.metadata.resourceVersion;
  return persistCreate(write, object, path.namespace);
};

/** What a refusal says of an attempt. */
export const cannot = (user: string, verb: string, resource: string, group: string, namespace: string): string => {
  const where = namespace === '' ? 'at the cluster scope' : `in the namespace "${namespace}"`;
  return `User "${user}" cannot ${verb} resource "${resource}" in API group "${group}" ${where}`;
};

/** PATCH of an object or of its status. Only an apply creates what is not there. */
export const patchObject = (
  call: Call,
  subresource: string,
): { readonly object: KubeObject; readonly isNew: boolean } => {
  const { cluster, kind, path, user, contentType } = call;
  if (!KNOWN.has(contentType)) throw new StatusError(415, 'UnsupportedMediaType', '415: Unsupported Media Type', {});
  if (kind.isCustom && contentType === STRATEGIC) throw unsupportedMediaType([JSON_PATCH, MERGE_PATCH, APPLY]);
  const options = writeOptions(call, 'PatchOptions');
  const write: Write = { cluster, kind, subresource, user, manager: options.manager, isDryRun: options.isDryRun };
  const live = readObject(cluster, kind, path.namespace, path.name);
  if (live === undefined) {
    if (contentType !== APPLY || subresource !== '') throw notFound(resourceOfCall(call), path.name);
    return { object: createByApply(call, write, options), isNew: true };
  }
  const next =
    contentType === APPLY ? appliedObject(call, write, options, live) : patchedObject(call, write, options, live);
  assertName(next, path.name);
  return { object: persistUpdate(write, next, live), isNew: false };
};
