import { type ChildProcess, spawn } from 'node:child_process';
import { chmodSync, closeSync, existsSync, mkdirSync, openSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import {
  type Cgroup,
  countOomKills,
  killCgroup,
  limitMemory,
  makeCgroup,
  removeCgroup,
  signalProcess,
} from '../cgroup.ts';
import { apiServerAddress } from '../network.ts';
import { expand } from './environment.ts';
import type { Image } from './image.ts';
import type { Container, Pod, SecurityContext } from './objects.ts';
import { parseQuantity } from './quantity.ts';

/** How a container ended; the exit code of a process killed by a signal is 128 + the signal's number. */
export type Exit = { exitCode: number; reason: 'Completed' | 'Error' | 'OOMKilled' | 'StartError'; message?: string };

/** A container that was started. */
export type RunningContainer = { exit: Promise<Exit>; terminate(): void; kill(): void };

/** The container may not be started as it is; the reason is one of the kubelet's. */
export class ContainerRefused extends Error {
  readonly reason: 'ErrImagePull' | 'CreateContainerConfigError';
  constructor(reason: ContainerRefused['reason'], message: string) {
    super(message);
    this.reason = reason;
  }
}

/** The ground that a container stands on: what its pod gives it. */
export type ContainerGround = {
  pod: Pod;
  /** A process whose network namespace is the pod's. */
  networkPid: number;
  /** Of this start: each restart has a new one. */
  folder: string;
  logFile: string;
  parentCgroup: Cgroup;
  /** Volume name -> host folder. */
  volumes: ReadonlyMap<string, string>;
  /** `resolv.conf` and `hosts` of the pod. */
  networkFiles: { resolvConf: string; hosts: string };
};

/** Docker's default set: what root in a container may still do. */
const defaultCapabilities =
  'chown,dac_override,fowner,fsetid,kill,setgid,setuid,setpcap,net_bind_service,net_raw,sys_chroot,mknod,audit_write,setfcap';

/** Starts the container's command as its user, in its own root, limited to its memory, in the pod's network. */
export function startContainer(
  ground: ContainerGround,
  container: Container,
  image: Image,
  variables: Readonly<Record<string, string>>,
): RunningContainer {
  const { pod, folder } = ground;
  const user = chooseUser(pod, container, image);
  const environment = {
    PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
    HOME: user.uid === 0 ? '/root' : '/tmp',
    HOSTNAME: pod.spec.hostname ?? pod.metadata.name,
    LANG: 'C.UTF-8',
    // Programs take their presence for "I run in a cluster".
    KUBERNETES_SERVICE_HOST: apiServerAddress,
    KUBERNETES_SERVICE_PORT: '443',
    KUBERNETES_SERVICE_PORT_HTTPS: '443',
    ...image.env,
    ...variables,
  };
  const command = (container.command ?? image.entrypoint ?? []).map((part) => expand(part, environment));
  const args = (container.args ?? (container.command ? [] : (image.cmd ?? []))).map((part) =>
    expand(part, environment),
  );
  if (command.length + args.length === 0)
    throw new ContainerRefused('CreateContainerConfigError', 'no command specified');

  mkdirSync(folder, { recursive: true });
  const mounts = join(folder, 'mounts');
  writeFileSync(
    mounts,
    `${planMounts(ground, container, image, environment)
      .map((mount) => mount.join('\t'))
      .join('\n')}\n`,
  );
  const cgroup = makeCgroup(ground.parentCgroup, `${pod.metadata.uid}-${container.name}`);
  const memory = container.resources?.limits?.['memory'];
  if (memory) limitMemory(cgroup, parseQuantity(memory));

  const workingFolder = container.workingDir ?? image.workdir ?? '/';
  const inside = ['setpriv', ...privileges(user, container.securityContext), '--'].concat(
    ['env', '--ignore-environment', `--chdir=${workingFolder}`],
    Object.entries(environment).map(([name, value]) => `${name}=${value}`),
    command,
    args,
  );
  mkdirSync(dirname(ground.logFile), { recursive: true });
  const output = openSync(ground.logFile, 'a');
  const processOne = spawn(
    'setpriv',
    [...namespaces(ground.networkPid), 'bash', join(import.meta.dirname, 'container.sh'), ...inside],
    {
      stdio: ['ignore', output, output],
      env: {
        PATH: process.env['PATH'],
        CONTAINER: folder,
        CGROUP: cgroup.path,
        MOUNTS: mounts,
        POD_HOSTNAME: environment.HOSTNAME,
        READ_ONLY_ROOT: container.securityContext?.readOnlyRootFilesystem ? '1' : '',
        PASSWD: user.uid === 0 ? '' : `container:x:${user.uid}:${user.gid}::${environment.HOME}:/bin/sh`,
      },
    },
  );
  closeSync(output);
  const kill = () => {
    killCgroup(cgroup);
    processOne.kill('SIGKILL');
  };
  return {
    exit: watchExit(processOne, cgroup, folder),
    terminate: () => {
      const pid = readPid(folder);
      // Not far enough to hear a signal: then its command has not begun.
      if (pid === undefined) kill();
      else signalProcess(pid, 'SIGTERM');
    },
    kill,
  };
}

/** The pod's network; a process tree, mounts and hostname of its own; an end when the agent ends. */
function namespaces(networkPid: number): string[] {
  const unshare = ['unshare', '--mount', '--uts', '--pid', '--fork', '--kill-child'];
  return ['--pdeathsig', 'KILL', 'nsenter', `--net=/proc/${networkPid}/ns/net`, ...unshare];
}

function watchExit(processOne: ChildProcess, cgroup: Cgroup, folder: string): Promise<Exit> {
  return new Promise((resolve) => {
    processOne.once('exit', (code, signal) => {
      const exitCode = code ?? 128 + (signal === 'SIGKILL' ? 9 : 15);
      const wasOutOfMemory = countOomKills(cgroup) > 0;
      killCgroup(cgroup);
      removeCgroup(cgroup);
      const message = readTerminationMessage(folder);
      resolve({ exitCode, reason: chooseReason(exitCode, wasOutOfMemory), ...(message ? { message } : {}) });
    });
  });
}

function chooseReason(exitCode: number, wasOutOfMemory: boolean): Exit['reason'] {
  if (wasOutOfMemory) return 'OOMKilled';
  if (exitCode === 128) return 'StartError';
  return exitCode === 0 ? 'Completed' : 'Error';
}

/** Process 1 of the container; `unshare`, our child, would not hand a signal on. */
function readPid(folder: string): number | undefined {
  const file = join(folder, 'pid');
  return existsSync(file) ? Number(readFileSync(file, 'utf8')) : undefined;
}

type Mount = [kind: 'bind' | 'bind-read-only' | 'copy', source: string, target: string];

function planMounts(
  ground: ContainerGround,
  container: Container,
  image: Image,
  environment: Readonly<Record<string, string>>,
): Mount[] {
  const temporary = join(ground.folder, 'tmp');
  mkdirSync(temporary, { recursive: true });
  chmodSync(temporary, 0o1777);
  const message = terminationMessageFile(ground.folder);
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

type User = { uid: number; gid: number; groups: number[] };

/** Container before pod before image, as Kubernetes has it; root is refused where the pod forbids it. */
function chooseUser(pod: Pod, container: Container, image: Image): User {
  const ofPod = pod.spec.securityContext ?? {};
  const ofContainer = container.securityContext ?? {};
  const uid = ofContainer.runAsUser ?? ofPod.runAsUser ?? image.user ?? 0;
  const gid = ofContainer.runAsGroup ?? ofPod.runAsGroup ?? 0;
  if (uid === 0 && (ofContainer.runAsNonRoot ?? ofPod.runAsNonRoot))
    throw new ContainerRefused('CreateContainerConfigError', 'container has runAsNonRoot and image will run as root');
  const groups = [...(ofPod.fsGroup === undefined ? [] : [ofPod.fsGroup]), ...(ofPod.supplementalGroups ?? [])];
  return { uid, gid, groups };
}

function privileges(
  { uid, gid, groups }: User,
  { privileged, capabilities, allowPrivilegeEscalation }: SecurityContext = {},
) {
  const dropped = capabilities?.drop?.includes('ALL') ? '-all' : `-all,${addEach(defaultCapabilities)}`;
  return [
    `--reuid=${uid}`,
    `--regid=${gid}`,
    groups.length > 0 ? `--groups=${groups.join(',')}` : '--clear-groups',
    ...(privileged ? [] : [`--bounding-set=${dropped}`, '--inh-caps=-all']),
    ...(allowPrivilegeEscalation === false ? ['--no-new-privs'] : []),
  ];
}

function addEach(capabilities: string): string {
  return capabilities.replace(/\w+/g, '+$&');
}

function terminationMessageFile(folder: string): string {
  return join(folder, 'termination-message');
}

/** What the container left for us to say, 4096 bytes at most (the kubelet's limit). */
function readTerminationMessage(folder: string): string {
  return readFileSync(terminationMessageFile(folder)).subarray(0, 4096).toString().trim();
}
