import { chmodSync, chownSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type Api, ifFound } from './api.ts';
import { type PodAddresses, readField, readResource } from './environment.ts';
import type {
  ConfigMap,
  KeyToPath,
  PersistentVolume,
  PersistentVolumeClaim,
  Pod,
  Secret,
  Volume,
  VolumeSource,
} from './objects.ts';

/**
 * The host folder that holds a pod's volume, filled and owned so that the pod's user can use it. Throws while an object that it
 * needs does not exist, or a claim is not bound: the caller tries again, as the kubelet does.
 */
export async function prepareVolume(
  api: Api,
  pod: Pod,
  volume: Volume,
  folder: string,
  addresses: PodAddresses,
): Promise<string> {
  if (volume.hostPath) {
    mkdirSync(volume.hostPath.path, { recursive: true });
    return volume.hostPath.path;
  }
  if (volume.persistentVolumeClaim) {
    const claimed = await findClaimedFolder(api, pod, volume.persistentVolumeClaim.claimName);
    openToPod(claimed, pod);
    return claimed;
  }
  mkdirSync(folder, { recursive: true });
  if (volume.emptyDir) openToPod(folder, pod);
  for (const source of volume.projected?.sources ?? [volume]) await writeSource(api, pod, source, folder, addresses);
  return folder;
}

async function findClaimedFolder(api: Api, pod: Pod, claimName: string): Promise<string> {
  const claims = `/api/v1/namespaces/${pod.metadata.namespace}/persistentvolumeclaims`;
  const claim = await api.get<PersistentVolumeClaim>(`${claims}/${claimName}`);
  if (claim.status?.phase !== 'Bound') throw new Error(`PersistentVolumeClaim ${claimName} is not bound`);
  const volume = await api.get<PersistentVolume>(`/api/v1/persistentvolumes/${claim.spec.volumeName}`);
  if (!volume.spec.hostPath) throw new Error(`PersistentVolume ${volume.metadata.name} is no folder`);
  return volume.spec.hostPath.path;
}

/** As the kubelet leaves it: anyone may write; with an fsGroup, what is written belongs to that group. */
function openToPod(folder: string, pod: Pod): void {
  const { fsGroup } = pod.spec.securityContext ?? {};
  if (fsGroup !== undefined) chownSync(folder, 0, fsGroup);
  chmodSync(folder, fsGroup === undefined ? 0o777 : 0o2777);
}

async function writeSource(
  api: Api,
  pod: Pod,
  source: VolumeSource,
  folder: string,
  addresses: PodAddresses,
): Promise<void> {
  const namespace = `/api/v1/namespaces/${pod.metadata.namespace}`;
  const { configMap, secret, downwardAPI, serviceAccountToken } = source;
  if (configMap) {
    const answer = api.get<ConfigMap>(`${namespace}/configmaps/${configMap.name}`);
    const object = configMap.optional ? await ifFound(answer) : await answer;
    const files = { ...encode(object?.data, 'utf8'), ...encode(object?.binaryData, 'base64') };
    writeFiles(folder, files, configMap.items);
  }
  if (secret) {
    const answer = api.get<Secret>(`${namespace}/secrets/${secret.secretName ?? secret.name}`);
    const object = secret.optional ? await ifFound(answer) : await answer;
    writeFiles(folder, encode(object?.data, 'base64'), secret.items);
  }
  for (const { path, fieldRef, resourceFieldRef } of downwardAPI?.items ?? []) {
    const [container] = pod.spec.containers;
    if (fieldRef) writeFile(join(folder, path), readField(pod, fieldRef, addresses));
    else if (resourceFieldRef && container)
      writeFile(join(folder, path), readResource(pod, container, resourceFieldRef));
  }
  if (serviceAccountToken) {
    const file = join(folder, serviceAccountToken.path);
    writeFile(file, await requestToken(api, pod, serviceAccountToken), 0o600);
    giveTokenTo(file, pod);
  }
}

/** A token of the pod's service account that dies with the pod (TokenRequest, bound to the pod's uid). */
async function requestToken(
  api: Api,
  pod: Pod,
  wanted: { audience?: string; expirationSeconds?: number },
): Promise<string> {
  const { namespace, name, uid } = pod.metadata;
  const path = `/api/v1/namespaces/${namespace}/serviceaccounts/${pod.spec.serviceAccountName}/token`;
  const spec = {
    audiences: wanted.audience ? [wanted.audience] : [],
    expirationSeconds: wanted.expirationSeconds ?? 3600,
    boundObjectRef: { apiVersion: 'v1', kind: 'Pod', name, uid },
  };
  const answer = await api.create<{ status: { token: string } }>(path, { spec });
  return answer.status.token;
}

/** The kubelet's rule: group-readable with an fsGroup, else owned by the one user that all containers share. */
function giveTokenTo(file: string, pod: Pod): void {
  const { fsGroup, runAsUser } = pod.spec.securityContext ?? {};
  if (fsGroup !== undefined) {
    chownSync(file, 0, fsGroup);
    chmodSync(file, 0o640);
    return;
  }
  const users = new Set(pod.spec.containers.map(({ securityContext }) => securityContext?.runAsUser ?? runAsUser));
  const [user] = users;
  if (users.size === 1 && user !== undefined) chownSync(file, user, 0);
}

function encode(data: Record<string, string> = {}, encoding: BufferEncoding): Record<string, Buffer> {
  return Object.fromEntries(Object.entries(data).map(([key, value]) => [key, Buffer.from(value, encoding)]));
}

function writeFiles(folder: string, files: Record<string, Buffer>, items?: KeyToPath[]): void {
  for (const { key, path, mode } of items ?? Object.keys(files).map((key): KeyToPath => ({ key, path: key }))) {
    const content = files[key];
    if (content === undefined) throw new Error(`references non-existent key: ${key}`);
    writeFile(join(folder, path), content, mode);
  }
}

function writeFile(file: string, content: string | Buffer, mode = 0o644): void {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, content);
  chmodSync(file, mode);
}
