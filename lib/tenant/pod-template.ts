import { z } from 'zod';
import { Quantity } from '../model/resources.ts';
import type { Isolation } from '../model/tenant.ts';
import { imageProblem } from './image.ts';
import { problemsOf } from './problems.ts';

/** The container that Flink runs in; the operator merges its own into the one of this name. */
const MAIN_CONTAINER = 'flink-main-container';
/** The user `flink` of the official images. */
const FLINK_USER = 9999;

// What a tenant's pod template may hold. Whatever is not named here is refused: host access, other identities, other
// schedulers, and fields that Kubernetes has yet to invent.

const Name = z.string().min(1).max(253);
const Port = z.union([z.number().int(), z.string()]);
const Strings = z.array(z.string());
const StringMap = z.record(z.string(), z.string());

/** Probes and hooks without `host`: the kubelet would call any address for them, from the node's network. */
const Handler = {
  exec: z.strictObject({ command: Strings }).optional(),
  httpGet: z
    .strictObject({
      path: z.string().optional(),
      port: Port,
      scheme: z.enum(['HTTP', 'HTTPS']).optional(),
      httpHeaders: z.array(z.strictObject({ name: z.string(), value: z.string() })).optional(),
    })
    .optional(),
  tcpSocket: z.strictObject({ port: Port }).optional(),
};
const Hook = z.strictObject({ ...Handler, sleep: z.strictObject({ seconds: z.number().int() }).optional() });
const Probe = z.strictObject({
  ...Handler,
  grpc: z.strictObject({ port: z.number().int(), service: z.string().optional() }).optional(),
  initialDelaySeconds: z.number().int().optional(),
  timeoutSeconds: z.number().int().optional(),
  periodSeconds: z.number().int().optional(),
  successThreshold: z.number().int().optional(),
  failureThreshold: z.number().int().optional(),
  terminationGracePeriodSeconds: z.number().int().optional(),
});

/** Variables by which the image's entry point or the JVM would take settings past `flinkConfiguration`. */
const REFUSED_VARIABLES =
  /^(FLINK_PROPERTIES|FLINK_CONF_DIR|FLINK_ENV_JAVA_OPTS.*|JAVA_TOOL_OPTIONS|_JAVA_OPTIONS|JVM_ARGS)$/;
const EnvironmentVariable = z.strictObject({
  name: z
    .string()
    .refine((name) => !REFUSED_VARIABLES.test(name), 'would change the JVM or the configuration of the process'),
  value: z.string().optional(),
  valueFrom: z.record(z.string(), z.unknown()).optional(),
});

const seccompProfile = z
  .strictObject({ type: z.enum(['RuntimeDefault', 'Localhost']), localhostProfile: z.string().optional() })
  .optional();

/** What both levels of Pod Security leave open; `restricted` takes root and privilege escalation away besides. */
const securityContexts = (level: Isolation['podSecurity']) => {
  const restricted = level === 'restricted';
  const user = {
    runAsUser: z
      .number()
      .int()
      .min(restricted ? 1 : 0)
      .optional(),
    runAsGroup: z.number().int().min(0).optional(),
    runAsNonRoot: (restricted ? z.literal(true) : z.boolean()).optional(),
    seccompProfile,
  };
  return {
    pod: z.strictObject({
      ...user,
      fsGroup: z.number().int().min(0).optional(),
      fsGroupChangePolicy: z.enum(['OnRootMismatch', 'Always']).optional(),
      supplementalGroups: z.array(z.number().int().min(0)).optional(),
    }),
    container: z.strictObject({
      ...user,
      allowPrivilegeEscalation: (restricted ? z.literal(false) : z.boolean()).optional(),
      privileged: z.literal(false).optional(),
      readOnlyRootFilesystem: z.boolean().optional(),
      capabilities: z.strictObject({ drop: Strings.optional() }).optional(),
    }),
  };
};

/** Nothing that the tenant's quota does not count, such as devices. */
const Amounts = z.strictObject({
  cpu: Quantity.optional(),
  memory: Quantity.optional(),
  'ephemeral-storage': Quantity.optional(),
});

const containerOf = (level: Isolation['podSecurity']) =>
  z.strictObject({
    name: Name,
    image: z.string().optional(),
    imagePullPolicy: z.enum(['Always', 'IfNotPresent', 'Never']).optional(),
    command: Strings.optional(),
    args: Strings.optional(),
    workingDir: z.string().optional(),
    env: z.array(EnvironmentVariable).optional(),
    envFrom: z.array(z.record(z.string(), z.unknown())).optional(),
    ports: z
      .array(
        z.strictObject({
          name: z.string().optional(),
          containerPort: z.number().int(),
          protocol: z.enum(['TCP', 'UDP', 'SCTP']).optional(),
        }),
      )
      .optional(),
    resources: z.strictObject({ requests: Amounts.optional(), limits: Amounts.optional() }).optional(),
    volumeMounts: z
      .array(
        z.strictObject({
          name: Name,
          mountPath: z.string(),
          readOnly: z.boolean().optional(),
          subPath: z.string().optional(),
          subPathExpr: z.string().optional(),
        }),
      )
      .optional(),
    lifecycle: z.strictObject({ postStart: Hook.optional(), preStop: Hook.optional() }).optional(),
    livenessProbe: Probe.optional(),
    readinessProbe: Probe.optional(),
    startupProbe: Probe.optional(),
    restartPolicy: z.enum(['Always']).optional(),
    terminationMessagePath: z.string().optional(),
    terminationMessagePolicy: z.enum(['File', 'FallbackToLogsOnError']).optional(),
    securityContext: securityContexts(level).container.optional(),
  });

/** Volumes of the tenant's own namespace, or of nothing at all. */
const Volume = z.strictObject({
  name: Name,
  configMap: z.record(z.string(), z.unknown()).optional(),
  secret: z.record(z.string(), z.unknown()).optional(),
  emptyDir: z.record(z.string(), z.unknown()).optional(),
  persistentVolumeClaim: z.strictObject({ claimName: Name, readOnly: z.boolean().optional() }).optional(),
  ephemeral: z.record(z.string(), z.unknown()).optional(),
  downwardAPI: z.record(z.string(), z.unknown()).optional(),
  projected: z.record(z.string(), z.unknown()).optional(),
  image: z.strictObject({ reference: z.string(), pullPolicy: z.string().optional() }).optional(),
});

/** Near or away from one's own pods; pods of other namespaces are nobody's business. */
const PodAffinityTerm = z.strictObject({
  labelSelector: z.record(z.string(), z.unknown()).optional(),
  matchLabelKeys: Strings.optional(),
  topologyKey: z.string(),
});
const PodAffinity = z.strictObject({
  requiredDuringSchedulingIgnoredDuringExecution: z.array(PodAffinityTerm).optional(),
  preferredDuringSchedulingIgnoredDuringExecution: z
    .array(z.strictObject({ weight: z.number().int(), podAffinityTerm: PodAffinityTerm }))
    .optional(),
});

const templateOf = (level: Isolation['podSecurity']) => {
  const Container = containerOf(level);
  return z.strictObject({
    apiVersion: z.literal('v1').optional(),
    kind: z.enum(['Pod', 'PodTemplate']).optional(),
    metadata: z
      .strictObject({ name: Name.optional(), labels: StringMap.optional(), annotations: StringMap.optional() })
      .optional(),
    spec: z
      .strictObject({
        containers: z.array(Container).optional(),
        initContainers: z.array(Container).optional(),
        volumes: z.array(Volume).optional(),
        imagePullSecrets: z.array(z.strictObject({ name: Name })).optional(),
        securityContext: securityContexts(level).pod.optional(),
        serviceAccountName: z.literal('flink').optional(),
        priorityClassName: Name.optional(),
        nodeSelector: StringMap.optional(),
        affinity: z
          .strictObject({ podAffinity: PodAffinity.optional(), podAntiAffinity: PodAffinity.optional() })
          .optional(),
        topologySpreadConstraints: z.array(z.record(z.string(), z.unknown())).optional(),
        terminationGracePeriodSeconds: z.number().int().min(0).max(600).optional(),
        enableServiceLinks: z.boolean().optional(),
        hostAliases: z.array(z.strictObject({ ip: z.string(), hostnames: Strings })).optional(),
      })
      .optional(),
  });
};

const TEMPLATES = { baseline: templateOf('baseline'), restricted: templateOf('restricted') };

/** A pod template as far as a tenant may state one. */
export type PodTemplate = z.infer<(typeof TEMPLATES)['baseline']>;

/** Node labels that narrow a choice of nodes without leading to somebody else's. */
const TOPOLOGY_LABELS = new Set([
  'topology.kubernetes.io/zone',
  'topology.kubernetes.io/region',
  'kubernetes.io/arch',
  'kubernetes.io/os',
]);
/** Labels and annotations that something else in the cluster takes as an order or an identity. */
const RESERVED_METADATA = /^(headgate\.dev\/|iam\.amazonaws\.com\/|(container\.)?(apparmor|seccomp)\.security\.)/;

/** What a template that fits the schema does beyond what this tenant may. */
const problemsIn = ({ metadata, spec }: PodTemplate, isolation: Isolation, path: string): string[] => [
  ...Object.keys({ ...metadata?.labels, ...metadata?.annotations })
    .filter((key) => RESERVED_METADATA.test(key))
    .map((key) => `${path}.metadata: ${key} is reserved`),
  ...(['containers', 'initContainers'] as const).flatMap((list) =>
    (spec?.[list] ?? []).flatMap(({ image }, index) => {
      const problem = image === undefined ? undefined : imageProblem(image, isolation.registries);
      return problem === undefined ? [] : [`${path}.spec.${list}[${index}].image: ${problem}`];
    }),
  ),
  ...(spec?.volumes ?? []).flatMap(({ name, ...sources }, index) => {
    const at = `${path}.spec.volumes[${index}]`;
    const stated = Object.values(sources).filter((source) => source !== undefined).length;
    const image = sources.image === undefined ? undefined : imageProblem(sources.image.reference, isolation.registries);
    return [
      ...(stated > 1 ? [`${at}: ${name} has more than one source`] : []),
      ...(image === undefined ? [] : [`${at}.image: ${image}`]),
    ];
  }),
  ...(spec?.priorityClassName === undefined || isolation.priorityClasses.includes(spec.priorityClassName)
    ? []
    : [`${path}.spec.priorityClassName: ${spec.priorityClassName} is not one of the tenant's priority classes`]),
  ...Object.entries(spec?.nodeSelector ?? {}).flatMap(([label, value]) =>
    (isolation.nodeSelector[label] ?? (TOPOLOGY_LABELS.has(label) ? value : undefined)) === value
      ? []
      : [`${path}.spec.nodeSelector: ${label}: ${value} leads to nodes that are not the tenant's`],
  ),
];

/** Reads a pod template and reports everything about it that this tenant may not. */
export const checkPodTemplate = (
  given: unknown,
  isolation: Isolation,
  path: string,
): { readonly template: PodTemplate; readonly problems: readonly string[] } => {
  const parsed = TEMPLATES[isolation.podSecurity].safeParse(given);
  return parsed.success
    ? { template: parsed.data, problems: problemsIn(parsed.data, isolation, path) }
    : { template: {}, problems: problemsOf(parsed.error, ...path.split('.')) };
};

type Spec = NonNullable<PodTemplate['spec']>;
type Container = NonNullable<Spec['containers']>[number];

const hardenContainer = (container: Container, restricted: boolean): Container => {
  const given = container.securityContext;
  return {
    ...container,
    securityContext: {
      allowPrivilegeEscalation: false,
      ...(given?.runAsUser === 0 && { runAsNonRoot: false }),
      ...given,
      capabilities: restricted ? { drop: ['ALL'] } : (given?.capabilities ?? { drop: ['ALL'] }),
    },
  };
};

/**
 * The template with what Pod Security `restricted` asks for, which Flink's own pods do not state, and with the tenant's
 * nodes. What the tenant states stands.
 */
export const hardenPodTemplate = (template: PodTemplate, isolation: Isolation): PodTemplate => {
  const { spec = {} } = template;
  const restricted = isolation.podSecurity === 'restricted';
  const containers = spec.containers ?? [];
  const withMain = containers.some((c) => c.name === MAIN_CONTAINER)
    ? containers
    : [{ name: MAIN_CONTAINER }, ...containers];
  const nodeSelector = { ...spec.nodeSelector, ...isolation.nodeSelector };
  const runAsUser = spec.securityContext?.runAsUser ?? FLINK_USER;
  return {
    ...template,
    spec: {
      ...spec,
      ...(Object.keys(nodeSelector).length > 0 && { nodeSelector }),
      securityContext: {
        runAsUser,
        runAsGroup: FLINK_USER,
        runAsNonRoot: runAsUser !== 0,
        fsGroup: FLINK_USER,
        seccompProfile: { type: 'RuntimeDefault' },
        ...spec.securityContext,
      },
      containers: withMain.map((container) => hardenContainer(container, restricted)),
      ...(spec.initContainers !== undefined && {
        initContainers: spec.initContainers.map((container) => hardenContainer(container, restricted)),
      }),
    },
  };
};
