import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Cgroup, findMemoryCgroup, killCgroup, makeCgroup, pause, removeCgroup } from './cgroup.ts';

/**
 * What one run owns on this machine. All its names carry its id, so runs do not meet; all its processes are in its cgroup, so
 * none is missed at the end. Mounts and pod networks live in namespaces that end with those processes.
 */
export type Run = {
  id: string;
  /** Folder of data, logs, volumes; set once a cluster is started in the run. */
  folder?: string;
  /** The network namespace of the cluster, a file to enter it by. */
  network: string;
  cgroup: Cgroup;
};

/** A run is written down before its first resource exists, with its owner: the process whose end ends the run. */
type RunRecord = Run & { owner: { pid: number; startTicks: string } };

/** Not on disk: it ends with the machine's uptime, as the resources that it lists do. */
const registry = '/run/headgate';

/** Makes the run's namespace and cgroup, or joins those that a parent process made (see enter-network.ts). */
export function openRun(id: string = randomBytes(4).toString('hex'), folder?: string): Run {
  if (!/^[a-z0-9-]{1,40}$/.test(id)) throw new Error(`a run id is up to 40 of a-z, 0-9 and -, not "${id}"`);
  const existing = readRecord(id);
  if (existing?.folder && folder) throw new Error(`run ${id} already has a cluster`);
  if (existing) return writeRecord({ ...existing, ...(folder ? { folder } : {}) });
  const parent = findMemoryCgroup();
  if (!parent) throw new Error('no memory cgroup controller is mounted');
  const name = `headgate-${id}`;
  const run: Run = {
    id,
    ...(folder ? { folder } : {}),
    network: `/run/netns/${name}`,
    cgroup: { version: parent.version, path: join(parent.path, name) },
  };
  writeRecord({ ...run, owner: { pid: process.pid, startTicks: readStartTicks(process.pid) ?? '' } });
  makeCgroup(makeCgroup(parent, name), 'processes');
  execFileSync('ip', ['netns', 'add', name]);
  execFileSync('nsenter', [`--net=${run.network}`, 'ip', 'link', 'set', 'lo', 'up']);
  return run;
}

/** Ends every process of the run and removes all that it owns. Synchronous, so that it works while a process exits. */
export function removeRun(id: string, options: { keepFolder?: boolean } = {}): void {
  const run = readRecord(id);
  if (!run) return;
  for (let attempt = 0; attempt < 1000 && killCgroup(run.cgroup) > 0; attempt++) pause(10);
  removeCgroup(run.cgroup);
  if (existsSync(run.network)) execFileSync('ip', ['netns', 'delete', `headgate-${id}`]);
  if (run.folder && !options.keepFolder) rmSync(run.folder, { recursive: true, force: true });
  rmSync(recordFile(id), { force: true });
}

/** Removes what dead runs left behind; answers their ids. A run is dead when its owner is. */
export function sweepDeadRuns(): string[] {
  if (!existsSync(registry)) return [];
  const ids = readdirSync(registry).flatMap((file) => (file.endsWith('.json') ? [file.slice(0, -'.json'.length)] : []));
  const dead = ids.filter((id) => {
    const owner = readRecord(id)?.owner;
    return owner !== undefined && readStartTicks(owner.pid) !== owner.startTicks;
  });
  for (const id of dead) removeRun(id);
  return dead;
}

/** The command and arguments that start a program inside the run: in its cgroup and network, killed when we die. */
export function insideRun(run: Run, command: string, args: readonly string[]): [string, string[]] {
  const enter = 'echo 0 >"$1/cgroup.procs"; shift; exec setpriv --pdeathsig KILL nsenter "$@"';
  const processes = join(run.cgroup.path, 'processes');
  return ['bash', ['-c', enter, 'enter', processes, `--net=${run.network}`, command, ...args]];
}

function recordFile(id: string): string {
  return join(registry, `${id}.json`);
}

function readRecord(id: string): RunRecord | undefined {
  const file = recordFile(id);
  if (!existsSync(file)) return undefined;
  const record: RunRecord = JSON.parse(readFileSync(file, 'utf8'));
  return record;
}

function writeRecord(record: RunRecord): RunRecord {
  mkdirSync(registry, { recursive: true });
  const file = recordFile(record.id);
  // By rename, so that another run's sweep never reads half a record.
  writeFileSync(`${file}.part`, JSON.stringify(record));
  renameSync(`${file}.part`, file);
  return record;
}

/** When a process started, in clock ticks since boot: with the pid it names one process for good (proc(5), field 22 of stat). */
function readStartTicks(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
  } catch {
    return undefined;
  }
}
