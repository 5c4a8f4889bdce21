import type { RequestData } from '../../events/tenant-request.ts';
import type { ManagedJob } from '../model/managed-job.ts';
import type { Tenant } from '../model/tenant.ts';
import type { Planned } from './planned.ts';

type JobVerb = 'scale' | 'suspend' | 'resume' | 'restart' | 'snapshot' | 'pause' | 'policy' | 'release';
export type JobWish = {
  [V in JobVerb]: {
    readonly type: `dev.headgate.job.${V}.v1`;
    readonly data: RequestData<`dev.headgate.job.${V}.v1`>;
  };
}[JobVerb];

/** A nonce for a request: the same request asks for nothing new. */
export const nonceOf = (_key: string): number => {
  throw new Error('not written yet');
};

/** The ManagedJob as a request wishes it. */
export const planJobWish = (_input: {
  readonly job: ManagedJob;
  readonly wish: JobWish;
  readonly key: string;
}): Planned => {
  throw new Error('not written yet');
};

/** The Tenant, cordoned or not. */
export const planCordon = (_input: {
  readonly tenant: Tenant;
  readonly type: 'dev.headgate.tenant.cordon.v1' | 'dev.headgate.tenant.uncordon.v1';
  readonly key: string;
}): Planned => {
  throw new Error('not written yet');
};
