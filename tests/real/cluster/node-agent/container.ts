import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parseMemoryBytes } from '../../../../lib/model/resources.ts';
import {
  type Cgroup,
  countOomKills,
  killCgroup,
  limitMemory,
  listProcesses,
  makeCgroup,
  removeCgroup,
  signalProcess,
} from '../cgroup.ts';
import { apiServerAddress } from '../network.ts';
import { type MountGround, planMounts, terminationMessage } from './container-mounts.ts';
import { ContainerRefused } from './container-refused.ts';
import { chooseUser, privileges } from './container-user.ts';
import { expand } from './environment.ts';
import type { Image } from './image.ts';
import type { Container, Pod } from './objects.ts';

/** How a container ended; the exit code of a process killed by a signal is 128 + the signal's number. */
export type Exit = { exitCode: number; reason: 'Completed' | 'Error' | 'OOMKilled' | 'StartError'; message?: string };

/** A container that was started: asked to end with SIGTERM, or made to with SIGKILL. */
export type RunningContainer = { exit: Promise<Exit>; terminate(): void; kill(): void };

/** The ground that a container stands on: what its pod gives it. */
export type ContainerGround = MountGround & {
  pod: Pod;
  /** A process whose network namespace is the pod's. */
  networkPid: number;
  logFile: string;
  parentCgroup: Cgroup;
};

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
  const lines = planMounts(ground, container, image, environment).map((mount) => `${mount.join('\t')}\n`);
  writeFileSync(mounts, lines.join(''));
  const cgroup = makeCgroup(ground.parentCgroup, `${pod.metadata.uid}-${container.name}`);
  const memory = container.resources?.limits?.['memory'];
  const memoryBytes = memory && parseMemoryBytes(memory);
  if (memoryBytes) limitMemory(cgroup, memoryBytes);

  const workingFolder = container.workingDir ?? image.workdir ?? '/';
  const inside = ['setpriv', ...privileges(user, container.securityContext), '--'].concat(
    ['env', '--ignore-environment', `--chdir=${workingFolder}`],
    Object.entries(environment).map(([name, value]) => `${name}=${value}`),
    command,
    args,
  );
  mkdirSync(dirname(ground.logFile), { recursive: true });
  const output = openSync(ground.logFile, 'a');
  const processes = spawn(
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
  const signal = (name: 'SIGTERM' | 'SIGKILL') => {
    const pid = readPid(folder);
    // Not far enough to hear a signal: then its command has not begun.
    if (pid === undefined) processes.kill('SIGKILL');
    else if (name === 'SIGTERM') signalProcess(pid, name);
    // Process 1 lives on to tell the exit code; `unshare` would make 1 of a signal (util-linux 2.38).
    else for (const other of listProcesses(cgroup)) if (other !== pid) signalProcess(other, name);
  };
  const exit = watchExit(processes, cgroup, folder);
  return { exit, terminate: () => signal('SIGTERM'), kill: () => signal('SIGKILL') };
}

/** The pod's network; a process tree, mounts and hostname of its own; an end when the agent ends. */
function namespaces(networkPid: number): string[] {
  const unshare = ['unshare', '--mount', '--uts', '--pid', '--fork', '--kill-child'];
  return ['--pdeathsig', 'KILL', 'nsenter', `--net=/proc/${networkPid}/ns/net`, ...unshare];
}

function watchExit(processes: ChildProcess, cgroup: Cgroup, folder: string): Promise<Exit> {
  return new Promise((resolve) => {
    processes.once('exit', (code, signal) => {
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

/** What the container left for us to say, 4096 bytes at most (the kubelet's limit). */
function readTerminationMessage(folder: string): string {
  return readFileSync(join(folder, terminationMessage)).subarray(0, 4096).toString().trim();
}
