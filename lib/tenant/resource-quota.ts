import type { KubernetesObject } from '../model/kubernetes-object.ts';
import type { Resources } from '../model/resources.ts';

/** The quota that `rebalance` grants through, one in each tenant namespace. */
export const GRANT_QUOTA = 'headgate';
/** The quota that bounds the number of jobs; a fence of its own, so that each quota has one writer. */
export const JOBS_QUOTA = 'headgate-jobs';

export type ResourceQuota = KubernetesObject & {
  readonly apiVersion: 'v1';
  readonly kind: 'ResourceQuota';
  readonly spec: { readonly hard: Readonly<Record<string, string>> };
};

/** What a quota object says. Undefined: not stated, or not yet seen by the quota controller; never read as zero. */
export type QuotaReading = {
  readonly specHard: Resources | undefined;
  readonly statusHard: Resources | undefined;
  readonly used: Resources | undefined;
};

/** `spec.hard` for a grant: requests and limits alike. */
export const quotaHard = (_granted: Resources): Record<string, string> => {
  throw new Error('not written yet');
};

/** Reads a ResourceQuota as the API server returns it. */
export const readQuota = (_quota: KubernetesObject): QuotaReading => {
  throw new Error('not written yet');
};
