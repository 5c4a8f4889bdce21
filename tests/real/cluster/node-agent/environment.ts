import { parseCpuMillis, parseMemoryBytes } from '../../../../lib/model/resources.ts';
import { type Api, ifFound } from './api.ts';
import type {
  ConfigMap,
  Container,
  FieldReference,
  KeyReference,
  Pod,
  ResourceFieldReference,
  Secret,
} from './objects.ts';

/** What a pod's fields read once it runs; the Pod object that we hold may not say it yet. */
export type PodAddresses = { podIP: string; hostIP: string };

/** The container's variables: envFrom first, then env in order, each seeing the ones before it. Throws when a source is missing. */
export async function readEnvironment(
  api: Api,
  pod: Pod,
  container: Container,
  addresses: PodAddresses,
): Promise<Record<string, string>> {
  const sources = `/api/v1/namespaces/${pod.metadata.namespace}`;
  const readConfigMap = async (reference: { name: string; optional?: boolean }) => {
    const answer = api.get<ConfigMap>(`${sources}/configmaps/${reference.name}`);
    return (reference.optional ? await ifFound(answer) : await answer)?.data ?? {};
  };
  const readSecret = async (reference: { name: string; optional?: boolean }) => {
    const answer = api.get<Secret>(`${sources}/secrets/${reference.name}`);
    const data = (reference.optional ? await ifFound(answer) : await answer)?.data ?? {};
    return mapValues(data, (value) => Buffer.from(value, 'base64').toString());
  };

  const environment: Record<string, string> = {};
  for (const { prefix = '', configMapRef, secretRef } of container.envFrom ?? []) {
    const values = {
      ...(configMapRef && (await readConfigMap(configMapRef))),
      ...(secretRef && (await readSecret(secretRef))),
    };
    for (const [name, value] of Object.entries(values)) environment[prefix + name] = value;
  }
  for (const { name, value, valueFrom } of container.env ?? []) {
    const { fieldRef, resourceFieldRef, configMapKeyRef, secretKeyRef } = valueFrom ?? {};
    let resolved: string | undefined;
    if (fieldRef) resolved = readField(pod, fieldRef, addresses);
    else if (resourceFieldRef) resolved = readResource(pod, container, resourceFieldRef);
    else if (configMapKeyRef) resolved = pick(await readConfigMap(configMapKeyRef), configMapKeyRef);
    else if (secretKeyRef) resolved = pick(await readSecret(secretKeyRef), secretKeyRef);
    else resolved = expand(value ?? '', environment);
    if (resolved !== undefined) environment[name] = resolved;
  }
  return environment;
}

/** Replaces `$(NAME)` by the variable's value; an unknown name stays as it is, and `$$(NAME)` means a literal `$(NAME)`. */
export function expand(text: string, environment: Readonly<Record<string, string>>): string {
  return text.replace(/\$\$|\$\((\w+)\)/g, (match, name?: string) => {
    if (name === undefined) return '$';
    return environment[name] ?? match;
  });
}

/** A pod field as the downward API gives it (`metadata.labels['x']`, `status.podIP`, whole label maps as lines). */
export function readField(pod: Pod, { fieldPath }: FieldReference, addresses: PodAddresses): string {
  const { metadata, spec } = pod;
  const fields: Record<string, string | undefined> = {
    'metadata.name': metadata.name,
    'metadata.namespace': metadata.namespace,
    'metadata.uid': metadata.uid,
    'metadata.labels': formatLines(metadata.labels),
    'metadata.annotations': formatLines(metadata.annotations),
    'spec.nodeName': spec.nodeName,
    'spec.serviceAccountName': spec.serviceAccountName,
    'status.podIP': addresses.podIP,
    'status.podIPs': addresses.podIP,
    'status.hostIP': addresses.hostIP,
    'status.hostIPs': addresses.hostIP,
  };
  const [, map, key] = /^metadata\.(labels|annotations)\['(.+)'\]$/.exec(fieldPath) ?? [];
  if (map && key) return (map === 'labels' ? metadata.labels : metadata.annotations)?.[key] ?? '';
  if (!(fieldPath in fields)) throw new Error(`unknown field ${fieldPath}`);
  return fields[fieldPath] ?? '';
}

/** A container's request or limit in units of the divisor, rounded up; "0" when it has none. */
export function readResource(pod: Pod, container: Container, reference: ResourceFieldReference): string {
  const named = [...pod.spec.containers, ...(pod.spec.initContainers ?? [])].find(
    ({ name }) => name === reference.containerName,
  );
  const [kind, resource = ''] = reference.resource.split('.');
  const amount = (named ?? container).resources?.[kind === 'limits' ? 'limits' : 'requests']?.[resource];
  const parse = resource === 'cpu' ? parseCpuMillis : parseMemoryBytes;
  // The API server's default for the divisor is 0, and means 1.
  const divisor = parse(reference.divisor ?? '1') || parse('1');
  return amount === undefined ? '0' : String(Math.ceil((parse(amount) ?? 0) / (divisor ?? 1)));
}

function pick(values: Record<string, string>, { name, key, optional }: KeyReference): string | undefined {
  if (values[key] === undefined && !optional) throw new Error(`couldn't find key ${key} in ${name}`);
  return values[key];
}

function formatLines(map: Record<string, string> = {}): string {
  return Object.entries(map)
    .map(([key, value]) => `${key}=${JSON.stringify(value)}`)
    .join('\n');
}

function mapValues<A, B>(map: Record<string, A>, change: (value: A) => B): Record<string, B> {
  return Object.fromEntries(Object.entries(map).map(([key, value]) => [key, change(value)]));
}
