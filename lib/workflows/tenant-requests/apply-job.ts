import type { RequestData } from '../../../events/tenant-request.ts';
import { FLINK_DEPLOYMENT, MANAGED_JOB } from '../../clients/kubernetes/kinds.ts';
import { ManagedJobSpec } from '../../model/managed-job.ts';
import { namespacesOf, type Tenant } from '../../model/tenant.ts';
import { planJob } from '../../tenant/plan-job.ts';
import { planJobWish, type JobWish } from '../../tenant/plan-wish.ts';
import type { Run } from '../run.ts';
import { applyWish, asProblem } from './apply-planned.ts';
import { accepted, rejected, type Outcome } from './outcome.ts';

type JobData = RequestData<'dev.headgate.job.submit.v1'>;

/** `job.submit` and `job.update`: a FlinkDeployment and its ManagedJob, checked before anything is written. */
export const applyJobRequest = async (
  run: Run,
  tenant: Tenant,
  key: string,
  type: 'dev.headgate.job.submit.v1' | 'dev.headgate.job.update.v1',
  data: JobData,
): Promise<Outcome> => {
  const namespace = data.namespace ?? namespacesOf(tenant)[0];
  const [deployment, managedJob, jobCount] = await Promise.all([
    ownNamespace(tenant, namespace) ? run.kubernetes.get(FLINK_DEPLOYMENT, { namespace, name: data.job }) : undefined,
    ownNamespace(tenant, namespace) ? run.kubernetes.get(MANAGED_JOB, { namespace, name: data.job }) : undefined,
    countJobs(run, tenant),
  ]);
  const existing = {
    ...(deployment === undefined ? {} : { deployment }),
    ...(managedJob === undefined ? {} : { managedJob }),
  };
  const planned = planJob({ tenant, type, data, key, existing, jobCount });
  if ('problems' in planned) return rejected('Invalid', planned.problems);
  const changed: string[] = [];
  for (const object of planned.objects) {
    try {
      changed.push(...(await applyWish(run, object, 'headgate-wish')));
    } catch (error) {
      return rejected('Refused', [asProblem(object, error)]);
    }
  }
  return accepted(changed);
};

/** Every other wish about a job that exists. */
export const applyJobWish = async (run: Run, tenant: Tenant, key: string, wish: JobWish): Promise<Outcome> => {
  const namespace = wish.data.namespace ?? namespacesOf(tenant)[0];
  const job = ownNamespace(tenant, namespace)
    ? await run.kubernetes.get(MANAGED_JOB, { namespace, name: wish.data.job })
    : undefined;
  if (job === undefined)
    return rejected('NoSuchJob', [`tenant ${tenant.metadata.name} has no job ${namespace}/${wish.data.job}`]);
  const planned = planJobWish({ tenant, job: { ...job, spec: ManagedJobSpec.parse(job.spec) }, wish, key });
  if ('problems' in planned) return rejected('Invalid', planned.problems);
  const changed: string[] = [];
  for (const object of planned.objects) changed.push(...(await applyWish(run, object, 'headgate-wish')));
  return accepted(changed);
};

const ownNamespace = (tenant: Tenant, namespace: string): boolean => namespacesOf(tenant).includes(namespace);

const countJobs = async (run: Run, tenant: Tenant): Promise<number> => {
  const lists = await Promise.all(
    namespacesOf(tenant).map((namespace) => run.kubernetes.list(FLINK_DEPLOYMENT, { namespace })),
  );
  return lists.flat().length;
};
