import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { listProcesses } from './cgroup.ts';
import { type Run, insideRun, openRun, removeRun, sweepDeadRuns } from './run.ts';

describe('a run on this machine', () => {
  it('has a network in which nothing of the machine is reachable but its own loopback', async () => {
    const run = openRun();
    const listing = spawn(...insideRun(run, 'ip', ['-brief', 'link']), { stdio: ['ignore', 'pipe', 'inherit'] });
    const [links] = await Promise.all([listing.stdout.toArray(), once(listing, 'exit')]);
    removeRun(run.id);
    assert.match(String(links), /^lo +UNKNOWN.*\n$/);
  });

  it('stays apart from a second run, and each can be removed alone', () => {
    const [first, second] = [openRun(), openRun()];
    removeRun(first.id);
    assert.deepEqual(remains(first), []);
    assert.deepEqual(remains(second), [second.network, second.cgroup.path]);
    removeRun(second.id);
    assert.deepEqual(remains(second), []);
  });

  it('is removed with its processes, wherever they have gone', async () => {
    const run = openRun(undefined, makeFolder());
    const program = ['--net', '--mount', '--fork', 'sh', '-c', 'echo started; sleep 600'];
    const sleeper = spawn(...insideRun(run, 'unshare', program), {
      stdio: ['ignore', 'pipe', 'inherit'],
      detached: true,
    });
    await once(sleeper.stdout, 'data');
    assert.ok(listProcesses(run.cgroup).length > 1);
    removeRun(run.id);
    assert.deepEqual(await once(sleeper, 'exit'), [null, 'SIGKILL']);
    assert.deepEqual(remains(run), []);
  });

  it('is swept by the next one when its owner was killed outright, and only then', async () => {
    const script = `
      import { openRun } from ${JSON.stringify(join(import.meta.dirname, 'run.ts'))};
      console.log(JSON.stringify(openRun(undefined, ${JSON.stringify(makeFolder())})));
      setInterval(() => undefined, 1000);`;
    const owner = spawn(process.execPath, ['--input-type=module', '-e', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [line]: Buffer[] = await once(owner.stdout, 'data');
    const run: Run = JSON.parse(String(line));
    assert.ok(!sweepDeadRuns().includes(run.id));
    assert.deepEqual(remains(run), [run.network, run.cgroup.path, run.folder]);
    owner.kill('SIGKILL');
    await once(owner, 'exit');
    assert.ok(sweepDeadRuns().includes(run.id));
    assert.deepEqual(remains(run), []);
  });

  it('refuses an id that is no name', () => {
    assert.throws(() => openRun('../etc'), /a run id is/);
  });
});

/** A folder for a run to own. */
function makeFolder(): string {
  return mkdtempSync(join(tmpdir(), 'headgate-test-'));
}

/** What is still there of all that a run owns. */
function remains({ network, cgroup, folder }: Run): string[] {
  return [network, cgroup.path, folder ?? ''].filter((path) => existsSync(path));
}
