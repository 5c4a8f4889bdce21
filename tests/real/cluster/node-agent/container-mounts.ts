import { chmodSync, existsSync, mkdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ContainerRefused } from './container-refused.ts';
import { expand } from './environment.ts';
import type { Image } from './image.ts';
import type { Container } from './objects.ts';

/** Host folders and files that a pod gives to its containers. */
export type MountGround = {
  /** Of this start of the container: each restart has a new one. */
  folder: string;
  /** Volume name -> host folder. */
  volumes: ReadonlyMap<string, string>;
  /** `resolv.conf` and `hosts` of the pod. */
  networkFiles: { resolvConf: string; hosts: string };
};

/** File in the container's folder that its processes may write their last words to. */
export const terminationMessage = 'termination-message';

/** A line of the file that `container.sh` reads. */
export type Mount = [kind: 'bind' | 'bind-read-only' | 'copy', source: string, target: string];

/** What a container finds in its root besides the host's files, in the order in which to mount it. */
export function planMounts(
  ground: MountGround,
  container: Container,
  image: Image,
  environment: Readonly<Record<string, string>>,
): Mount[] {
  const temporary = join(ground.folder, 'tmp');
  mkdirSync(temporary, { recursive: true });
  chmodSync(temporary, 0o1777);
  const message = join(ground.folder, terminationMessage);
  writeFileSync(message, '');
  chmodSync(message, 0o666);

  const mounts: Mount[] = [
    ['bind', ground.networkFiles.resolvConf, '/etc/resolv.conf'],
    ['bind', ground.networkFiles.hosts, '/etc/hosts'],
    ['bind', message, container.terminationMessagePath ?? '/dev/termination-log'],
  ];
  // On disk, where the rest of the root is in memory: what Flink spills there must not count against the container's limit.
  if (!container.securityContext?.readOnlyRootFilesystem) mounts.push(['bind', temporary, '/tmp']);
  for (const [target, source] of Object.entries(image.binds ?? {}))
    mounts.push([statSync(source).isDirectory() ? 'copy' : 'bind-read-only', source, target]);
  const byDepth = [...(container.volumeMounts ?? [])].sort((a, b) => a.mountPath.length - b.mountPath.length);
  for (const { name, mountPath, subPath, subPathExpr, readOnly } of byDepth) {
    const folder = ground.volumes.get(name);
    if (!folder) throw new ContainerRefused('CreateContainerConfigError', `no volume ${name}`);
    const source = join(folder, subPath ?? expand(subPathExpr ?? '', environment));
    if (!existsSync(source)) {
      mkdirSync(source, { recursive: true });
      chmodSync(source, statSync(folder).mode & 0o7777);
    }
    mounts.push([readOnly ? 'bind-read-only' : 'bind', source, mountPath]);
  }
  return mounts;
}
