import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import * as fc from 'fast-check';
import { fits, least, most, subtract, sum, times, type Resources, ZERO } from '../../lib/model/resources.ts';
import { holdingOf, quantaWithin } from '../../lib/quota/holding.ts';
import { QuotaWorld, type Membership, type Rebalance } from '../quota/quota-world.ts';

const amount = (max: number) =>
  fc.record({ cpuMillis: fc.nat({ max }), memoryBytes: fc.nat({ max }) }, { noNullPrototype: true });
const one: Resources = { cpuMillis: 1, memoryBytes: 1 };
const capacity = { cpuMillis: 30, memoryBytes: 30 };

const member = fc.record({
  tier: fc.integer({ min: 0, max: 1 }),
  weight: fc.integer({ min: 1, max: 3 }),
  guarantee: amount(12),
  limit: fc.option(amount(30), { nil: undefined }),
  lend: fc.option(amount(12), { nil: undefined }),
  namespaces: fc.constantFrom(1, 1, 1, 2),
});
const members = fc.array(member, { minLength: 1, maxLength: 4 }).map((drawn) =>
  drawn.map(({ namespaces, ...claim }, i): Membership => ({
    claim: {
      ...claim,
      name: `t${i}`,
      limit: claim.limit && most(claim.limit, claim.guarantee),
      lend: claim.lend && least(claim.lend, claim.guarantee),
      fixed: ZERO,
      quantum: one,
      demand: ZERO,
    },
    namespaces: Array.from({ length: namespaces }, (_, n) => `t${i}-${n}`),
  })),
);

/** Something that happens; `on` picks the namespace or the run it happens to. */
const event = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('demand' as const), on: fc.nat(), by: amount(20) }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('sync' as const), on: fc.nat() }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('grow' as const), on: fc.nat(), by: amount(12) }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('shrink' as const), on: fc.nat(), by: amount(12) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('wait' as const), seconds: fc.constantFrom(1, 60, 700) }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('begin' as const), on: fc.nat() }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('decide' as const), on: fc.nat() }) },
  { weight: 8, arbitrary: fc.record({ kind: fc.constant('write' as const), on: fc.nat() }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('tick' as const) }) },
);
type Event = typeof event extends fc.Arbitrary<infer T> ? T : never;

/** Long histories: by itself fast-check would seldom draw more than ten events. */
const events = (maxLength: number) => fc.array(event, { maxLength, size: 'max' });

/** Three runs at once: each may stop anywhere, and a slot that begins anew is a run that died. */
const happen = (world: QuotaWorld, runs: (Rebalance | undefined)[], { ...what }: Event): void => {
  const namespaces = [...world.quotas.keys()];
  const namespace = 'on' in what ? namespaces[what.on % namespaces.length]! : '';
  const slot = 'on' in what ? what.on % 3 : 0;
  const run = runs[slot];
  switch (what.kind) {
    case 'demand':
      world.quota(namespace).demand = what.by;
      return;
    case 'sync':
      return world.sync(namespace);
    case 'grow':
      return world.grow(namespace, what.by);
    case 'shrink':
      return world.shrink(namespace, what.by);
    case 'wait':
      world.now += what.seconds * 1000;
      return;
    case 'begin':
      runs[slot] = world.begin();
      return;
    case 'decide':
      if (run !== undefined && run.decided === undefined) world.decide(run);
      return;
    case 'write':
      if (run !== undefined) world.writeNext(run);
      return;
    case 'tick':
      world.rebalance();
  }
};

/** Whole runs, and everybody doing their part, for an hour. */
const calmDown = (world: QuotaWorld): void => {
  for (let tick = 0; tick < 60; tick++) {
    world.now += 60_000;
    world.comply(world.rebalance());
  }
};

describe('rebalance', () => {
  it('never commits more than the capacity, wherever runs stop, overlap or repeat (P11)', () => {
    fc.assert(
      fc.property(members, events(120), (tenants, events) => {
        const world = new QuotaWorld(capacity, tenants);
        const runs: (Rebalance | undefined)[] = [];
        for (const what of events) {
          happen(world, runs, what);
          assert.ok(fits(world.committed(), capacity), `after ${JSON.stringify(what)}`);
        }
      }),
      { numRuns: 1500 },
    );
  });

  it('never commits more than before when capacity is lost (P11)', () => {
    fc.assert(
      fc.property(members, events(60), amount(20), events(60), (tenants, before, left, after) => {
        const rich = new QuotaWorld(capacity, tenants);
        const runs: (Rebalance | undefined)[] = [];
        for (const what of before) happen(rich, runs, what);
        const poor = new QuotaWorld(left, tenants);
        for (const [namespace, quota] of rich.quotas) poor.quotas.set(namespace, quota);
        poor.plan = rich.plan;
        poor.now = rich.now;
        let bound = most(poor.committed(), left);
        for (const what of after) {
          happen(poor, [], what);
          assert.ok(fits(poor.committed(), bound));
          bound = most(poor.committed(), left);
        }
      }),
      { numRuns: 500 },
    );
  });

  it('never writes a quota below what is used, and raises nobody above the target (P12)', () => {
    fc.assert(
      fc.property(members, events(100), (tenants, events) => {
        const world = new QuotaWorld(capacity, tenants);
        for (const what of events) {
          happen(world, [], what);
          const before = new Map([...world.quotas].map(([namespace, quota]) => [namespace, { ...quota }]));
          const { grants, tenants: outcomes } = world.rebalance();
          for (const { namespace, hard } of grants) {
            const { spec, used } = before.get(namespace)!;
            assert.ok(fits(least(spec, used), hard));
          }
          for (const { tenant, target } of outcomes) {
            const own = grants.filter((g) => g.tenant === tenant && g.phase === 'raise');
            if (own.length === 1 && world.members.find((m) => m.claim.name === tenant)!.namespaces.length === 1) {
              const { spec, used } = before.get(own[0]!.namespace)!;
              assert.ok(fits(own[0]!.hard, most(target, least(spec, used))));
            }
          }
        }
      }),
      { numRuns: 300 },
    );
  });

  it('comes to rest when nothing changes, and then writes nothing (P13, P14, P16)', () => {
    fc.assert(
      fc.property(members, events(60), (tenants, events) => {
        const world = new QuotaWorld(capacity, tenants);
        const runs: (Rebalance | undefined)[] = [];
        for (const what of events) happen(world, runs, what);
        calmDown(world);
        const { written, plan } = world;
        for (let tick = 0; tick < 20; tick++) {
          world.now += 60_000;
          const decided = world.rebalance();
          world.comply(decided);
          assert.deepEqual(
            decided.grants.map((g) => g.phase).filter((phase) => phase !== 'settled'),
            [],
          );
        }
        assert.equal(world.written, written);
        assert.equal(world.plan, plan);
      }),
      { numRuns: 300 },
    );
  });

  it('ends with everybody at what they ask for within their guarantee (P2)', () => {
    fc.assert(
      fc.property(members, events(60), (tenants, events) => {
        const world = new QuotaWorld(times(capacity, 2), tenants);
        const runs: (Rebalance | undefined)[] = [];
        for (const what of events) happen(world, runs, what);
        calmDown(world);
        for (const { claim, namespaces } of world.input(undefined).tenants) {
          const guaranteed = holdingOf(
            claim,
            quantaWithin(claim, least(claim.guarantee, claim.limit ?? claim.guarantee)) ?? 0,
          );
          assert.ok(fits(guaranteed, sum(namespaces.map(({ quota }) => quota!.used))));
        }
      }),
      { numRuns: 300 },
    );
  });

  it('does not follow a demand that swings within the band (P13)', () => {
    const swings = fc.array(fc.boolean(), { minLength: 1, maxLength: 30 });
    fc.assert(
      fc.property(
        members,
        fc.array(fc.integer({ min: 8, max: 16 }), { minLength: 8, maxLength: 8 }),
        swings,
        (tenants, demands, swings) => {
          // There is room for everybody, and the band of a quarter is wider than one TaskManager of eight.
          const world = new QuotaWorld(times(one, 1000), tenants, { bandPercent: 25 });
          const names = [...world.quotas.keys()];
          for (const [i, name] of names.entries()) world.quota(name).demand = times(one, demands[i]!);
          calmDown(world);
          const { written, plan } = world;
          for (const up of swings) {
            world.quota(names[0]!).demand = times(one, demands[0]! + (up ? 1 : 0));
            world.now += 60_000;
            const { reclaim } = world.rebalance();
            assert.deepEqual(reclaim, []);
          }
          const wasGuaranteed = !fits(
            least(times(one, demands[0]! + 1), tenants[0]!.claim.guarantee),
            times(one, demands[0]!),
          );
          // What is guaranteed is given whatever its size; after that it stays.
          assert.ok(world.plan!.epoch <= plan!.epoch + (wasGuaranteed ? 1 : 0));
          assert.ok(world.written <= written + (wasGuaranteed ? 3 : 0));
        },
      ),
      { numRuns: 300 },
    );
  });

  it('lends nobody more within the cooldown after a cut (P13)', () => {
    fc.assert(
      fc.property(members, events(120), (tenants, history) => {
        const world = new QuotaWorld(capacity, tenants);
        const cutAt = new Map<string, number>();
        let before = new Map<string, Resources>();
        for (const what of history) {
          happen(world, [], what);
          const { plan, tenants: outcomes } = world.rebalance();
          const borrowed = new Map(
            outcomes.map(({ tenant, target }) => {
              const { guarantee } = tenants.find((t) => t.claim.name === tenant)!.claim;
              return [tenant, subtract(target, guarantee)];
            }),
          );
          // When the guarantees cannot be covered, other amounts count as borrowed.
          if (!fits(sum(tenants.map((t) => t.claim.guarantee)), capacity)) return;
          for (const [tenant, now] of borrowed) {
            const then = before.get(tenant) ?? ZERO;
            if (!fits(now, then))
              assert.ok(world.now - (cutAt.get(tenant) ?? 0) >= 600_000, `${tenant} of epoch ${plan.epoch}`);
            if (!fits(then, now)) cutAt.set(tenant, world.now);
          }
          before = borrowed;
        }
      }),
      { numRuns: 500 },
    );
  });
});
