import { NETWORK_POLICY, ROLE_BINDING, TENANT, type Kind } from '../../clients/kubernetes/kinds.ts';
import { setConditions } from '../../model/condition.ts';
import { TENANT_LABEL } from '../../model/group.ts';
import type { KubernetesObject } from '../../model/kubernetes-object.ts';
import { namespacesOf, type Tenant } from '../../model/tenant.ts';
import { planTenant } from '../../tenant/plan-tenant.ts';
import type { TenantSettings } from '../../tenant/settings.ts';
import type { Run } from '../run.ts';
import { statusWish } from '../status-wish.ts';
import { applyWish, asProblem, nameOf } from './apply-planned.ts';

/** What fencing came to. */
export type Fenced = { readonly changed: readonly string[]; readonly problems: readonly string[] };

/** Fences that open something: one that the plan no longer names must go, or a former owner keeps his rights. */
const PRUNED_KINDS: readonly Kind[] = [ROLE_BINDING, NETWORK_POLICY];

/**
 * Makes the tenant's fences what the plan says: namespaces first, then a quota of zero where there is none, then the
 * rest; then takes away what is no longer planned. Done again it changes nothing.
 */
export const fenceTenant = async (run: Run, tenant: Tenant, settings: TenantSettings): Promise<Fenced> => {
  const plan = planTenant(tenant, settings);
  const changed: string[] = [];
  const problems: string[] = [];
  const attempt = async (object: KubernetesObject, write: () => Promise<readonly string[]>): Promise<void> => {
    try {
      changed.push(...(await write()));
    } catch (error) {
      problems.push(asProblem(object, error));
    }
  };
  const isNamespace = (object: KubernetesObject) => object.kind === 'Namespace';
  for (const namespace of plan.fences.filter(isNamespace))
    await attempt(namespace, () => applyWish(run, namespace, 'headgate-tenant'));
  for (const quota of plan.birthQuotas) await attempt(quota, () => createOnce(run, quota));
  for (const fence of plan.fences.filter((f) => !isNamespace(f)))
    await attempt(fence, () => applyWish(run, fence, 'headgate-tenant'));
  for (const stale of await unplanned(run, tenant, plan.fences)) await attempt(stale, () => removeFence(run, stale));
  await writeReady(run, tenant, problems);
  return { changed, problems };
};

/** A namespace is born with a quota of zero; whatever quota is there already is not touched. */
const createOnce = async (run: Run, quota: KubernetesObject): Promise<readonly string[]> => {
  const { outcome } = await run.kubernetes.create(quota, { manager: 'headgate-birth' });
  return outcome === 'created' ? [nameOf(quota)] : [];
};

const unplanned = async (
  run: Run,
  tenant: Tenant,
  planned: readonly KubernetesObject[],
): Promise<readonly KubernetesObject[]> => {
  const labelSelector = `${TENANT_LABEL}=${tenant.metadata.name}`;
  const names = new Set(planned.map(nameOf));
  const listed = await Promise.all(
    namespacesOf(tenant).flatMap((namespace) =>
      PRUNED_KINDS.map((kind) => run.kubernetes.list(kind, { namespace, labelSelector })),
    ),
  );
  return listed
    .flat()
    .filter((object) => object.metadata.managedFields?.some((entry) => entry.manager === 'headgate-tenant') === true)
    .filter((object) => !names.has(nameOf(object)));
};

const removeFence = async (run: Run, fence: KubernetesObject): Promise<readonly string[]> => {
  const kind = PRUNED_KINDS.find((k) => k.kind === fence.kind)!;
  const { uid, resourceVersion } = fence.metadata;
  await run.kubernetes.remove(kind, fence.metadata, {
    ...(uid === undefined ? {} : { uid }),
    ...(resourceVersion === undefined ? {} : { resourceVersion }),
  });
  return [nameOf(fence)];
};

const writeReady = async (run: Run, tenant: Tenant, problems: readonly string[]): Promise<void> => {
  // Fences were written since the tenant was read, and others write its status too.
  const current = await run.kubernetes.get(TENANT, { name: tenant.metadata.name });
  if (current === undefined) return;
  const before = (current.status?.conditions ?? []).filter((c) => c.type === 'Ready');
  const ready =
    problems.length === 0
      ? ({ type: 'Ready', status: 'True', reason: 'Fenced', message: 'every fence stands' } as const)
      : ({ type: 'Ready', status: 'False', reason: 'FencesIncomplete', message: problems.join('; ') } as const);
  const wish = statusWish(current, {
    ...(tenant.metadata.generation === undefined ? {} : { observedGeneration: tenant.metadata.generation }),
    namespaces: namespacesOf(tenant),
    conditions: setConditions(before, [ready], run.world.now()),
  });
  await run.kubernetes.apply<Tenant>(wish, { manager: 'headgate-tenant', subresource: 'status', current });
};
