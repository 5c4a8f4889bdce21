import type { RequestData } from '../../../events/tenant-request.ts';
import { CAPACITY_POOL, NAMESPACE, TENANT, type Namespace } from '../../clients/kubernetes/kinds.ts';
import { TENANT_LABEL } from '../../model/group.ts';
import { namespacesOf, TenantSpec, type Tenant } from '../../model/tenant.ts';
import { planTenantObject } from '../../tenant/plan-tenant-object.ts';
import { planTenant } from '../../tenant/plan-tenant.ts';
import type { TenantSettings } from '../../tenant/settings.ts';
import type { Run } from '../run.ts';
import { sendPool } from '../send-work.ts';
import { applyWish } from './apply-planned.ts';
import { fenceTenant } from './fence-tenant.ts';
import { accepted, rejected, type Outcome } from './outcome.ts';

/** `tenant.apply`: the Tenant, its fences, and a wake-up for whoever shares its pool. */
export const applyTenant = async (
  run: Run,
  config: { readonly settings: TenantSettings; readonly poolsQueueUrl: string },
  name: string,
  key: string,
  spec: RequestData<'dev.headgate.tenant.apply.v1'>,
): Promise<Outcome> => {
  const [pool, tenants] = await Promise.all([
    run.kubernetes.get(CAPACITY_POOL, { name: spec.pool }),
    run.kubernetes.list(TENANT),
  ]);
  const planned = planTenantObject({ name, spec, key, pool, tenants, settings: config.settings });
  if ('problems' in planned) return rejected('Invalid', planned.problems);
  const wished = { ...planned.objects[0], spec } as Tenant;
  const problems = await namespaceProblems(run, wished, config.settings);
  if (problems.length > 0) return rejected('NamespaceTaken', problems);

  const changed = [...(await applyWish(run, planned.objects[0]!, 'headgate-wish'))];
  const tenant = await run.kubernetes.get(TENANT, { name });
  if (tenant === undefined) return rejected('Deleted', [`Tenant ${name} was deleted while it was applied`]);
  const fenced = await fenceTenant(run, { ...tenant, spec: TenantSpec.parse(tenant.spec) }, config.settings);
  changed.push(...fenced.changed);
  await sendPool(run, config.poolsQueueUrl, { pool: spec.pool, cause: 'tenant', id: key, at: run.world.now() });
  if (fenced.problems.length > 0)
    return { outcome: 'failed', reason: 'FencesIncomplete', message: fenced.problems.join('; ') };
  return accepted(changed);
};

/** A namespace that exists belongs to this tenant already, or is adopted by name; a namespace to adopt exists. */
const namespaceProblems = async (run: Run, tenant: Tenant, settings: TenantSettings): Promise<readonly string[]> => {
  const { adopt } = planTenant(tenant, settings);
  const found = await Promise.all(
    namespacesOf(tenant).map(async (name) => ({ name, namespace: await run.kubernetes.get(NAMESPACE, { name }) })),
  );
  return found.flatMap(({ name, namespace }) =>
    problemWith(tenant.metadata.name, name, namespace, adopt.includes(name)),
  );
};

const problemWith = (
  tenant: string,
  name: string,
  namespace: Namespace | undefined,
  adopted: boolean,
): readonly string[] => {
  if (namespace === undefined) return adopted ? [`namespace ${name} is to be adopted but does not exist`] : [];
  const owner = namespace.metadata.labels?.[TENANT_LABEL];
  if (owner === tenant) return namespace.status?.phase === 'Terminating' ? [`namespace ${name} is being deleted`] : [];
  if (owner !== undefined) return [`namespace ${name} belongs to tenant ${owner}`];
  return adopted ? [] : [`namespace ${name} exists already and is not Headgate's; set adopt: true to take it over`];
};
