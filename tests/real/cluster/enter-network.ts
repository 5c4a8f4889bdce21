import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { requirePrerequisites } from './prerequisites.ts';
import { openRun, removeRun, sweepDeadRuns } from './run.ts';

/** Names the run whose network this process is in. */
const variable = 'HEADGATE_RUN_ID';

/** The run whose network this process lives in, if `enterClusterNetwork` brought it there. */
export function enteredRunId(): string | undefined {
  return process.env[variable];
}

/**
 * Puts the calling program into the network of a cluster that it is about to start, so that its own `fetch`, SDKs and sockets
 * reach the API server, ClusterIPs and pods. A process cannot change its network namespace with threads running, so outside this
 * makes a run, starts the program again in the run's network with the same arguments, ends with its exit code and never returns;
 * inside it returns at once. Nothing else is reachable from inside: downloads and builds belong in `prepare`, which runs outside.
 * The outer process also removes the run if the inner one was killed.
 */
export async function enterClusterNetwork(prepare: () => Promise<unknown> = () => Promise.resolve()): Promise<void> {
  if (enteredRunId()) return;
  requirePrerequisites();
  sweepDeadRuns();
  await prepare();
  const run = openRun();
  process.once('exit', () => removeRun(run.id));
  const again = [process.execPath, ...process.execArgv, ...process.argv.slice(1)];
  const inner = spawn('setpriv', ['--pdeathsig', 'KILL', 'nsenter', `--net=${run.network}`, ...again], {
    stdio: 'inherit',
    env: { ...process.env, [variable]: run.id },
  });
  // Ctrl-C reaches both; the inner process ends first and this one after it. SIGTERM comes to this one alone.
  process.on('SIGINT', () => undefined);
  process.on('SIGTERM', () => inner.kill('SIGTERM'));
  await new Promise(() => {
    inner.once('exit', (code, signal) => process.exit(code ?? 128 + constants.signals[signal ?? 'SIGKILL']));
  });
}
