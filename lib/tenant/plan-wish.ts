import { createHash } from 'node:crypto';
import type { RequestData } from '../../events/tenant-request.ts';
import { HEADGATE_API_VERSION } from '../model/group.ts';
import type { ManagedJob, ManagedJobSpec } from '../model/managed-job.ts';
import { namespacesOf, type Tenant } from '../model/tenant.ts';
import { boundsProblems } from './bounds.ts';
import { REQUEST_ANNOTATION, labelsOf } from './labels.ts';
import { ownedSpec } from './owned-fields.ts';
import type { Planned } from './planned.ts';

type JobVerb = 'scale' | 'suspend' | 'delete' | 'resume' | 'restart' | 'snapshot' | 'pause' | 'policy' | 'release';
export type JobWish = {
  [V in JobVerb]: {
    readonly type: `dev.headgate.job.${V}.v1`;
    readonly data: RequestData<`dev.headgate.job.${V}.v1`>;
  };
}[JobVerb];

/**
 * A nonce for a request: a positive 31-bit integer that follows from its key, so that the same request delivered
 * twice asks for nothing new.
 */
export const nonceOf = (key: string): number =>
  createHash('sha256').update(key).digest().readUInt32BE(0) & 0x7fff_ffff || 1;

/** What a wish changes in the spec of a job. */
const changeOf = (wish: JobWish, key: string): Partial<ManagedJobSpec> => {
  switch (wish.type) {
    case 'dev.headgate.job.scale.v1':
      return { bounds: wish.data.bounds };
    case 'dev.headgate.job.suspend.v1':
      return { desired: 'suspended' };
    case 'dev.headgate.job.delete.v1':
      return { desired: 'deleted' };
    case 'dev.headgate.job.resume.v1':
      return { desired: 'running' };
    case 'dev.headgate.job.restart.v1':
      return { restartNonce: nonceOf(key) };
    case 'dev.headgate.job.snapshot.v1':
      return { snapshotNonce: nonceOf(key) };
    case 'dev.headgate.job.release.v1':
      return { releaseNonce: nonceOf(key) };
    case 'dev.headgate.job.pause.v1':
      return { paused: wish.data.paused };
    default: {
      // job.policy
      const { bounds, autoscaling, recovery, priority, mode } = wish.data;
      return {
        ...(bounds && { bounds }),
        ...(autoscaling && { autoscaling }),
        ...(recovery && { recovery }),
        ...(priority !== undefined && { priority }),
        ...(mode && { mode }),
      };
    }
  }
};

/** What speaks against a wish. */
const problemsOf = (tenant: Tenant, job: ManagedJob, { type, data }: JobWish): string[] => {
  const { name, namespace = '' } = job.metadata;
  const suspended = job.spec.desired === 'suspended';
  return [
    ...(namespacesOf(tenant).includes(namespace) ? [] : [`namespace: ${namespace} is not one of the tenant's`]),
    ...('bounds' in data ? boundsProblems(data.bounds, 'bounds') : []),
    ...(type === 'dev.headgate.job.resume.v1' && tenant.spec.cordoned
      ? ['job: the tenant is cordoned: nothing is started']
      : []),
    ...(type === 'dev.headgate.job.restart.v1' && suspended ? [`job: ${name} is suspended: send job.resume`] : []),
    ...(type === 'dev.headgate.job.snapshot.v1' && suspended
      ? [`job: ${name} is suspended: there is nothing new`]
      : []),
    ...(type === 'dev.headgate.job.snapshot.v1' && !job.spec.stateful
      ? [`job: ${name} is stateless: there is nothing to keep`]
      : []),
  ];
};

/**
 * The ManagedJob as a request wishes it: what was wished before, carried over, and the change. Settings that a wish
 * states replace the former ones as a whole (`bounds`, `autoscaling`, `recovery`).
 */
export const planJobWish = (request: {
  readonly tenant: Tenant;
  readonly job: ManagedJob;
  readonly wish: JobWish;
  readonly key: string;
}): Planned => {
  const { tenant, job, wish, key } = request;
  const problems = problemsOf(tenant, job, wish);
  if (problems.length > 0) return { problems };
  const { name, namespace, resourceVersion } = job.metadata;
  return {
    objects: [
      {
        apiVersion: HEADGATE_API_VERSION,
        kind: 'ManagedJob',
        metadata: {
          name,
          ...(namespace !== undefined && { namespace }),
          ...(resourceVersion !== undefined && { resourceVersion }),
          labels: labelsOf(tenant.metadata.name),
          annotations: { [REQUEST_ANNOTATION]: key },
        },
        spec: { ...ownedSpec(job, 'headgate-wish'), ...changeOf(wish, key) },
      },
    ],
  };
};

/** The Tenant, cordoned or not: what was wished before, carried over, and that. */
export const planCordon = (request: {
  readonly tenant: Tenant;
  readonly type: 'dev.headgate.tenant.cordon.v1' | 'dev.headgate.tenant.uncordon.v1';
  readonly key: string;
}): Planned => {
  const { tenant, type, key } = request;
  const { name, resourceVersion } = tenant.metadata;
  return {
    objects: [
      {
        apiVersion: HEADGATE_API_VERSION,
        kind: 'Tenant',
        metadata: {
          name,
          ...(resourceVersion !== undefined && { resourceVersion }),
          annotations: { [REQUEST_ANNOTATION]: key },
        },
        spec: { ...ownedSpec(tenant, 'headgate-wish'), cordoned: type === 'dev.headgate.tenant.cordon.v1' },
      },
    ],
  };
};
