import { HEADGATE_API_VERSION } from '../../model/group.ts';
import type { CapacityPool } from '../../model/capacity-pool.ts';
import type { KubernetesObject } from '../../model/kubernetes-object.ts';
import type { ManagedJob } from '../../model/managed-job.ts';
import type { Tenant } from '../../model/tenant.ts';
import type { TenantRequest } from '../../model/tenant-request.ts';

/** Where objects of one kind live in the API. Known here, so that no call has to ask for it (discovery). */
export type Kind<T extends KubernetesObject = KubernetesObject> = {
  readonly apiVersion: string;
  readonly kind: string;
  readonly plural: string;
  readonly namespaced: boolean;
  /** Never set: it carries the object's type from the constant to the call. */
  readonly object?: T;
};

/** An object whose content is read elsewhere, with a schema of its own. */
export type ForeignObject = KubernetesObject & { readonly spec?: unknown; readonly status?: unknown };

/** Kubernetes amounts by resource name, as text. */
type Amounts = Readonly<Record<string, string>>;

export type Namespace = KubernetesObject & {
  readonly status?: { readonly phase?: 'Active' | 'Terminating' };
};

export type Node = KubernetesObject & {
  readonly spec?: {
    readonly unschedulable?: boolean;
    readonly taints?: readonly { readonly key: string; readonly value?: string; readonly effect: string }[];
  };
  readonly status?: {
    readonly allocatable?: Amounts;
    readonly capacity?: Amounts;
    readonly conditions?: readonly { readonly type: string; readonly status: string }[];
  };
};

type Container = {
  readonly name: string;
  readonly resources?: { readonly requests?: Amounts; readonly limits?: Amounts };
};

export type Pod = KubernetesObject & {
  readonly spec?: {
    readonly nodeName?: string;
    readonly containers: readonly Container[];
    readonly initContainers?: readonly (Container & { readonly restartPolicy?: string })[];
    readonly overhead?: Amounts;
  };
  readonly status?: {
    readonly phase?: 'Pending' | 'Running' | 'Succeeded' | 'Failed' | 'Unknown';
    readonly conditions?: readonly {
      readonly type: string;
      readonly status: string;
      readonly reason?: string;
      readonly message?: string;
    }[];
    readonly startTime?: string;
  };
};

export type ConfigMap = KubernetesObject & {
  readonly data?: Readonly<Record<string, string>>;
  readonly binaryData?: Readonly<Record<string, string>>;
};

export type ResourceQuota = KubernetesObject & {
  readonly spec?: { readonly hard?: Amounts };
  readonly status?: { readonly hard?: Amounts; readonly used?: Amounts };
};

/** `events.k8s.io/v1`. */
export type Event = KubernetesObject & {
  readonly eventTime: string;
  readonly reportingController: string;
  readonly reportingInstance: string;
  readonly action: string;
  readonly reason: string;
  readonly type: 'Normal' | 'Warning';
  readonly note?: string;
  readonly regarding?: {
    readonly apiVersion?: string;
    readonly kind?: string;
    readonly namespace?: string;
    readonly name?: string;
    readonly uid?: string;
  };
};

export type Lease = KubernetesObject & {
  readonly spec?: {
    readonly holderIdentity?: string;
    readonly leaseDurationSeconds?: number;
    readonly acquireTime?: string;
    readonly renewTime?: string;
  };
};

const kind = <T extends KubernetesObject>(apiVersion: string, name: string, plural: string): Kind<T> => ({
  apiVersion,
  kind: name,
  plural,
  namespaced: true,
});

const clusterKind = <T extends KubernetesObject>(apiVersion: string, name: string, plural: string): Kind<T> => ({
  ...kind<T>(apiVersion, name, plural),
  namespaced: false,
});

const RBAC = 'rbac.authorization.k8s.io/v1';
const FLINK = 'flink.apache.org/v1beta1';

/** Every kind that Headgate touches. Secret is missing on purpose. */
export const NAMESPACE = clusterKind<Namespace>('v1', 'Namespace', 'namespaces');
export const NODE = clusterKind<Node>('v1', 'Node', 'nodes');
export const POD = kind<Pod>('v1', 'Pod', 'pods');
export const CONFIG_MAP = kind<ConfigMap>('v1', 'ConfigMap', 'configmaps');
export const SERVICE_ACCOUNT = kind<ForeignObject>('v1', 'ServiceAccount', 'serviceaccounts');
export const RESOURCE_QUOTA = kind<ResourceQuota>('v1', 'ResourceQuota', 'resourcequotas');
export const LIMIT_RANGE = kind<ForeignObject>('v1', 'LimitRange', 'limitranges');
export const NETWORK_POLICY = kind<ForeignObject>('networking.k8s.io/v1', 'NetworkPolicy', 'networkpolicies');
export const ROLE = kind<ForeignObject>(RBAC, 'Role', 'roles');
export const ROLE_BINDING = kind<ForeignObject>(RBAC, 'RoleBinding', 'rolebindings');
export const EVENT = kind<Event>('events.k8s.io/v1', 'Event', 'events');
export const LEASE = kind<Lease>('coordination.k8s.io/v1', 'Lease', 'leases');
export const TENANT = clusterKind<Tenant>(HEADGATE_API_VERSION, 'Tenant', 'tenants');
export const CAPACITY_POOL = clusterKind<CapacityPool>(HEADGATE_API_VERSION, 'CapacityPool', 'capacitypools');
export const MANAGED_JOB = kind<ManagedJob>(HEADGATE_API_VERSION, 'ManagedJob', 'managedjobs');
export const TENANT_REQUEST = kind<TenantRequest>(HEADGATE_API_VERSION, 'TenantRequest', 'tenantrequests');
export const FLINK_DEPLOYMENT = kind<ForeignObject>(FLINK, 'FlinkDeployment', 'flinkdeployments');
export const FLINK_STATE_SNAPSHOT = kind<ForeignObject>(FLINK, 'FlinkStateSnapshot', 'flinkstatesnapshots');

const KINDS: readonly Kind[] = [
  NAMESPACE,
  NODE,
  POD,
  CONFIG_MAP,
  SERVICE_ACCOUNT,
  RESOURCE_QUOTA,
  LIMIT_RANGE,
  NETWORK_POLICY,
  ROLE,
  ROLE_BINDING,
  EVENT,
  LEASE,
  TENANT,
  CAPACITY_POOL,
  MANAGED_JOB,
  TENANT_REQUEST,
  FLINK_DEPLOYMENT,
  FLINK_STATE_SNAPSHOT,
];

/** The kind of an object; undefined for one that Headgate never touches. */
export const kindOf = (object: { readonly apiVersion: string; readonly kind: string }): Kind | undefined =>
  KINDS.find((k) => k.apiVersion === object.apiVersion && k.kind === object.kind);
