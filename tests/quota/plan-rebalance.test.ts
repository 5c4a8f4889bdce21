import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { formatResources } from '../../lib/model/resources.ts';
import { planRebalance } from '../../lib/quota/plan-rebalance.ts';
import type { Grant, RebalancePlan } from '../../lib/quota/rebalance-plan.ts';
import { aClaim, amount } from './claims.ts';
import { QuotaWorld } from './quota-world.ts';

/** A guarantees 8 and lends it, B has nothing: 20 cores. */
const owner = aClaim('owner', { guarantee: amount(8, 8), quantum: amount(1, 1) });
const borrower = aClaim('borrower', { quantum: amount(1, 1) });
const aWorld = (cores = 20) =>
  new QuotaWorld(amount(cores, cores), [
    { claim: owner, namespaces: ['owner'] },
    { claim: borrower, namespaces: ['borrower'] },
  ]);

const ask = (world: QuotaWorld, namespace: string, cores: number): void => {
  world.quota(namespace).demand = amount(cores, cores);
};

/** Runs and lets everybody follow, minute by minute. */
const follow = (world: QuotaWorld, minutes: number): void => {
  for (let minute = 0; minute < minutes; minute++) {
    world.now += 60_000;
    world.comply(world.rebalance());
  }
};

const cores = (world: QuotaWorld): Record<string, number> =>
  Object.fromEntries([...world.quotas].map(([namespace, quota]) => [namespace, quota.spec.cpuMillis / 1000]));

const targets = ({ tenants }: RebalancePlan): Record<string, number> =>
  Object.fromEntries(tenants.map(({ tenant, target }) => [tenant, target.cpuMillis / 1000]));

const phases = (plan: RebalancePlan): Record<string, string> =>
  Object.fromEntries(plan.grants.map((g: Grant) => [g.namespace, `${g.phase} ${g.reason}`]));

describe('planRebalance, for a new tenant', () => {
  it('grants the whole guarantee at once while it is free, before any job is submitted', () => {
    const world = aWorld();
    const decided = world.rebalance();
    assert.deepEqual(cores(world), { owner: 8, borrower: 0 });
    assert.equal(phases(decided)['owner'], 'raise Granted');
  });

  it('takes a lent guarantee back as soon as a job asks for it, cooldown or not', () => {
    const world = aWorld();
    ask(world, 'borrower', 20);
    follow(world, 2);
    assert.deepEqual(cores(world), { owner: 0, borrower: 20 });
    ask(world, 'owner', 3);
    assert.deepEqual(targets(world.rebalance()), { owner: 3, borrower: 17 });
  });

  it('holds a namespace without a quota, and promises it nothing', () => {
    const world = aWorld();
    const input = world.input(undefined);
    const [first, ...rest] = input.tenants;
    const missing = { ...first!, namespaces: [{ ...first!.namespaces[0]!, quota: undefined }] };
    const { grants } = planRebalance({ ...input, tenants: [missing, ...rest] });
    assert.deepEqual(
      grants.find((g) => g.tenant === 'owner'),
      {
        tenant: 'owner',
        namespace: 'owner',
        hard: amount(0),
        phase: 'hold',
        reason: 'QuotaMissing',
      },
    );
  });
});

describe('planRebalance, moving capacity from one tenant to another', () => {
  /** The borrower has all; now the owner asks for its guarantee. */
  const contested = (): QuotaWorld => {
    const world = aWorld();
    ask(world, 'borrower', 20);
    follow(world, 2);
    ask(world, 'owner', 8);
    world.now += 60_000;
    return world;
  };

  it('lowers to what is used, raises nobody yet, and says what is to be given back until when', () => {
    const world = contested();
    const decided = world.rebalance();
    assert.deepEqual(cores(world), { owner: 0, borrower: 20 });
    assert.deepEqual(phases(decided), { owner: 'hold WaitingForRoom', borrower: 'hold WaitingForRelease' });
    assert.deepEqual(decided.reclaim, [{ tenant: 'borrower', excess: amount(8, 8), graceUntil: world.now + 120_000 }]);
  });

  it('follows the use down, so that freed pods cannot come back', () => {
    const world = contested();
    world.rebalance();
    world.shrink('borrower', amount(5, 5));
    assert.equal(phases(world.rebalance())['borrower'], 'ratchet LoweredToUse');
    assert.deepEqual(cores(world), { owner: 0, borrower: 15 });
  });

  it('raises only when the quota controller has taken the lower quota over', () => {
    const world = contested();
    world.rebalance();
    world.shrink('borrower', amount(5, 5));
    world.rebalance();
    assert.equal(phases(world.rebalance())['owner'], 'hold WaitingForRoom', 'admission still goes by the old status');
    world.sync('borrower');
    assert.equal(phases(world.rebalance())['owner'], 'raise PartiallyGranted');
    assert.deepEqual(cores(world), { owner: 5, borrower: 15 });
  });

  it('comes to rest, and then leaves plan and quotas alone', () => {
    const world = contested();
    follow(world, 3);
    assert.deepEqual(cores(world), { owner: 8, borrower: 12 });
    const { plan } = world;
    const again = world.rebalance();
    assert.equal(again.plan, plan);
    assert.deepEqual(phases(again), { owner: 'settled Settled', borrower: 'settled Settled' });
    assert.deepEqual(again.reclaim, []);
    assert.deepEqual(
      again.tenants.map(({ conditions }) =>
        conditions.map(({ type, status, reason }) => `${type} ${status} ${reason}`),
      ),
      [['QuotaSettled True Settled'], ['QuotaSettled True Settled']],
    );
  });

  it('does not lend again soon after a cut, though it is asked for and free', () => {
    const world = contested();
    follow(world, 3);
    ask(world, 'owner', 0);
    world.quota('owner').used = amount(0);
    assert.deepEqual(targets(world.rebalance()), { owner: 8, borrower: 12 });
    world.now += 600_000;
    assert.deepEqual(targets(world.rebalance()), { owner: 0, borrower: 20 });
  });

  it('does not cut a loan soon after it was given, when nobody is owed it', () => {
    const world = aWorld();
    ask(world, 'borrower', 16);
    follow(world, 1);
    ask(world, 'borrower', 4);
    assert.deepEqual(targets(world.rebalance()), { owner: 4, borrower: 16 });
    world.now += 600_000;
    assert.deepEqual(targets(world.rebalance()), { owner: 8, borrower: 4 });
  });

  it('leaves a change alone that is smaller than the band', () => {
    const world = aWorld(100);
    ask(world, 'borrower', 50);
    follow(world, 1);
    world.now += 600_000;
    ask(world, 'borrower', 46);
    assert.equal(targets(world.rebalance())['borrower'], 50);
    ask(world, 'borrower', 45);
    assert.equal(targets(world.rebalance())['borrower'], 45);
  });
});

describe('planRebalance, against runs that hold an older plan', () => {
  it('counts a raise that is still open as taken, and shuts the older run out', () => {
    const world = aWorld();
    ask(world, 'borrower', 12);
    const old = world.begin();
    world.decide(old); // Its raises of owner and borrower are still to be written.
    ask(world, 'borrower', 0);
    ask(world, 'owner', 20);
    world.now += 600_000;
    const decided = world.rebalance();
    assert.equal(decided.plan.epoch, old.decided!.plan.epoch + 1);
    // Twelve of the twenty may still be written for the borrower.
    assert.deepEqual(phases(decided), { borrower: 'fence OlderPlanFenced', owner: 'raise PartiallyGranted' });
    assert.deepEqual(cores(world), { owner: 8, borrower: 0 });
    while (old.writes.length > 0) world.writeNext(old);
    assert.deepEqual(cores(world), { owner: 8, borrower: 0 }, 'the older run writes in vain');
    world.rebalance();
    assert.deepEqual(cores(world), { owner: 20, borrower: 0 });
  });

  it('remembers an open raise over plans whose writes were lost', () => {
    const world = aWorld();
    ask(world, 'borrower', 12);
    const old = world.begin();
    world.decide(old);
    world.now += 600_000;
    ask(world, 'borrower', 0);
    world.decide(world.begin()); // Dies before its first write.
    world.now += 600_000;
    ask(world, 'owner', 20);
    const decided = world.rebalance();
    assert.equal(decided.plan.epoch, old.decided!.plan.epoch + 2);
    assert.deepEqual(cores(world), { owner: 8, borrower: 0 });
  });

  it('moves its epoch beyond quotas that come from elsewhere', () => {
    const world = aWorld();
    follow(world, 1);
    world.quota('borrower').epoch = 57;
    assert.equal(world.rebalance().plan.epoch, 58);
  });
});

describe('planRebalance, with several namespaces', () => {
  const split = (): QuotaWorld =>
    new QuotaWorld(amount(20, 20), [
      { claim: aClaim('team', { guarantee: amount(10, 10), quantum: amount(1, 1) }), namespaces: ['main', 'side'] },
    ]);

  it('gives each what it asks for, and the first what nobody asks for', () => {
    const world = split();
    ask(world, 'side', 4);
    world.rebalance();
    assert.deepEqual(cores(world), { main: 6, side: 4 });
  });

  it('lowers one before it raises the other', () => {
    const world = split();
    ask(world, 'main', 10);
    follow(world, 2);
    ask(world, 'main', 2);
    ask(world, 'side', 8);
    world.rebalance();
    assert.deepEqual(cores(world), { main: 10, side: 0 }, 'main still uses all of it');
    follow(world, 3);
    assert.deepEqual(cores(world), { main: 2, side: 8 });
  });
});

describe('planRebalance, as far as it may act', () => {
  it('only shows what it would do below the mode drive', () => {
    const world = aWorld();
    const input = world.input(undefined);
    const decided = planRebalance({
      ...input,
      tenants: input.tenants.map((tenant) => ({
        ...tenant,
        mode: tenant.claim.name === 'owner' ? 'recommend' : 'drive',
      })),
    });
    assert.equal(phases(decided)['owner'], 'hold Recommended');
    assert.deepEqual(targets(decided), { owner: 8, borrower: 0 });
    const observed = planRebalance({ ...input, pool: { ...input.pool, mode: 'observe' } });
    assert.deepEqual(phases(observed), { owner: 'hold Observing', borrower: 'hold Observing' });
  });

  it('promises nobody what namespaces without a tenant hold', () => {
    const input = aWorld().input(undefined);
    const decided = planRebalance({ ...input, unclaimed: amount(15, 15) });
    assert.deepEqual(targets(decided), { owner: 5, borrower: 0 });
  });

  it('says so when the capacity does not cover the guarantees', () => {
    const world = aWorld(5);
    const { pool, tenants } = world.rebalance();
    assert.deepEqual(
      pool.conditions.map(({ type, status, reason }) => `${type} ${status} ${reason}`),
      ['GuaranteesCovered False CapacityBelowGuarantees', 'Settled False Settling'],
    );
    assert.deepEqual(tenants[0]!.target, amount(5, 5));
  });

  it('states amounts as they were read, in the form that the status holds', () => {
    const world = aWorld();
    ask(world, 'owner', 3);
    follow(world, 2);
    assert.deepEqual(world.rebalance().pool.amounts, {
      capacity: { present: formatResources(amount(20, 20)), obtainable: formatResources(amount(20, 20)) },
      guaranteed: { cpu: '8', memory: '8Gi' },
      granted: { cpu: '8', memory: '8Gi' },
      used: { cpu: '3', memory: '3Gi' },
    });
  });
});
