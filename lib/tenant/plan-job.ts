import type { RequestData } from '../../events/tenant-request.ts';
import type { KubernetesObject } from '../model/kubernetes-object.ts';
import type { ManagedJob } from '../model/managed-job.ts';
import type { Tenant } from '../model/tenant.ts';
import type { Planned } from './planned.ts';

/** The FlinkDeployment and the ManagedJob of `job.submit` or `job.update`, or every rule that it breaks. */
export const planJob = (_input: {
  readonly tenant: Tenant;
  readonly type: 'dev.headgate.job.submit.v1' | 'dev.headgate.job.update.v1';
  readonly data: RequestData<'dev.headgate.job.submit.v1'>;
  /** The request's key; objects carry it, so that the same request run twice is not taken for two. */
  readonly key: string;
  readonly existing: { readonly deployment?: KubernetesObject; readonly managedJob?: ManagedJob };
  /** How many jobs the tenant has, over all its namespaces. */
  readonly jobCount: number;
}): Planned => {
  throw new Error('not written yet');
};
