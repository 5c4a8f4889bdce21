import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** A folder of the kernel's memory controller: it limits the processes in it, and tells who they are. */
export type Cgroup = { version: 1 | 2; path: string };

/**
 * The folder under which this machine lets us make cgroups, or undefined when it has no memory controller. With cgroup v1 it
 * is our own cgroup, so a limit set on us holds for the cluster too; v2 forbids children beside processes, so it is the root.
 */
export function findMemoryCgroup(): Cgroup | undefined {
  for (const line of readFileSync('/proc/self/mounts', 'utf8').split('\n')) {
    const [, mount = '', type, options = ''] = line.split(' ');
    if (type === 'cgroup' && options.split(',').includes('memory')) {
      const own = /^\d+:memory:(.*)$/m.exec(readFileSync('/proc/self/cgroup', 'utf8'))?.[1] ?? '/';
      return { version: 1, path: existsSync(join(mount, own)) ? join(mount, own) : mount };
    }
    if (type === 'cgroup2' && readFileSync(join(mount, 'cgroup.controllers'), 'utf8').includes('memory'))
      return { version: 2, path: mount };
  }
  return undefined;
}

/** A child of a cgroup, made when missing. In v2 the parent must then hold no processes of its own. */
export function makeCgroup(parent: Cgroup, name: string): Cgroup {
  const child: Cgroup = { version: parent.version, path: join(parent.path, name) };
  mkdirSync(child.path, { recursive: true });
  if (parent.version === 2) writeFileSync(join(parent.path, 'cgroup.subtree_control'), '+memory');
  return child;
}

/** Processes above the limit are killed by the kernel, never swapped out. */
export function limitMemory(cgroup: Cgroup, memoryBytes: number): void {
  const file = cgroup.version === 1 ? 'memory.limit_in_bytes' : 'memory.max';
  writeFileSync(join(cgroup.path, file), String(memoryBytes));
  const swap = join(cgroup.path, 'memory.swap.max');
  if (existsSync(swap)) writeFileSync(swap, '0');
}

/** How many processes of the cgroup the kernel has killed for want of memory. */
export function countOomKills(cgroup: Cgroup): number {
  const file = cgroup.version === 1 ? 'memory.oom_control' : 'memory.events';
  return Number(/^oom_kill (\d+)$/m.exec(readFileSync(join(cgroup.path, file), 'utf8'))?.[1] ?? 0);
}

/** The processes of the cgroup and of the cgroups below it, by pid. */
export function listProcesses(cgroup: Cgroup): number[] {
  const lists = subtree(cgroup.path).map((path) => unlessGone(() => readFileSync(join(path, 'cgroup.procs'), 'utf8')));
  return lists.flatMap((list) => list?.split('\n').filter(Boolean).map(Number) ?? []);
}

/** Sends SIGKILL to every process of the cgroup and of the cgroups below it; answers how many there were. */
export function killCgroup(cgroup: Cgroup): number {
  const processes = listProcesses(cgroup);
  for (const pid of processes) signalProcess(pid, 'SIGKILL');
  return processes.length;
}

/** Sends a signal to a process that may just have ended. */
export function signalProcess(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if (!hasCode(error, 'ESRCH')) throw error;
  }
}

/** Removes a cgroup with everything below it, once its killed processes have left. Blocks for those milliseconds. */
export function removeCgroup(cgroup: Cgroup): void {
  for (const path of subtree(cgroup.path).toReversed()) {
    for (let attempt = 0; !tryRemove(path); attempt++) {
      if (attempt === 500) throw new Error(`cgroup ${path} still has processes`);
      pause(10);
    }
  }
}

function tryRemove(path: string): boolean {
  try {
    rmdirSync(path);
    return true;
  } catch (error) {
    if (hasCode(error, 'EBUSY')) return false;
    throw error;
  }
}

/** Undefined when the cgroup was removed meanwhile, as those of ended containers are. */
function unlessGone<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (hasCode(error, 'ENOENT') || hasCode(error, 'ENODEV')) return undefined;
    throw error;
  }
}

function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}

/** A wait that blocks: there is no event loop left to wait on when a process exits. */
export function pause(milliseconds: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds);
}

/** The folder and all below it, parents first; nothing when it does not exist. */
function subtree(path: string): string[] {
  const entries = unlessGone(() => readdirSync(path, { withFileTypes: true }));
  if (!entries) return [];
  const folders = entries.filter((entry) => entry.isDirectory());
  return [path, ...folders.flatMap((folder) => subtree(join(path, folder.name)))];
}
