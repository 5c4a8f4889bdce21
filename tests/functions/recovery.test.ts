// A job that failed for good is brought back from state that is proven: by the operator where it can, else by a new object.
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { rmSync } from 'node:fs';
import type { Headgate } from './support/headgate.ts';
import type { OperatorVersion } from './support/operator.ts';
import { ask, submitJob } from './support/requests.ts';
import {
  checkpoint,
  field,
  jobManagerOf,
  lastDecision,
  lookOnce,
  minutes,
  reasonsOf,
  stateFolder,
  withJobs,
} from './support/running.ts';
import { strikeEverywhere } from './support/striking.ts';
import { conditionOf, forbidden, part } from './support/world-view.ts';

const root = stateFolder();
after(() => rmSync(root, { recursive: true }));

const LOST = 'java.util.concurrent.TimeoutException: Heartbeat of TaskManager with id x timed out.';
const RECOVERY = { recovery: { backoffSeconds: 1 } };

/** A job that ran, made a checkpoint, was rescaled by Headgate, and failed. */
const failed = async (headgate: Headgate, exception = LOST): Promise<string> => {
  const location = checkpoint(headgate, root, 'orders');
  await minutes(headgate, 1);
  jobManagerOf(headgate, 'orders').fail(exception);
  await headgate.operator.act();
  headgate.clock.advance(60_000);
  return location;
};

const withFailedJob = async (operator: OperatorVersion, exception = LOST) => {
  const headgate = await withJobs({ operator, stateRoot: root, tenant: RECOVERY });
  return { headgate, location: await failed(headgate, exception) };
};

const DEPLOYMENT = 'flinkdeployments/payments/orders';
const operationOf = (headgate: Headgate) => field(headgate, 'orders', 'managedjobs', 'status', 'operation');
/** One look, and nothing else. */
const look = async (headgate: Headgate): Promise<void> => {
  headgate.clock.advance(60_000);
  await lookOnce(headgate);
};
/** Looks until the first wait is over. */
const untilBegun = async (headgate: Headgate): Promise<void> => {
  for (let round = 0; round < 3 && (await operationOf(headgate)) === undefined; round += 1) await look(headgate);
};

test('with an operator from 1.8 the job is redeployed from its newest proven checkpoint', async () => {
  const { headgate, location } = await withFailedJob('1.10');
  const uid = (await headgate.objects()).get(DEPLOYMENT)?.metadata.uid;
  await untilBegun(headgate);
  assert.equal(lastDecision(headgate, 'orders')['reason'], 'RestoredFromProvenState');
  assert.equal(part(await operationOf(headgate), 'target', 'restorePoint', 'location'), location);
  await headgate.operator.act();
  assert.equal(jobManagerOf(headgate, 'orders').job.restoredFrom, location);
  await minutes(headgate, 2);
  assert.ok(reasonsOf(headgate, 'orders').includes('RecoverDone'));
  assert.equal((await headgate.objects()).get(DEPLOYMENT)?.metadata.uid, uid, 'the same object');
  assert.equal(await field(headgate, 'orders', 'managedjobs', 'status', 'job', 'health'), 'Healthy');
  assert.deepEqual(forbidden(headgate), []);
});

test('with operator 1.7 the job is made anew, step by step, and its fields go back to their owners', async () => {
  const { headgate, location } = await withFailedJob('1.7');
  const before = (await headgate.objects()).get(DEPLOYMENT);
  const seen = headgate.calls.length;
  await untilBegun(headgate);

  const writes = headgate.calls.slice(seen).filter(({ method, function: name }) => name === 'work' && method !== 'GET');
  const planned = writes.findIndex(
    ({ path, body }) => /managedjobs\/orders\/status/.test(path) && body.includes('"recreation"'),
  );
  const removal = writes.findIndex(({ method }) => method === 'DELETE');
  assert.ok(planned !== -1 && planned < removal, 'the plan is persisted before the deletion');
  assert.deepEqual(JSON.parse(writes[removal]!.body).preconditions, { uid: before?.metadata.uid });
  assert.ok(
    (await headgate.objects()).get(DEPLOYMENT)?.metadata.deletionTimestamp !== undefined,
    'the operator tidies up',
  );

  await look(headgate);
  assert.match(String(part(lastDecision(headgate, 'orders'), 'why')), /is being deleted/);
  await headgate.operator.act();
  assert.ok(!(await headgate.objects()).has(DEPLOYMENT));

  const sinceGone = headgate.calls.length;
  await look(headgate);
  const creations = headgate.calls
    .slice(sinceGone)
    .filter(({ path, method }) => method !== 'GET' && /flinkdeployments\/orders/.test(path));
  assert.equal(creations.length, 1, 'created by one write');
  assert.equal(part(JSON.parse(creations[0]!.body), 'spec', 'job', 'initialSavepointPath'), location);

  await headgate.operator.act();
  assert.equal(jobManagerOf(headgate, 'orders').job.restoredFrom, location);
  await minutes(headgate, 3);
  assert.ok(reasonsOf(headgate, 'orders').includes('RecoverDone'), reasonsOf(headgate, 'orders').join());
  assert.equal(await operationOf(headgate), undefined);
  const anew = (await headgate.objects()).get(DEPLOYMENT);
  assert.notEqual(anew?.metadata.uid, before?.metadata.uid);
  const ownedBy = (manager: string, object = anew) =>
    object?.metadata.managedFields?.find((entry) => entry.manager === manager && entry.operation === 'Apply')?.fieldsV1;
  assert.deepEqual(ownedBy('headgate-wish'), ownedBy('headgate-wish', before));
  assert.deepEqual(forbidden(headgate), []);
});

test('after a recreation an update by its team still goes through', async () => {
  const { headgate } = await withFailedJob('1.7');
  await minutes(headgate, 6);
  assert.ok(reasonsOf(headgate, 'orders').includes('RecoverDone'));
  headgate.request(
    submitJob('update-1', { verb: 'update', configuration: { 'execution.checkpointing.interval': '45s' } }),
  );
  await headgate.drain();
  assert.equal(
    await field(
      headgate,
      'orders',
      'flinkdeployments',
      'spec',
      'flinkConfiguration',
      'execution.checkpointing.interval',
    ),
    '45s',
  );
});

test('an object of the same name that somebody made in the meantime is not deleted', async () => {
  const { headgate } = await withFailedJob('1.7');
  await untilBegun(headgate);
  await headgate.operator.act();
  const deployment = part(await operationOf(headgate), 'recreation', 'create');
  await headgate.admin.applyAs('kubectl', deployment as never);
  const uid = (await headgate.objects()).get(DEPLOYMENT)?.metadata.uid;
  await minutes(headgate, 3);
  assert.equal((await headgate.objects()).get(DEPLOYMENT)?.metadata.uid, uid);
});

type Quarantined = { readonly exception: string; readonly reason: string; readonly withCheckpoint: boolean };
const QUARANTINED: Readonly<Record<string, Quarantined>> = {
  'its classes are missing': {
    exception: 'java.lang.NoClassDefFoundError: com/example/Orders',
    reason: 'ConfigurationInvalid',
    withCheckpoint: true,
  },
  'there is no state to restore': { exception: LOST, reason: 'NotRecoverable', withCheckpoint: false },
};

for (const [name, { exception, reason, withCheckpoint }] of Object.entries(QUARANTINED)) {
  test(`a job is quarantined and not touched: ${name}; a release ends it`, async () => {
    const own = stateFolder();
    const headgate = await withJobs({ operator: '1.10', stateRoot: own, tenant: RECOVERY });
    if (withCheckpoint) checkpoint(headgate, own, 'orders');
    const { resourceVersion } = (await headgate.objects()).get(DEPLOYMENT)?.metadata ?? {};
    jobManagerOf(headgate, 'orders').fail(exception);
    const spec = await field(headgate, 'orders', 'flinkdeployments', 'spec');
    await headgate.operator.act();
    await minutes(headgate, 4);
    assert.ok(reasonsOf(headgate, 'orders').includes(reason), reasonsOf(headgate, 'orders').join());
    assert.equal(
      conditionOf((await headgate.objects()).get('managedjobs/payments/orders'), 'Quarantined')?.['status'],
      'True',
    );
    assert.deepEqual(await field(headgate, 'orders', 'flinkdeployments', 'spec'), spec, String(resourceVersion));
    assert.equal(part((await headgate.objects()).get('tenants/payments'), 'status', 'jobs', 'quarantined'), 1);

    checkpoint(headgate, own, 'orders', 9);
    headgate.request(ask('release-1', 'job.release', { job: 'orders' }));
    await headgate.deliver('requests');
    await headgate.drain();
    assert.ok(reasonsOf(headgate, 'orders').includes('Released'));
    rmSync(own, { recursive: true });
  });
}

for (const operator of ['1.7', '1.10'] as const) {
  const step = async (headgate: Headgate, count: number): Promise<void> => {
    for (let n = 0; n < count; n += 1) {
      await look(headgate);
      await headgate.operator.act();
    }
  };
  // Looks at the failed job, in their order: wait, begin (1.7: delete), (1.7: create), hand back and watch, done.
  for (const looks of operator === '1.7' ? [1, 2, 3] : [1]) {
    test(`struck at any write of look ${looks + 1} at a failed job, operator ${operator} brings it back all the same`, async () => {
      await strikeEverywhere({
        start: () => withJobs({ operator, stateRoot: root, tenant: RECOVERY, ran: 0 }),
        prepare: async (headgate) => {
          await failed(headgate);
          await step(headgate, looks);
          for (let n = 0; n < 5; n += 1) await headgate.deliver('later');
          while ((await headgate.deliver('work')).delivered > 0);
          headgate.clock.advance(60_000);
          await headgate.schedule('tick');
        },
        strike: (headgate, fate) => headgate.deliver('work', fate),
        minutes: 4,
        goesOn: operator === '1.7' && looks === 2,
        check: async (headgate) => {
          assert.equal(jobManagerOf(headgate, 'orders').job.state, 'RUNNING');
          assert.match(String(jobManagerOf(headgate, 'orders').job.restoredFrom), /chk-7$/);
          assert.equal(await operationOf(headgate), undefined);
        },
      });
    });
  }
}
