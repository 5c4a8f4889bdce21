import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

const sources = join(import.meta.dirname, '../control-plane');
const cache = join(import.meta.dirname, '../../../.cache/control-plane');

/**
 * The path of `headgate-kube`, the control plane in one program, built on first use (about ten minutes on two cores with a
 * cold Go cache, seconds with a warm one) and kept under a hash of its sources. Two callers at once build once.
 */
export async function buildControlPlane(): Promise<string> {
  const program = controlPlaneProgram();
  if (existsSync(program)) return program;
  console.error('building the Kubernetes control plane from its Go sources (about ten minutes the first time) ...');
  const startedAt = Date.now();
  mkdirSync(dirname(program), { recursive: true });
  // The move at the end is atomic, so no one ever starts half a program; whoever waited for the lock finds it built.
  const build =
    'test -e "$1" || { nice -n 10 go build -trimpath -buildvcs=false -ldflags "$2" -o "$1.part" . && mv "$1.part" "$1"; }';
  const script = ['sh', '-c', build, 'build', program, linkerFlags()];
  const flock = spawn('flock', [join(cache, 'lock'), ...script], { cwd: sources, stdio: ['ignore', 2, 2] });
  const [exitCode]: (number | null)[] = await once(flock, 'exit');
  if (exitCode !== 0) throw new Error(`the control plane did not build, go build said why above (exit ${exitCode})`);
  console.error(`built ${program} in ${Math.round((Date.now() - startedAt) / 1000)} s`);
  return program;
}

/** Where the program lies once built: every change of its sources gives a new folder. */
export function controlPlaneProgram(): string {
  const hash = createHash('sha256');
  for (const file of ['go.mod', 'go.sum', 'main.go']) hash.update(readFileSync(join(sources, file)));
  return join(cache, hash.digest('hex'), 'headgate-kube');
}

/** No symbols, and the version that the API server tells its clients (Kubernetes' own build stamps it the same way). */
function linkerFlags(): string {
  const version = /k8s\.io\/kubernetes v((\d+)\.(\d+)\.\d+)/.exec(readFileSync(join(sources, 'go.mod'), 'utf8'));
  if (!version) throw new Error('go.mod names no version of k8s.io/kubernetes');
  const stamp = { gitVersion: `v${version[1]}`, gitMajor: version[2], gitMinor: version[3] };
  const stamps = Object.entries(stamp).map(([name, value]) => `-X k8s.io/component-base/version.${name}=${value}`);
  return ['-s', '-w', ...stamps].join(' ');
}
