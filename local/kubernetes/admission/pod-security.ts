/** The Pod Security level `restricted`, as a namespace's enforce label asks for it (k8s.io/pod-security-admission). */
import type { Write } from '../write.ts';
import { resourceOf } from '../kinds/kind.ts';
import { listOf, objectOf, stringOf, type JsonObject, type KubeObject } from '../object.ts';
import { forbidden } from '../status-error.ts';

const ENFORCE = 'pod-security.kubernetes.io/enforce';

const ALLOWED_VOLUMES = new Set([
  'configMap',
  'csi',
  'downwardAPI',
  'emptyDir',
  'ephemeral',
  'image',
  'persistentVolumeClaim',
  'projected',
  'secret',
]);

const quoted = (names: readonly string[]): string => names.map((name) => JSON.stringify(name)).join(', ');

/** `container "a" must` or `containers "a", "b" must`. */
const containersMust = (names: readonly string[], what: string): string =>
  `${names.length === 1 ? 'container' : 'containers'} ${quoted(names)} must ${what}`;

type Check = { readonly isBroken: boolean; readonly text: string };

const contextOf = (of: JsonObject): JsonObject => objectOf(of['securityContext']);

const hostNamespaces = (spec: JsonObject): Check => {
  const used = ['hostNetwork', 'hostPID', 'hostIPC'].filter((field) => spec[field] === true);
  return { isBroken: used.length > 0, text: `host namespaces (${used.map((field) => `${field}=true`).join(', ')})` };
};

const privileged = (containers: readonly JsonObject[]): Check => {
  const names = containers.filter((one) => contextOf(one)['privileged'] === true).map((one) => stringOf(one['name']));
  return {
    isBroken: names.length > 0,
    text: `privileged (${containersMust(names, 'not set securityContext.privileged=true')})`,
  };
};

const escalation = (containers: readonly JsonObject[]): Check => {
  const names = containers
    .filter((one) => contextOf(one)['allowPrivilegeEscalation'] !== false)
    .map((one) => stringOf(one['name']));
  return {
    isBroken: names.length > 0,
    text: `allowPrivilegeEscalation != false (${containersMust(names, 'set securityContext.allowPrivilegeEscalation=false')})`,
  };
};

const capabilities = (containers: readonly JsonObject[]): Check => {
  const names = containers
    .filter((one) => !listOf(objectOf(contextOf(one)['capabilities'])['drop']).includes('ALL'))
    .map((one) => stringOf(one['name']));
  return {
    isBroken: names.length > 0,
    text: `unrestricted capabilities (${containersMust(names, 'set securityContext.capabilities.drop=["ALL"]')})`,
  };
};

const volumes = (spec: JsonObject): Check => {
  const wrong = listOf(spec['volumes'])
    .map(objectOf)
    .flatMap((volume) => {
      const type = Object.keys(volume).find((field) => field !== 'name') ?? 'emptyDir';
      return ALLOWED_VOLUMES.has(type) ? [] : [{ name: stringOf(volume['name']), type }];
    });
  const names = wrong.map(({ name }) => name);
  const types = [...new Set(wrong.map(({ type }) => type))].toSorted();
  const which = `${names.length === 1 ? 'volume' : 'volumes'} ${quoted(names)}`;
  const used =
    types.length === 1
      ? `uses restricted volume type ${quoted(types)}`
      : `use restricted volume types ${quoted(types)}`;
  return {
    isBroken: names.length > 0,
    text: `restricted volume types (${which} ${names.length === 1 ? used : used.replace('uses', 'use')})`,
  };
};

/** Pod or every container must say it; a container may not say otherwise. */
const runAsNonRoot = (spec: JsonObject, containers: readonly JsonObject[]): Check => {
  const isPodSet = contextOf(spec)['runAsNonRoot'] === true;
  const names = containers
    .filter((one) => {
      const own = contextOf(one)['runAsNonRoot'];
      return own === false || (own === undefined && !isPodSet);
    })
    .map((one) => stringOf(one['name']));
  return {
    isBroken: names.length > 0,
    text: `runAsNonRoot != true (pod or ${containersMust(names, 'set securityContext.runAsNonRoot=true')})`,
  };
};

const seccomp = (spec: JsonObject, containers: readonly JsonObject[]): Check => {
  const isGood = (of: JsonObject): boolean =>
    ['RuntimeDefault', 'Localhost'].includes(stringOf(objectOf(contextOf(of)['seccompProfile'])['type']));
  const isPodSet = isGood(spec);
  const names = containers
    .filter((one) => !isGood(one) && (contextOf(one)['seccompProfile'] !== undefined || !isPodSet))
    .map((one) => stringOf(one['name']));
  return {
    isBroken: names.length > 0,
    text: `seccompProfile (pod or ${containersMust(names, 'set securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost"')})`,
  };
};

const violations = (spec: JsonObject): string[] => {
  const containers = [...listOf(spec['initContainers']), ...listOf(spec['containers'])].map(objectOf);
  const checks = [
    hostNamespaces(spec),
    privileged(containers),
    escalation(containers),
    capabilities(containers),
    volumes(spec),
    runAsNonRoot(spec, containers),
    seccomp(spec, containers),
  ];
  return checks.filter(({ isBroken }) => isBroken).map(({ text }) => text);
};

/** @throws StatusError 403 with everything that keeps a new pod from its namespace's level */
export const assertPodSecurity = (write: Write, pod: KubeObject): void => {
  if (write.kind.group !== '' || write.kind.kind !== 'Pod' || write.subresource !== '') return;
  const namespace = write.cluster.store.get('/namespaces', pod.metadata.namespace ?? '');
  if (namespace?.metadata.labels?.[ENFORCE] !== 'restricted') return;
  const found = violations(objectOf(pod['spec']));
  if (found.length === 0) return;
  const why = `violates PodSecurity "restricted:latest": ${found.join(', ')}`;
  throw forbidden(resourceOf(write.kind), pod.metadata.name ?? '', why);
};
