import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import * as fc from 'fast-check';
import { add, fits, least, most, subtract, sum, type Resources } from '../../lib/model/resources.ts';
import { allocate } from '../../lib/quota/allocate.ts';
import { coverGuarantees } from '../../lib/quota/guarantees.ts';
import { holdingOf, quantaWithin, wantedQuanta } from '../../lib/quota/holding.ts';
import type { Allocation, TenantClaim } from '../../lib/quota/tenant-claim.ts';

/** Small numbers: the border cases lie where a quantum just fits or just does not. */
const amount = (max: number) =>
  fc.record({ cpuMillis: fc.nat({ max }), memoryBytes: fc.nat({ max }) }, { noNullPrototype: true });
const quantum = fc.record(
  { cpuMillis: fc.integer({ min: 1, max: 4 }), memoryBytes: fc.integer({ min: 1, max: 4 }) },
  { noNullPrototype: true },
);

type Options = { readonly fixed?: boolean; readonly limits?: boolean; readonly lending?: boolean };

const claim = ({ fixed = true, limits = true, lending = true }: Options) =>
  fc
    .record({
      tier: fc.integer({ min: 0, max: 1 }),
      weight: fc.integer({ min: 1, max: 3 }),
      guarantee: amount(8),
      limit: limits ? fc.option(amount(20), { nil: undefined }) : fc.constant(undefined),
      lend: lending ? fc.option(amount(8), { nil: undefined }) : fc.constant(undefined),
      fixed: fixed ? amount(2) : fc.constant({ cpuMillis: 0, memoryBytes: 0 }),
      quantum,
      taskManagers: fc.nat({ max: 8 }),
      // A demand need not be a whole number of quanta: TaskManagers may differ.
      more: fixed ? amount(2) : fc.constant({ cpuMillis: 0, memoryBytes: 0 }),
    })
    .map(({ taskManagers, more, ...claim }) => ({
      ...claim,
      limit: claim.limit && most(claim.limit, claim.guarantee),
      lend: claim.lend && least(claim.lend, claim.guarantee),
      demand: add(add(claim.fixed, more), {
        cpuMillis: claim.quantum.cpuMillis * taskManagers,
        memoryBytes: claim.quantum.memoryBytes * taskManagers,
      }),
    }));

const tenants = (options: Options = {}) =>
  fc
    .array(claim(options), { minLength: 1, maxLength: 5 })
    .map((claims) => claims.map((c, i): TenantClaim => ({ ...c, name: `t${i}` })));

/** All tenants grow by the same step, and ask for whole steps. */
const alike = fc
  .tuple(
    tenants({ fixed: false, lending: false }),
    quantum,
    fc.array(fc.nat({ max: 8 }), { minLength: 5, maxLength: 5 }),
  )
  .map(([claims, quantum, counts]) =>
    claims.map((c, i) => ({
      ...c,
      quantum,
      guarantee: { cpuMillis: quantum.cpuMillis * (i % 3), memoryBytes: quantum.memoryBytes * (i % 3) },
      limit: undefined,
      demand: { cpuMillis: quantum.cpuMillis * counts[i]!, memoryBytes: quantum.memoryBytes * counts[i]! },
    })),
  );

const room = amount(40);
const asked = (a: Allocation): Resources => add(a.base, a.surplus);
const of = (allocations: ReadonlyMap<string, Allocation>, tenant: TenantClaim): Allocation =>
  allocations.get(tenant.name)!;
const runs = { numRuns: 2000 };

/** The weighted dominant share of the surplus, as Allocation shows it. */
const shareOf = (held: Resources, base: Resources, surplus: Resources, weight: number): number => {
  const extra = subtract(held, base);
  return Math.max(
    extra.cpuMillis === 0 ? 0 : extra.cpuMillis / (surplus.cpuMillis * weight),
    extra.memoryBytes === 0 ? 0 : extra.memoryBytes / (surplus.memoryBytes * weight),
  );
};

/** What one more TaskManager would bring a tenant to; JobManagers alone are of no use. */
const nextHolding = (tenant: TenantClaim, held: Resources): Resources | undefined => {
  const wanted = wantedQuanta(tenant);
  for (let quanta = Math.max(quantaWithin(tenant, held) ?? 0, Math.min(1, wanted)); quanta <= wanted; quanta++) {
    const next = holdingOf(tenant, quanta);
    if (!fits(next, held)) return tenant.limit === undefined || fits(next, tenant.limit) ? next : undefined;
  }
  return undefined;
};

describe('allocate', () => {
  it('never gives out more than there is (P1)', () => {
    fc.assert(
      fc.property(room, tenants(), (capacity, claims) => {
        assert.ok(fits(sum([...allocate(capacity, claims).values()].map((a) => a.target)), capacity));
      }),
      runs,
    );
  });

  it('gives everybody the TaskManagers that their guarantee holds and they ask for (P2)', () => {
    fc.assert(
      fc.property(room, tenants(), (capacity, claims) => {
        const guarantees = coverGuarantees(capacity, claims);
        const allocations = allocate(capacity, claims);
        for (const tenant of claims) {
          const guarantee = guarantees.get(tenant.name)!;
          const guaranteed = holdingOf(tenant, quantaWithin(tenant, guarantee) ?? 0);
          assert.ok(fits(least(guaranteed, guarantee), asked(of(allocations, tenant))));
        }
      }),
      runs,
    );
  });

  it('gives nobody more than the limit, nor more than is asked for or guaranteed (P3)', () => {
    fc.assert(
      fc.property(room, tenants(), (capacity, claims) => {
        const allocations = allocate(capacity, claims);
        for (const tenant of claims) {
          const { target, guarantee } = of(allocations, tenant);
          assert.ok(tenant.limit === undefined || fits(target, tenant.limit));
          assert.ok(fits(asked(of(allocations, tenant)), tenant.demand));
          assert.ok(fits(target, most(tenant.demand, guarantee)));
        }
      }),
      runs,
    );
  });

  it('leaves nothing idle that somebody could still use (P4)', () => {
    fc.assert(
      fc.property(room, tenants({ lending: false }), (capacity, claims) => {
        const allocations = allocate(capacity, claims);
        const left = subtract(capacity, sum([...allocations.values()].map(asked)));
        for (const tenant of claims) {
          const held = asked(of(allocations, tenant));
          const next = nextHolding(tenant, held);
          assert.ok(next === undefined || !fits(subtract(next, held), left));
        }
      }),
      runs,
    );
  });

  it('gives nobody cause for complaint: who could use what an equal would give back has no smaller share (P5)', () => {
    fc.assert(
      fc.property(room, tenants({ fixed: false, lending: false }), (capacity, claims) => {
        const allocations = allocate(capacity, claims);
        const surplus = subtract(capacity, sum([...allocations.values()].map((a) => a.base)));
        const left = subtract(capacity, sum([...allocations.values()].map(asked)));
        for (const poor of claims) {
          const mine = of(allocations, poor);
          const next = nextHolding(poor, asked(mine));
          if (next === undefined) continue;
          for (const rich of claims.filter((t) => t !== poor && t.tier === poor.tier)) {
            const theirs = of(allocations, rich);
            const oneBack = least(theirs.surplus, rich.quantum);
            if (!fits(subtract(next, asked(mine)), add(left, oneBack))) continue;
            const after = shareOf(next, mine.base, surplus, poor.weight);
            const now = shareOf(asked(theirs), theirs.base, surplus, rich.weight);
            assert.ok(after >= now - 1e-9, `${poor.name} may complain of ${rich.name}: ${after} < ${now}`);
          }
        }
      }),
      runs,
    );
  });

  it('never rewards a smaller weight (P6)', () => {
    fc.assert(
      fc.property(room, tenants(), fc.integer({ min: 1, max: 3 }), (capacity, claims, more) => {
        const [first, ...rest] = claims;
        const before = of(allocate(capacity, claims), first!);
        const after = of(allocate(capacity, [{ ...first!, weight: first!.weight + more }, ...rest]), first!);
        assert.ok(fits(asked(before), asked(after)));
      }),
      runs,
    );
  });

  it('never rewards asking for more than is needed (P7)', () => {
    fc.assert(
      fc.property(room, tenants({ fixed: false }), fc.integer({ min: 1, max: 4 }), (capacity, claims, extra) => {
        const [first, ...rest] = claims;
        const greedy = {
          ...first!,
          demand: {
            cpuMillis: first!.demand.cpuMillis + extra * first!.quantum.cpuMillis,
            memoryBytes: first!.demand.memoryBytes + extra * first!.quantum.memoryBytes,
          },
        };
        const honestly = asked(of(allocate(capacity, claims), first!));
        const greedily = asked(of(allocate(capacity, [greedy, ...rest]), greedy));
        assert.ok(fits(honestly, greedily), 'asking for more loses nothing');
        assert.ok(fits(least(greedily, first!.demand), honestly), 'and gains nothing that is needed');
      }),
      runs,
    );
  });

  it('hardly ever rewards a misstated TaskManager size: whole quanta leave a rest of luck (P8)', () => {
    const games = fc.sample(fc.tuple(room, tenants({ fixed: false, limits: false, lending: false }), amount(2)), {
      seed: 8,
      numRuns: 8000,
    });
    const gains = games.map(([capacity, claims, extra]) => {
      const [first, ...rest] = claims;
      const count = wantedQuanta(first!);
      const inflated = add(first!.quantum, extra);
      const liar = {
        ...first!,
        quantum: inflated,
        demand: { cpuMillis: inflated.cpuMillis * count, memoryBytes: inflated.memoryBytes * count },
      };
      const usable = (tenant: TenantClaim, all: readonly TenantClaim[]) =>
        quantaWithin(first!, asked(of(allocate(capacity, all), tenant))) ?? 0;
      return usable(liar, [liar, ...rest]) - usable(first!, claims);
    });
    assert.ok(gains.filter((gain) => gain > 0).length < games.length / 500);
    assert.ok(gains.filter((gain) => gain > 0).length < gains.filter((gain) => gain < 0).length / 10);
  });

  it('takes from nobody when there is more, or one tenant fewer, as long as all grow by the same step (P9)', () => {
    fc.assert(
      fc.property(room, alike, fc.nat({ max: 8 }), fc.nat({ max: 4 }), (capacity, claims, more, index) => {
        const step = claims[0]!.quantum;
        const whole = (r: Resources) =>
          Math.floor(Math.min(r.cpuMillis / step.cpuMillis, r.memoryBytes / step.memoryBytes));
        const times = (n: number) => ({ cpuMillis: step.cpuMillis * n, memoryBytes: step.memoryBytes * n });
        const enough = Math.max(whole(capacity), whole(sum(claims.map((c) => c.guarantee))));
        const before = allocate(times(enough), claims);
        const richer = allocate(times(enough + more), claims);
        const others = claims.filter((_, i) => i !== index % claims.length);
        const fewer = allocate(times(enough), others);
        for (const tenant of claims) assert.ok(fits(asked(of(before, tenant)), asked(of(richer, tenant))));
        for (const tenant of others) assert.ok(fits(asked(of(before, tenant)), asked(of(fewer, tenant))));
      }),
      runs,
    );
  });

  it('does not depend on the order of its input (P10)', () => {
    fc.assert(
      fc.property(room, tenants(), fc.integer(), (capacity, claims, seed) => {
        const shuffled = claims.toSorted(
          (a, b) => Math.sin(seed + a.name.charCodeAt(1)) - Math.sin(seed + b.name.charCodeAt(1)),
        );
        assert.deepEqual(allocate(capacity, shuffled), allocate(capacity, claims));
      }),
      runs,
    );
  });

  it('does not touch what a tenant does not lend (P17)', () => {
    fc.assert(
      fc.property(room, tenants(), (capacity, claims) => {
        const [first, ...rest] = claims;
        const miser = { ...first!, lend: { cpuMillis: 0, memoryBytes: 0 }, demand: { cpuMillis: 0, memoryBytes: 0 } };
        const allocations = allocate(capacity, [miser, ...rest]);
        const others = sum(rest.map((tenant) => of(allocations, tenant).target));
        assert.deepEqual(of(allocations, miser).target, of(allocations, miser).guarantee);
        assert.ok(fits(others, subtract(capacity, of(allocations, miser).guarantee)));
      }),
      runs,
    );
  });

  it('cuts a guarantee only when every lower tier has lost all of its own (P18)', () => {
    fc.assert(
      fc.property(room, tenants(), (capacity, claims) => {
        const covered = coverGuarantees(capacity, claims);
        for (const resource of ['cpuMillis', 'memoryBytes'] as const) {
          const claimed = (tenant: TenantClaim) => least(tenant.guarantee, tenant.limit ?? tenant.guarantee)[resource];
          for (const high of claims.filter((t) => covered.get(t.name)![resource] < claimed(t))) {
            for (const low of claims.filter((t) => t.tier < high.tier))
              assert.equal(covered.get(low.name)![resource], 0);
          }
        }
      }),
      runs,
    );
  });
});
