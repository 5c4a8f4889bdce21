import type { KubernetesObject } from '../model/kubernetes-object.ts';
import { HEADGATE_GROUP } from '../model/group.ts';

type PolicyRule = {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly verbs: readonly string[];
};
export type ClusterRole = KubernetesObject & { readonly rules: readonly PolicyRule[] };

const FLINK_GROUP = 'flink.apache.org';
const READ = ['get', 'list', 'watch'];
const WRITE = ['create', 'update', 'patch', 'delete'];
/** A stream is asked for with POST (SPDY) or GET (WebSocket). */
const CONNECT = ['create', 'get'];

const role = (name: string, ...rules: readonly PolicyRule[]): ClusterRole => ({
  apiVersion: 'rbac.authorization.k8s.io/v1',
  kind: 'ClusterRole',
  metadata: { name, labels: { 'app.kubernetes.io/managed-by': 'headgate' } },
  rules,
});
const rule = (group: string, resources: readonly string[], verbs: readonly string[]): PolicyRule => ({
  apiGroups: [group],
  resources,
  verbs,
});

/** Everything of a tenant's namespace but secrets and who may do what. */
const view = [
  rule('', ['pods', 'pods/log', 'services', 'configmaps', 'persistentvolumeclaims', 'serviceaccounts'], READ),
  rule('', ['events', 'resourcequotas', 'limitranges'], READ),
  rule('apps', ['deployments', 'replicasets'], READ),
  rule('networking.k8s.io', ['networkpolicies'], READ),
  rule(FLINK_GROUP, ['flinkdeployments', 'flinkstatesnapshots'], READ),
  rule(HEADGATE_GROUP, ['managedjobs', 'tenantrequests'], READ),
];

/**
 * Jobs are changed by requests, never directly, so that every change is checked and has an outcome. Secrets can be
 * written, since jobs mount them, but not read. Deleting a pod is Flink's own restart.
 */
const edit = [
  ...view,
  rule(HEADGATE_GROUP, ['tenantrequests'], ['create']),
  rule('', ['configmaps', 'persistentvolumeclaims'], WRITE),
  rule('', ['secrets'], WRITE),
  rule('', ['pods'], ['delete']),
  rule('', ['pods/portforward'], CONNECT),
];

/** Besides: what helps to find a fault, and shows what the job itself can see. */
const admin = [...edit, rule('', ['secrets'], READ), rule('', ['pods/exec'], CONNECT)];

/**
 * The roles that planTenant binds in tenants' namespaces. They are cluster roles, shipped once, so that whoever writes
 * the fences needs `bind` on these names and neither `escalate` nor the rights themselves; nothing binds them
 * cluster-wide.
 *
 * Owners get roles of our own rather than the built-in `admin`, `edit` and `view`: `edit` may open the network policies,
 * act as any service account and write Flink's resources past the checks; `admin` may also unbind Headgate, which
 * would put lent capacity out of its reach; and all three grow with every chart that aggregates into them.
 */
export const CLUSTER_ROLES = {
  tenantView: role('headgate:tenant-view', ...view),
  tenantEdit: role('headgate:tenant-edit', ...edit),
  tenantAdmin: role('headgate:tenant-admin', ...admin),

  /**
   * What Flink's native mode does with its pods' token (`Fabric8FlinkKubeClient`): TaskManager pods, leader election
   * and high availability in ConfigMaps, its own Deployment as owner of both.
   */
  job: role(
    'headgate:job',
    rule('', ['pods'], [...READ, 'create', 'delete']),
    rule('', ['configmaps'], [...READ, ...WRITE]),
    rule('apps', ['deployments'], ['get', 'delete']),
    rule('apps', ['deployments/finalizers'], ['update']),
  ),

  /**
   * What `work` does. The name of a proxied Service cannot be restricted by pattern, so it is any Service of the
   * namespace; `create` (POST) is left out, since that is how Flink's REST API takes jars and jobs.
   */
  work: role(
    'headgate:work',
    rule('', ['services/proxy'], ['get', 'update']),
    rule('', ['pods'], ['list']),
    rule('', ['resourcequotas'], ['get']),
    // An Event that is there already is read instead of being written again.
    rule('events.k8s.io', ['events'], ['get', 'create']),
    // Deleting and creating is how operators before 1.8 restore a job.
    rule(FLINK_GROUP, ['flinkdeployments'], ['list', 'create', 'patch', 'delete']),
    rule(HEADGATE_GROUP, ['managedjobs'], ['list', 'create', 'patch']),
    rule(HEADGATE_GROUP, ['managedjobs/status'], ['patch']),
  ),

  /** What the operator's chart grants it, without Secrets and Ingresses. */
  flinkOperator: role(
    'headgate:flink-operator',
    rule('', ['pods', 'services', 'events', 'configmaps'], [...READ, ...WRITE, 'deletecollection']),
    rule('apps', ['deployments', 'deployments/finalizers', 'replicasets'], [...READ, ...WRITE]),
    rule('apps', ['deployments/scale'], ['get', 'update', 'patch']),
    rule(
      FLINK_GROUP,
      ['flinkdeployments', 'flinksessionjobs', 'flinkstatesnapshots'].flatMap((kind) => [
        kind,
        `${kind}/status`,
        `${kind}/finalizers`,
      ]),
      [...READ, ...WRITE],
    ),
  ),
} as const;
