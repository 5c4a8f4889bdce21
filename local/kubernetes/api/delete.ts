import { validateDeletion } from '../admission/admission.ts';
import { timestamp } from '../cluster.ts';
import { collectionOf, resourceOf } from '../kinds/kind.ts';
import { clone, type JsonObject, type KubeObject, listOf, objectOf, textOf } from '../object.ts';
import { badRequest, conflict, invalid, notFound, unsupportedValue, type FieldError } from '../status-error.ts';
import { keyFor } from '../store/store.ts';
import type { Call } from './call.ts';
import { jsonErrorText } from './decode.ts';
import { listObjects } from './list.ts';
import { readObject } from './persist.ts';
import type { Write } from '../write.ts';

export type DeleteOptions = {
  readonly gracePeriodSeconds?: number;
  readonly propagationPolicy?: 'Background' | 'Foreground' | 'Orphan';
  readonly uid?: string;
  readonly resourceVersion?: string;
};

const ORPHAN = 'orphan';
const FOREGROUND = 'foregroundDeletion';

const POLICIES = ['Background', 'Foreground', 'Orphan'] as const;

const bodyOf = (call: Call): JsonObject => {
  if (call.body === '') return {};
  try {
    const body = JSON.parse(call.body) as unknown;
    return objectOf(body);
  } catch (error) {
    throw badRequest(`couldn't get version/kind; json parse error: ${jsonErrorText(call.body, error)}`);
  }
};

/** Reads the options of a delete from its body and its query. @throws StatusError 400 or 422 */
export const deleteOptions = (call: Call): DeleteOptions & { readonly isDryRun: boolean } => {
  const body = bodyOf(call);
  const preconditions = objectOf(body['preconditions']);
  const errors: FieldError[] = [];
  const policyText = textOf(body['propagationPolicy'] ?? call.query.get('propagationPolicy'));
  const policy = POLICIES.find((known) => known === policyText);
  if (policyText !== '' && policy === undefined) {
    errors.push(unsupportedValue('propagationPolicy', policyText, ['Foreground', 'Background', 'Orphan', 'nil']));
  }
  const dryRun = [...(Array.isArray(body['dryRun']) ? body['dryRun'] : []), ...call.query.getAll('dryRun')];
  if (dryRun.some((value) => value !== 'All')) errors.push(unsupportedValue('dryRun', dryRun, ['All']));
  if (errors.length > 0) throw invalid('DeleteOptions', 'meta.k8s.io', '', errors);
  const grace = body['gracePeriodSeconds'] ?? call.query.get('gracePeriodSeconds') ?? undefined;
  return {
    isDryRun: dryRun.length > 0,
    ...(grace === undefined ? {} : { gracePeriodSeconds: Math.max(Number(grace), 0) }),
    ...(policy === undefined ? {} : { propagationPolicy: policy }),
    ...(typeof preconditions['uid'] === 'string' ? { uid: preconditions['uid'] } : {}),
    ...(typeof preconditions['resourceVersion'] === 'string'
      ? { resourceVersion: preconditions['resourceVersion'] }
      : {}),
  };
};

const assertPreconditions = (write: Write, live: KubeObject, options: DeleteOptions): void => {
  const { uid, resourceVersion } = live.metadata;
  const name = live.metadata.name ?? '';
  // The real server names the kind here, not the resource.
  const of = { group: write.kind.group, resource: write.kind.kind };
  if (options.uid !== undefined && options.uid !== uid) {
    const why = `the UID in the precondition (${options.uid}) does not match the UID in record (${uid ?? ''}). The object might have been deleted and then recreated`;
    throw conflict(of, name, why);
  }
  if (options.resourceVersion !== undefined && options.resourceVersion !== resourceVersion) {
    const why = `the ResourceVersion in the precondition (${options.resourceVersion}) does not match the ResourceVersion in record (${resourceVersion ?? ''}). The object might have been modified`;
    throw conflict(of, name, why);
  }
};

/** The finalizers with those of the wanted propagation, and without the others. */
const finalizersFor = (live: KubeObject, policy: DeleteOptions['propagationPolicy']): string[] => {
  const own = live.metadata.finalizers ?? [];
  if (policy === undefined) return own;
  const rest = own.filter((finalizer) => finalizer !== ORPHAN && finalizer !== FOREGROUND);
  if (policy === 'Orphan') return [...rest, ORPHAN];
  return policy === 'Foreground' ? [...rest, FOREGROUND] : rest;
};

export type Deletion = { readonly object: KubeObject; readonly isGone: boolean };

/** Marks the object as going: it stays until its finalizers, or its grace, are over. */
const markDeleting = (
  write: Write,
  live: KubeObject,
  graceSeconds: number,
  finalizers: readonly string[],
): Deletion => {
  const { cluster, kind } = write;
  const object = clone(live);
  const { metadata } = object;
  const at = timestamp(cluster, graceSeconds * 1000);
  if (metadata.deletionTimestamp === undefined) {
    if (metadata.generation !== undefined) metadata.generation += 1;
    metadata.deletionTimestamp = at;
  } else if (at < metadata.deletionTimestamp) {
    metadata.deletionTimestamp = at;
  }
  if (kind.kind !== 'Namespace') metadata.deletionGracePeriodSeconds = graceSeconds;
  if (finalizers.length > 0) metadata.finalizers = [...finalizers];
  else delete metadata.finalizers;
  if (kind.kind === 'Namespace' && kind.group === '')
    object['status'] = { ...objectOf(object['status']), phase: 'Terminating' };
  return { object: write.isDryRun ? object : cluster.store.put(collectionOf(kind), object), isGone: false };
};

const namespaceFinalizers = (write: Write, live: KubeObject): number =>
  write.kind.kind === 'Namespace' && write.kind.group === '' ? listOf(objectOf(live['spec'])['finalizers']).length : 0;

/**
 * Deletes an object, or marks it as going when finalizers or a grace period keep it.
 * @throws StatusError 409 for a precondition that does not hold, 403 from admission
 */
export const deleteObject = (write: Write, live: KubeObject, options: DeleteOptions): Deletion => {
  const { cluster, kind } = write;
  validateDeletion(write, live);
  assertPreconditions(write, live, options);
  const { deletionTimestamp, deletionGracePeriodSeconds = 0, namespace, name = '' } = live.metadata;
  const wanted = options.gracePeriodSeconds ?? kind.graceSeconds?.(live) ?? 0;
  const isPending = deletionTimestamp !== undefined;
  const graceSeconds =
    kind.graceSeconds === undefined ? 0 : isPending ? Math.min(wanted, deletionGracePeriodSeconds) : wanted;
  const finalizers = finalizersFor(live, options.propagationPolicy);
  const isKept = finalizers.length > 0 || namespaceFinalizers(write, live) > 0;
  if (isPending && (isKept || graceSeconds > 0) && graceSeconds === deletionGracePeriodSeconds) {
    const isChanged = finalizers.length !== (live.metadata.finalizers ?? []).length;
    return isChanged ? markDeleting(write, live, graceSeconds, finalizers) : { object: live, isGone: false };
  }
  if (isKept || graceSeconds > 0) return markDeleting(write, live, graceSeconds, finalizers);
  if (write.isDryRun) return { object: live, isGone: true };
  return { object: cluster.store.remove(collectionOf(kind), keyFor(namespace, name)) ?? live, isGone: true };
};

const writeOf = (call: Call, isDryRun: boolean): Write => {
  const { cluster, kind, user } = call;
  return { cluster, kind, subresource: '', user, manager: call.userAgent.split('/')[0] ?? '', isDryRun };
};

/** DELETE of one object. @throws StatusError 404 */
export const deleteOne = (call: Call): Deletion => {
  const { cluster, kind, path } = call;
  const { isDryRun, ...options } = deleteOptions(call);
  const live = readObject(cluster, kind, path.namespace, path.name);
  if (live === undefined) throw notFound(resourceOf(kind), path.name);
  return deleteObject(writeOf(call, isDryRun), live, options);
};

/** DELETE of a collection: every object that the selectors leave. */
export const deleteMany = (call: Call): { readonly items: readonly KubeObject[]; readonly metadata: JsonObject } => {
  const { isDryRun, ...options } = deleteOptions(call);
  const page = listObjects(call);
  for (const item of page.items) deleteObject(writeOf(call, isDryRun), item, options);
  return page;
};
