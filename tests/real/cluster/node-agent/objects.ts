/** The parts of Kubernetes objects that the node agent understands. What is not here, it ignores. */

export type Metadata = {
  name: string;
  namespace?: string;
  uid: string;
  resourceVersion?: string;
  labels?: Record<string, string>;
  annotations?: Record<string, string>;
  deletionTimestamp?: string;
  deletionGracePeriodSeconds?: number;
};

export type KubeObject = { metadata: Metadata };

export type Pod = KubeObject & {
  spec: PodSpec;
  status?: { phase?: string };
};

export type PodSpec = {
  nodeName?: string;
  serviceAccountName?: string;
  restartPolicy?: 'Always' | 'OnFailure' | 'Never';
  hostname?: string;
  terminationGracePeriodSeconds?: number;
  containers: Container[];
  initContainers?: Container[];
  volumes?: Volume[];
  securityContext?: PodSecurityContext;
};

export type Container = {
  name: string;
  image: string;
  command?: string[];
  args?: string[];
  workingDir?: string;
  env?: EnvironmentVariable[];
  envFrom?: EnvironmentSource[];
  ports?: { name?: string; containerPort: number }[];
  resources?: Resources;
  volumeMounts?: VolumeMount[];
  readinessProbe?: Probe;
  livenessProbe?: Probe;
  securityContext?: SecurityContext;
  terminationMessagePath?: string;
};

export type Resources = { limits?: Record<string, string>; requests?: Record<string, string> };

export type VolumeMount = {
  name: string;
  mountPath: string;
  subPath?: string;
  subPathExpr?: string;
  readOnly?: boolean;
};

export type EnvironmentVariable = {
  name: string;
  value?: string;
  valueFrom?: {
    fieldRef?: FieldReference;
    resourceFieldRef?: ResourceFieldReference;
    configMapKeyRef?: KeyReference;
    secretKeyRef?: KeyReference;
  };
};

export type EnvironmentSource = {
  prefix?: string;
  configMapRef?: { name: string; optional?: boolean };
  secretRef?: { name: string; optional?: boolean };
};

export type FieldReference = { fieldPath: string };
export type ResourceFieldReference = { containerName?: string; resource: string; divisor?: string };
export type KeyReference = { name: string; key: string; optional?: boolean };

export type PodSecurityContext = {
  runAsUser?: number;
  runAsGroup?: number;
  runAsNonRoot?: boolean;
  fsGroup?: number;
  supplementalGroups?: number[];
};

export type SecurityContext = {
  runAsUser?: number;
  runAsGroup?: number;
  runAsNonRoot?: boolean;
  allowPrivilegeEscalation?: boolean;
  privileged?: boolean;
  readOnlyRootFilesystem?: boolean;
  capabilities?: { drop?: string[] };
};

export type Probe = {
  httpGet?: { path?: string; port: number | string; scheme?: string };
  tcpSocket?: { port: number | string };
  initialDelaySeconds?: number;
  periodSeconds?: number;
  timeoutSeconds?: number;
  successThreshold?: number;
  failureThreshold?: number;
};

export type KeyToPath = { key: string; path: string; mode?: number };
export type DownwardItem = { path: string; fieldRef?: FieldReference; resourceFieldRef?: ResourceFieldReference };

/** A source of files: alone in a volume, or one of several in a projected volume. */
export type VolumeSource = {
  configMap?: { name: string; items?: KeyToPath[]; optional?: boolean };
  /** A volume says `secretName`, a projection `name`. */
  secret?: { secretName?: string; name?: string; items?: KeyToPath[]; optional?: boolean };
  downwardAPI?: { items?: DownwardItem[] };
  serviceAccountToken?: { path: string; audience?: string; expirationSeconds?: number };
};

export type Volume = VolumeSource & {
  name: string;
  emptyDir?: object;
  hostPath?: { path: string };
  projected?: { sources: VolumeSource[] };
  persistentVolumeClaim?: { claimName: string; readOnly?: boolean };
};

export type ConfigMap = KubeObject & { data?: Record<string, string>; binaryData?: Record<string, string> };
export type Secret = KubeObject & { data?: Record<string, string> };

export type PersistentVolumeClaim = KubeObject & {
  spec: { storageClassName?: string; volumeName?: string; accessModes: string[]; resources: Resources };
  status?: { phase?: string };
};

export type PersistentVolume = KubeObject & {
  spec: { storageClassName?: string; hostPath?: { path: string }; claimRef?: { namespace: string; name: string } };
  status?: { phase?: string };
};

export type ServicePort = { name?: string; port: number; protocol?: string };

export type Service = KubeObject & {
  spec: { clusterIP?: string; ports?: ServicePort[]; publishNotReadyAddresses?: boolean };
};

export type EndpointSlice = KubeObject & {
  endpoints?: { addresses: string[]; hostname?: string; conditions?: { ready?: boolean } }[];
  ports?: { name?: string; port?: number }[];
};
