/** The API group and version of Headgate's own kinds. */
export const HEADGATE_GROUP = 'headgate.dev';
export const HEADGATE_API_VERSION = 'headgate.dev/v1alpha1';

/** Where Headgate keeps what tenants must not touch: the stop, outcomes that have no other place. */
export const SYSTEM_NAMESPACE = 'headgate-system';

/** Where `work` keeps what it remembers of tenants' jobs: apart, so that it cannot write the stop. */
export const HISTORY_NAMESPACE = 'headgate-history';

/** Marks every namespace and object of a tenant; its value is the tenant's name. */
export const TENANT_LABEL = 'headgate.dev/tenant';

/** On a granted ResourceQuota: the epoch of the plan it was written by. */
export const PLAN_EPOCH_ANNOTATION = 'headgate.dev/plan-epoch';

/**
 * One server-side-apply field manager per concern. An apply deletes what its manager owned and did not send,
 * so two concerns must never share one.
 */
export type FieldManager =
  | 'headgate-tenant' // fences: namespaces, policies, RBAC, limits (tenant-requests)
  | 'headgate-wish' // wishes: specs of Tenant, ManagedJob, FlinkDeployment (tenant-requests)
  | 'headgate-outcome' // TenantRequest status (tenant-requests, rejected)
  | 'headgate-birth' // the zero quota a namespace is born with; `headgate-grant` takes it over (tenant-requests)
  | 'headgate-grant' // ResourceQuota.spec.hard (rebalance)
  | 'headgate-plan' // CapacityPool status (rebalance)
  | 'headgate-quota' // Tenant status.quota and QuotaSettled (rebalance)
  | 'headgate-status' // ManagedJob status, Tenant status.jobs (work)
  | 'headgate-discovery' // ManagedJobs for workloads that were found (work)
  | 'headgate-scale' // parallelism overrides (work)
  | 'headgate-recovery' // job.state, restore point, nonces (work)
  | 'headgate-history'; // sample history (work)
