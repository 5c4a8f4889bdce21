/** What may change or refuse a write between its validation and the store. */
import type { Write } from '../api/write.ts';
import type { KubeObject } from '../object.ts';
import { assertDeletableNamespace, assertNamespaceOpen } from './namespace-lifecycle.ts';
import { admitPod } from '../kinds/pod-spec.ts';

/** Completes a new object, in place. @throws StatusError 403 or 404 */
export const admitCreate = (write: Write, object: KubeObject): void => {
  assertNamespaceOpen(write, object);
  if (write.kind.kind === 'Pod' && write.kind.group === '') admitPod(object);
};

/** Completes an update, in place. */
export const admitUpdate = (_write: Write, _next: KubeObject, _live: KubeObject): void => {};

/** Refuses what policies do not allow; `live` is undefined for a create. @throws StatusError 403 */
export const validateAdmission = (_write: Write, _next: KubeObject, _live: KubeObject | undefined): void => {};

/** @throws StatusError 403 */
export const validateDeletion = (write: Write, live: KubeObject): void => {
  assertDeletableNamespace(write, live);
};
