// Whatever the order in which the functions run, no field of another writer is changed or lost, and a world at rest stays at rest.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import type { Shown } from './support/admin.ts';
import { startHeadgate, type FunctionName, type Headgate } from './support/headgate.ts';
import { applyTenant, ask, submitJob } from './support/requests.ts';
import { changed, forbidden, part, type World } from './support/world-view.ts';

/** The field managers of each function (lib/model/group.ts). */
const MANAGERS: Readonly<Record<FunctionName, readonly string[]>> = {
  'tenant-requests': ['headgate-tenant', 'headgate-wish', 'headgate-outcome', 'headgate-birth'],
  rebalance: ['headgate-grant', 'headgate-plan', 'headgate-quota'],
  work: ['headgate-status', 'headgate-discovery', 'headgate-scale', 'headgate-recovery', 'headgate-history'],
  rejected: ['headgate-outcome'],
  tick: [],
  alerts: [],
  console: [],
};

/** What one function gives up to another: the quota of zero that a namespace is born with. */
const HANDED_OVER: Partial<Record<FunctionName, readonly string[]>> = { rebalance: ['headgate-birth'] };

const STEPS: Readonly<Record<string, readonly [FunctionName, (headgate: Headgate) => Promise<unknown>]>> = {
  'a request comes again under another id': [
    'tenant-requests',
    async (headgate) => {
      headgate.request(applyTenant(`apply-${headgate.calls.length}`));
      await headgate.deliver('requests');
    },
  ],
  'a wish about a job': [
    'tenant-requests',
    async (headgate) => {
      headgate.request(ask(`policy-${headgate.calls.length}`, 'job.policy', { job: 'orders', priority: 300 }));
      await headgate.deliver('requests');
    },
  ],
  'a job is updated': [
    'tenant-requests',
    async (headgate) => {
      headgate.request(submitJob(`update-${headgate.calls.length}`, { verb: 'update' }));
      await headgate.deliver('requests');
    },
  ],
  reconciliation: [
    'tenant-requests',
    async (headgate) => {
      headgate.request(ask(`reconcile-${headgate.calls.length}`, 'tenant.reconcile', {}), {
        senderId: 'AROAEXAMPLETICK:t',
      });
      await headgate.deliver('requests');
    },
  ],
  rebalance: ['rebalance', (headgate) => headgate.schedule('rebalance')],
  tick: ['tick', (headgate) => headgate.schedule('tick')],
  work: [
    'work',
    async (headgate) => {
      headgate.clock.advance(30_000);
      const body = JSON.stringify({ tenant: 'payments', cause: 'tick', id: 'x', at: headgate.clock.now() });
      headgate.queues.send('work', { body, group: 'payments', senderId: 'x' });
      while ((await headgate.deliver('work')).delivered > 0);
    },
  ],
  console: ['console', (headgate) => headgate.http('console')],
  rejected: [
    'rejected',
    async (headgate) => {
      const body = JSON.stringify(applyTenant(`dead-${headgate.calls.length}`));
      headgate.queues.send('requests-dead', { body, group: 'payments', senderId: 'x' });
      await headgate.deliver('requests-dead');
    },
  ],
};

/** The tenant with two jobs that run, one of them with twice the load it can take. */
const start = async (): Promise<Headgate> => {
  const headgate = await startHeadgate();
  headgate.request(applyTenant('apply-1', { quota: { guarantee: { cpu: '4', memory: '8Gi' }, jobs: 5 } }));
  await headgate.drain();
  headgate.request(submitJob('submit-1'));
  headgate.request(submitJob('submit-2', { job: 'refunds' }));
  await headgate.drain();
  await headgate.operator.act();
  const busy = headgate.operator.jobManager('payments', 'refunds');
  assert.ok(busy !== undefined);
  busy.load.recordsPerSecond = 800;
  return headgate;
};

/** The values of the fields that a manager owns, by object; sets and lists are taken whole. */
const fieldsOf = (world: World, manager: (name: string) => boolean): Map<string, unknown> => {
  const found = new Map<string, unknown>();
  for (const [path, object] of world) {
    for (const entry of object.metadata.managedFields ?? []) {
      if (entry.manager !== undefined && manager(entry.manager))
        pick(object, entry.fieldsV1 ?? {}, `${path} ${entry.manager} ${entry.subresource ?? ''}`, found);
    }
  }
  return found;
};

const pick = (value: unknown, set: object, at: string, found: Map<string, unknown>): void => {
  const children = Object.entries(set).filter(([name]) => name !== '.');
  if (children.length === 0) {
    found.set(at, value);
    return;
  }
  for (const [name, inner] of children) {
    const kind = name.slice(0, 2);
    const key = name.slice(2);
    const child =
      kind === 'f:'
        ? part(value, key)
        : kind === 'k:' && Array.isArray(value)
          ? value.find((item) => Object.entries(JSON.parse(key)).every(([k, v]) => part(item, k) === v))
          : key;
    pick(child, inner as object, `${at}.${key}`, found);
  }
};

const isHeadgates = (name: string): boolean => name.startsWith('headgate-');

test('in any order, no function changes or loses a field of another', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.constantFrom(...Object.keys(STEPS)), { minLength: 8, maxLength: 14 }),
      async (order) => {
        const headgate = await start();
        let before = await headgate.objects();
        for (const step of order) {
          const [name, run] = STEPS[step]!;
          await run(headgate);
          const after = await headgate.objects();
          const own = new Set([...MANAGERS[name], ...(HANDED_OVER[name] ?? [])]);
          const others = (manager: string) => isHeadgates(manager) && !own.has(manager);
          assert.deepEqual(
            fieldsOf(after, others),
            // An object that was deleted by its writer is nobody's loss.
            new Map([...fieldsOf(before, others)].filter(([at]) => after.has(at.split(' ')[0] ?? ''))),
            `after ${step}, run by ${name}`,
          );
          await headgate.operator.act();
          before = await headgate.objects();
        }
        assert.deepEqual(forbidden(headgate), []);
      },
    ),
    { numRuns: 12 },
  );
});

test('every field that Headgate writes has a writer of one function, and no writer but those', async () => {
  const headgate = await start();
  for (const step of Object.values(STEPS)) await step[1](headgate);
  const known = new Set(Object.values(MANAGERS).flat());
  for (const [path, object] of await headgate.objects()) {
    const managers = (object.metadata.managedFields ?? []).map((entry) => entry.manager ?? '').filter(isHeadgates);
    assert.ok(
      managers.every((manager) => known.has(manager)),
      `${path}: ${managers.join(', ')}`,
    );
  }
});

test('in a world at rest a round of all functions writes the sample history and nothing else', async () => {
  const headgate = await start();
  const busy = headgate.operator.jobManager('payments', 'refunds');
  const round = async (): Promise<void> => {
    headgate.clock.advance(60_000 - (headgate.clock.now() % 60_000));
    await headgate.schedule('tick');
    await headgate.schedule('rebalance');
    await headgate.drain();
    await headgate.operator.act();
  };
  busy!.load.recordsPerSecond = 280;
  headgate.operator.jobManager('payments', 'orders')!.load.recordsPerSecond = 280;
  for (let minute = 0; minute < 8; minute += 1) await round();
  for (let minute = 0; minute < 12; minute += 1) {
    const before = await headgate.objects();
    await round();
    const written = changed(before, await headgate.objects());
    assert.deepEqual(
      written,
      ['configmaps/headgate-history/history-payments'],
      explain(before, await headgate.objects()),
    );
  }
  const last = (name: string): unknown =>
    part(jobs.get(`managedjobs/payments/${name}`), 'status', 'lastDecision', 'reason');
  const jobs = await headgate.objects();
  assert.deepEqual([last('orders'), last('refunds')], ['Stable', 'Stable']);
  assert.deepEqual(forbidden(headgate), []);
});

/** What changed, for people who read a failed test. */
const explain = (before: World, after: World): string =>
  changed(before, after)
    .filter((path) => !path.includes('/history-'))
    .map(
      (path) =>
        `${path}: ${JSON.stringify(statusOf(before.get(path)))} -> ${JSON.stringify(statusOf(after.get(path)))}`,
    )
    .join('\n');

const statusOf = (object: Shown | undefined): unknown => part(object, 'status') ?? part(object, 'metadata');
