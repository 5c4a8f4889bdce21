import type { KubernetesObject } from '../model/kubernetes-object.ts';
import { ZERO } from '../model/resources.ts';
import { namespacesOf, type Isolation, type Tenant } from '../model/tenant.ts';
import { CLUSTER_ROLES, type ClusterRole } from './cluster-roles.ts';
import { labelsOf } from './labels.ts';
import { planNetworkPolicies } from './network-policies.ts';
import { JOB_SERVICE_ACCOUNT } from './plan-job.ts';
import { GRANT_QUOTA, JOBS_QUOTA, quotaHard, type ResourceQuota } from './resource-quota.ts';
import type { RbacSubject, TenantSettings } from './settings.ts';

/** Everything that fences a tenant. Apply order: the Namespaces, the birth quotas where there is no quota yet, the rest. */
export type TenantPlan = {
  /** Complete sets of `headgate-tenant`, in apply order: all Namespaces first. */
  readonly fences: readonly KubernetesObject[];
  /**
   * Quotas of zero for the namespaces that Headgate makes, for `headgate-birth` to write once; `rebalance` raises them.
   * Adopted namespaces get none: it would turn away the pods that live there already.
   */
  readonly birthQuotas: readonly ResourceQuota[];
  /** Namespaces that must exist already; the others must not, unless they carry the tenant's label. */
  readonly adopt: readonly string[];
};

/** Pod Security by how far enforcement goes: `audit` is seen in the audit log, `warn` also by whoever applies. */
const podSecurityLabels = ({ enforcement, podSecurity }: Isolation): Record<string, string> => {
  const modes = { audit: ['audit'], warn: ['audit', 'warn'], enforce: ['audit', 'warn', 'enforce'] }[enforcement];
  return Object.fromEntries(modes.map((mode) => [`pod-security.kubernetes.io/${mode}`, podSecurity]));
};

const ROLE_OF_OWNER = {
  admin: CLUSTER_ROLES.tenantAdmin,
  edit: CLUSTER_ROLES.tenantEdit,
  view: CLUSTER_ROLES.tenantView,
} as const;

const subjectOf = ({ kind, name, namespace }: RbacSubject): object => ({
  kind,
  name,
  ...(kind === 'ServiceAccount' ? { namespace } : { apiGroup: 'rbac.authorization.k8s.io' }),
});

/** The fences inside one namespace, in apply order. */
const planNamespace = (tenant: Tenant, namespace: string, settings: TenantSettings): KubernetesObject[] => {
  const { isolation, owners, quota, namespaces } = tenant.spec;
  const enforced = isolation.enforcement === 'enforce';
  const adopted = namespaces.some(({ name, adopt }) => name === namespace && adopt);
  const metadata = (name: string) => ({ name, namespace, labels: labelsOf(tenant.metadata.name) });
  const binding = (name: string, role: ClusterRole, subjects: readonly RbacSubject[]): KubernetesObject[] =>
    subjects.length === 0
      ? []
      : [
          {
            apiVersion: 'rbac.authorization.k8s.io/v1',
            kind: 'RoleBinding',
            metadata: metadata(name),
            roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: role.metadata.name },
            subjects: subjects.map(subjectOf),
          } as KubernetesObject,
        ];
  const serviceAccount = {
    apiVersion: 'v1',
    kind: 'ServiceAccount',
    metadata: { ...metadata(JOB_SERVICE_ACCOUNT), annotations: isolation.serviceAccountAnnotations },
  };
  const jobsQuota: ResourceQuota = {
    apiVersion: 'v1',
    kind: 'ResourceQuota',
    metadata: metadata(JOBS_QUOTA),
    spec: { hard: { 'count/flinkdeployments.flink.apache.org': String(quota.jobs) } },
  };
  const limitRange = {
    apiVersion: 'v1',
    kind: 'LimitRange',
    metadata: metadata('headgate'),
    spec: {
      limits: [
        { type: 'Container', default: isolation.containerDefaults, defaultRequest: isolation.containerDefaults },
      ],
    },
  };

  return [
    jobsQuota,
    // These two cannot only report: where fences are not enforced yet, they would break what lives there.
    ...(enforced || !adopted ? [limitRange] : []),
    ...(enforced ? planNetworkPolicies(tenant, namespace, settings) : []),
    serviceAccount,
    ...binding('headgate-job', CLUSTER_ROLES.job, [{ kind: 'ServiceAccount', name: JOB_SERVICE_ACCOUNT, namespace }]),
    ...binding('headgate-work', CLUSTER_ROLES.work, settings.serviceProxySubjects),
    ...(settings.operatorServiceAccount === undefined
      ? []
      : binding('headgate-flink-operator', CLUSTER_ROLES.flinkOperator, [
          { kind: 'ServiceAccount', name: settings.operatorServiceAccount, namespace: settings.operatorNamespace },
        ])),
    ...(['admin', 'edit', 'view'] as const).flatMap((role) =>
      binding(
        `headgate-owners-${role}`,
        ROLE_OF_OWNER[role],
        owners.filter((owner) => owner.role === role),
      ),
    ),
  ];
};

/** The fences of a tenant. */
export const planTenant = (tenant: Tenant, settings: TenantSettings): TenantPlan => {
  const namespaces = namespacesOf(tenant);
  const adopt = tenant.spec.namespaces.filter((namespace) => namespace.adopt).map((namespace) => namespace.name);
  const labels = labelsOf(tenant.metadata.name);
  return {
    fences: [
      ...namespaces.map((name) => ({
        apiVersion: 'v1',
        kind: 'Namespace',
        metadata: { name, labels: { ...labels, ...podSecurityLabels(tenant.spec.isolation) } },
      })),
      ...namespaces.flatMap((namespace) => planNamespace(tenant, namespace, settings)),
    ],
    birthQuotas: namespaces
      .filter((namespace) => !adopt.includes(namespace))
      .map((namespace) => ({
        apiVersion: 'v1',
        kind: 'ResourceQuota',
        metadata: { name: GRANT_QUOTA, namespace, labels },
        spec: { hard: quotaHard(ZERO) },
      })),
    adopt,
  };
};
