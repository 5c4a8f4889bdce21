/** What may change or refuse a write between its validation and the store. */
import type { Write } from '../write.ts';
import { admitPod } from '../kinds/pod-spec.ts';
import type { KubeObject } from '../object.ts';
import { applyLimitDefaults, assertWithinLimits } from './limit-range.ts';
import { assertDeletableNamespace, assertNamespaceOpen } from './namespace-lifecycle.ts';
import { assertPodSecurity } from './pod-security.ts';
import { bookCharges, quotaCharges } from './quota.ts';
import { assertNoEscalation } from './rbac-escalation.ts';

const isPod = ({ kind }: Write): boolean => kind.kind === 'Pod' && kind.group === '';

/** Completes a new object, in place. @throws StatusError 403 or 404 */
export const admitCreate = (write: Write, object: KubeObject): void => {
  assertNamespaceOpen(write, object);
  if (!isPod(write)) return;
  applyLimitDefaults(write, object);
  admitPod(object);
};

/** Refuses what policies do not allow; `live` is undefined for a create. @throws StatusError 403 */
export const validateAdmission = (write: Write, next: KubeObject, live: KubeObject | undefined): void => {
  assertNoEscalation(write, next, live);
  assertPodSecurity(write, next);
  if (isPod(write) && live === undefined) assertWithinLimits(write, next);
};

/** The last gate: quotas. Returns how to book what the write uses, once it is stored. @throws StatusError 403 */
export const admitUsage = (write: Write, next: KubeObject, live: KubeObject | undefined): (() => void) => {
  const charges = quotaCharges(write, next, live);
  return () => bookCharges(write, charges);
};

/** @throws StatusError 403 */
export const validateDeletion = (write: Write, live: KubeObject): void => {
  assertDeletableNamespace(write, live);
};
