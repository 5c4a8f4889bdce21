import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { createStateStore } from '../../lib/clients/state-store/state-store.ts';
import { lambdaWorld } from '../../lib/runtime/lambda-world.ts';
import { EMPTY_HISTORY } from '../../lib/workflows/work/tenant-history.ts';
import { readRestorePoints } from '../../lib/workflows/work/restore-points.ts';
import { aJob } from './snapshots.ts';

const root = mkdtempSync(join(tmpdir(), 'restore-points-'));
after(() => rmSync(root, { recursive: true }));
const store = createStateStore(lambdaWorld, { statePrefix: 'file:///payments/', filesRoot: root });

const OWN = 'a'.repeat(32);
const OTHER = 'b'.repeat(32);
const put = (path: string): string => {
  mkdirSync(join(root, 'payments', path), { recursive: true });
  writeFileSync(join(root, 'payments', path, '_metadata'), '');
  return `file:///payments/${path}`;
};

/** What is found for a failed job whose checkpoints and savepoints lie in the given folders. */
const found = async (folders: { readonly checkpoints: string; readonly savepoints: string }, recorded?: string) => {
  const { managed, workload } = aJob({ state: 'FAILED' });
  const directories = {
    checkpoints: `file:///payments/${folders.checkpoints}`,
    savepoints: `file:///payments/${folders.savepoints}`,
  };
  const recordedSavepoint = recorded === undefined ? undefined : { location: recorded, at: undefined };
  const points = await readRestorePoints(
    store,
    managed,
    { ...workload!, directories, recordedSavepoint },
    undefined,
    EMPTY_HISTORY,
  );
  return points?.map(({ point, proof }) => `${point.location} ${proof}`).sort();
};

test('checkpoints of this job and savepoints with its id, and none of a neighbour in the same folders', async () => {
  const own = [put(`one/${OWN}/chk-7`), put('one/savepoint-aaaaaa-0123456789ab')];
  put(`one/${OTHER}/chk-900`);
  put('one/savepoint-bbbbbb-0123456789ab');
  assert.deepEqual(
    await found({ checkpoints: 'one', savepoints: 'one' }),
    own.map((location) => `${location} proven`).sort(),
  );
});

test('a savepoint that the controller recorded counts under whatever name, once it is proven', async () => {
  const kept = put('two/before-the-upgrade');
  assert.deepEqual(await found({ checkpoints: 'two', savepoints: 'two' }, kept), [`${kept} proven`]);
  const lost = 'file:///payments/two/never-was';
  assert.deepEqual(await found({ checkpoints: 'two', savepoints: 'two' }, lost), [`${lost} missing`]);
});

test('a folder that may not be looked into leaves it open what there is', async () => {
  const { managed, workload } = aJob({ state: 'FAILED' });
  const directories = { checkpoints: 'file:///elsewhere', savepoints: 'file:///elsewhere' };
  assert.equal(
    await readRestorePoints(store, managed, { ...workload!, directories }, undefined, EMPTY_HISTORY),
    undefined,
  );
});
