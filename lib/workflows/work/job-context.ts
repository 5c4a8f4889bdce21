import { resolveAutoscaling, type AutoscalingPolicy } from '../../model/autoscaling-policy.ts';
import type { EpochMillis } from '../../model/instant.ts';
import type { JobSnapshot, TenantSnapshot } from './snapshot.ts';
import { withSample } from './tenant-history.ts';

/** The policy in force for a job: defaults, then its tenant's words, then its own. */
export const autoscalingOf = (tenant: TenantSnapshot, job: JobSnapshot): AutoscalingPolicy =>
  resolveAutoscaling(tenant.tenant.spec.autoscaling, job.managed.spec.autoscaling);

/** The samples a decision may use: the stored ones and this look's. */
export const samplesOf = (tenant: TenantSnapshot, job: JobSnapshot) =>
  withSample(job.history.samples, job.look?.sample, tenant.now - 1000 * autoscalingOf(tenant, job).windowSeconds);

/** Since when all tasks of the present run have been running; undefined when they are not. */
export const runOf = (
  job: JobSnapshot,
  now: EpochMillis,
): { readonly id: string; readonly runningSince: EpochMillis } | undefined => {
  const { look, history } = job;
  if (look?.job === undefined || look.sample === undefined) return undefined;
  const { state, tasks } = look.job;
  if (state !== 'RUNNING' || tasks.total === 0 || tasks.running < tasks.total) return undefined;
  return history.run?.id === look.sample.run ? history.run : { id: look.sample.run, runningSince: now };
};
