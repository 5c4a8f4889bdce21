/** Somebody as RBAC names him: a user, a group, or a service account (then with its namespace). */
export type RbacSubject = {
  readonly kind: 'User' | 'Group' | 'ServiceAccount';
  readonly name: string;
  readonly namespace?: string | undefined;
};

/** What fences depend on beside the tenant: facts of the cluster, the same for every tenant. */
export type TenantSettings = {
  /** Where the Flink operator runs; it may reach Flink's REST API. */
  readonly operatorNamespace: string;
  /** When set, the operator is bound in each tenant namespace, so that it needs no cluster-wide role. */
  readonly operatorServiceAccount?: string;
  /** Addresses that the API server sends from and is reached at (CIDR): its service proxy, and Flink's native mode. */
  readonly controlPlaneCidrs: readonly string[];
  /** Ports of the API server behind its Service. Default: 443 and 6443. */
  readonly apiServerPorts?: readonly number[];
  /** Where the cluster's DNS pods run. */
  readonly dnsNamespace: string;
  /** Addresses of DNS that is no pod, such as a node-local cache. */
  readonly dnsCidrs?: readonly string[];
  /** Who of Headgate's functions works on jobs: reads them, scales them, and uses `services/proxy`. */
  readonly serviceProxySubjects: readonly RbacSubject[];
};
