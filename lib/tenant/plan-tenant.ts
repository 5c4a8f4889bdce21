import type { KubernetesObject } from '../model/kubernetes-object.ts';
import type { Tenant } from '../model/tenant.ts';
import type { ResourceQuota } from './resource-quota.ts';
import type { TenantSettings } from './settings.ts';

/** Everything that fences a tenant. Apply order: the Namespaces, the birth quotas where there is no quota yet, the rest. */
export type TenantPlan = {
  /** Complete sets of `headgate-tenant`, in apply order: all Namespaces first. */
  readonly fences: readonly KubernetesObject[];
  /** Quotas of zero for namespaces that Headgate makes, written once, by `headgate-birth`. Adopted namespaces get none. */
  readonly birthQuotas: readonly ResourceQuota[];
  /** Namespaces that must exist already. */
  readonly adopt: readonly string[];
};

/** The fences of a tenant. */
export const planTenant = (_tenant: Tenant, _settings: TenantSettings): TenantPlan => {
  throw new Error('not written yet');
};
