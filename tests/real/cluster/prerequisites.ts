import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { controlPlaneProgram } from './build-control-plane.ts';
import { findMemoryCgroup } from './cgroup.ts';

/** Programs of iproute2, util-linux, coreutils and bash that the cluster and its node agent start. */
const programs = ['ip', 'nsenter', 'unshare', 'setpriv', 'mount', 'flock', 'chroot', 'env', 'realpath', 'bash', 'nice'];

/** What this machine lacks to run the cluster (and, when asked, Flink and its operator), one plain sentence each. */
export function findMissingPrerequisites(needs: { flink: boolean } = { flink: false }): string[] {
  if (process.platform !== 'linux')
    return [`the cluster needs Linux (network namespaces, cgroups), this is ${process.platform}`];
  const missing: string[] = [];
  const absent = programs.filter((program) => !isInPath(program));
  if (absent.length > 0)
    missing.push(`not in PATH: ${absent.join(', ')} (packages iproute2, util-linux, coreutils, bash)`);
  if (process.getuid?.() !== 0) missing.push('must run as root: it makes network namespaces, mounts and cgroups');
  else if (!canMakeNetworks())
    missing.push('may not make network namespaces with a bridge: needs CAP_SYS_ADMIN, CAP_NET_ADMIN');
  if (!/\boverlay$/m.test(readFileSync('/proc/filesystems', 'utf8')))
    missing.push('the kernel offers no overlay file system (try: modprobe overlay)');
  if (!findMemoryCgroup()) missing.push('no memory cgroup controller is mounted (v1 or v2)');
  if (Number(process.versions.node.split('.')[0]) < 24)
    missing.push(`Node 24 or newer, this is ${process.versions.node}`);
  if (!existsSync(controlPlaneProgram()) && !isAtLeast('go', ['env', 'GOVERSION'], /^go1\.(\d+)/m, 26))
    missing.push('Go 1.26 or newer, to build the control plane once');
  if (needs.flink) {
    if (!isAtLeast('java', ['-version'], /version "(\d+)/, 17)) missing.push('Java 17 or newer');
    if (!isInPath('mvn')) missing.push('Maven (mvn), to fetch Flink and its operator');
  }
  return missing;
}

/** Throws one error that lists everything missing. */
export function requirePrerequisites(needs?: { flink: boolean }): void {
  const missing = findMissingPrerequisites(needs);
  if (missing.length > 0)
    throw new Error(`the real cluster cannot run here:\n${missing.map((line) => `  - ${line}`).join('\n')}`);
}

function isInPath(program: string): boolean {
  return (process.env['PATH'] ?? '').split(delimiter).some((folder) => existsSync(join(folder, program)));
}

function canMakeNetworks(): boolean {
  return spawnSync('unshare', ['--net', 'ip', 'link', 'add', 'probe', 'type', 'bridge']).status === 0;
}

function isAtLeast(program: string, args: string[], pattern: RegExp, wanted: number): boolean {
  if (!isInPath(program)) return false;
  const answer = execFileSync('sh', ['-c', '"$@" 2>&1', 'sh', program, ...args], { encoding: 'utf8' });
  return Number(pattern.exec(answer)?.[1] ?? 0) >= wanted;
}
