import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { allocate } from '../../lib/quota/allocate.ts';
import type { TenantClaim } from '../../lib/quota/tenant-claim.ts';
import type { Resources } from '../../lib/model/resources.ts';
import { aClaim, amount, EVERYTHING } from './claims.ts';

type Cores = Readonly<Record<string, number>>;

const coresOf = (capacity: Resources, tenants: readonly TenantClaim[]): Cores =>
  Object.fromEntries([...allocate(capacity, tenants)].map(([name, { target }]) => [name, target.cpuMillis / 1000]));

const small = aClaim('a', { quantum: amount(1, 4), demand: EVERYTHING });
const broad = aClaim('b', { quantum: amount(3, 1), demand: EVERYTHING });

const a = aClaim('a', { guarantee: amount(8) });
const b = aClaim('b', { guarantee: amount(4), weight: 3 });
const c = aClaim('c');
const lowA = { ...a, tier: 0 };
const highB = { ...b, tier: 10, limit: amount(10) };
const lowC = { ...c, tier: 0 };

describe('allocate shares surplus', () => {
  const cases: readonly [name: string, capacity: Resources, tenants: readonly TenantClaim[], cores: Cores][] = [
    ['by dominant shares: the example of the DRF paper', amount(9, 18), [small, broad], { a: 3, b: 6 }],
    ['by weight', amount(9, 18), [{ ...small, weight: 2 }, broad], { a: 4, b: 3 }],
    ['on top of guarantees', amount(20), [a, b, c], { a: 9, b: 10, c: 1 }],
    ['that is an idle guarantee, lent', amount(20), [{ ...a, demand: amount(2) }, b, c], { a: 2, b: 15, c: 3 }],
    ['to the higher tier first, up to its limit', amount(20), [lowA, highB, lowC], { a: 9, b: 10, c: 1 }],
    ['only when guarantees leave some', amount(12), [lowA, highB, lowC], { a: 8, b: 4, c: 0 }],
    ['evenly, the odd one by name', amount(10), [c, aClaim('b'), aClaim('a')], { a: 4, b: 3, c: 3 }],
    ['to nobody beyond what is asked for', amount(10), [{ ...c, demand: amount(3) }], { c: 3 }],
    [
      'to whoever still fits when a large quantum does not',
      amount(9),
      [aClaim('a', { quantum: amount(4) }), c],
      { a: 4, c: 5 },
    ],
  ];
  for (const [name, capacity, tenants, cores] of cases) {
    it(name, () => assert.deepEqual(coresOf(capacity, tenants), cores));
  }
});

describe('allocate honours guarantees', () => {
  const cases: readonly [name: string, capacity: Resources, tenants: readonly TenantClaim[], cores: Cores][] = [
    [
      'a guarantee that is not lent stays with its tenant, asked for or not',
      amount(10),
      [aClaim('a', { guarantee: amount(6), lend: amount(0), demand: amount(1) }), c],
      { a: 6, c: 4 },
    ],
    [
      'a guarantee that is lent in part keeps the other part',
      amount(10),
      [aClaim('a', { guarantee: amount(6), lend: amount(2), demand: amount(0) }), c],
      { a: 4, c: 6 },
    ],
    [
      'a tenant without jobs has its guarantee while nobody else asks for it',
      amount(10),
      [aClaim('a', { guarantee: amount(6), demand: amount(0) }), { ...c, demand: amount(2) }],
      { a: 6, c: 2 },
    ],
    [
      'an idle guarantee gives way to what others ask for',
      amount(10),
      [aClaim('a', { guarantee: amount(6), demand: amount(0) }), { ...c, demand: amount(9) }],
      { a: 1, c: 9 },
    ],
    [
      'idle guarantees that cannot all be topped up are so in proportion',
      amount(9),
      [
        aClaim('a', { guarantee: amount(4), demand: amount(0) }),
        aClaim('b', { guarantee: amount(2), demand: amount(0) }),
        { ...c, demand: amount(6) },
      ],
      { a: 2, b: 1, c: 6 },
    ],
    [
      'lost capacity is lost by the lowest tier',
      amount(10),
      [aClaim('a', { tier: 0, guarantee: amount(8) }), aClaim('b', { tier: 1, guarantee: amount(8) })],
      { a: 2, b: 8 },
    ],
    [
      'inside a tier, lost capacity is lost in proportion',
      amount(9),
      [aClaim('a', { guarantee: amount(12) }), aClaim('b', { guarantee: amount(6) })],
      { a: 6, b: 3 },
    ],
    [
      'a guarantee above the limit is worth the limit',
      amount(10),
      [aClaim('a', { guarantee: amount(8), limit: amount(5) }), c],
      { a: 5, c: 5 },
    ],
    [
      'what a guarantee holds less than a TaskManager of is of no use to it, and borrowed by others',
      amount(10),
      [aClaim('a', { guarantee: amount(5), quantum: amount(4), demand: amount(4) }), c],
      { a: 4, c: 6 },
    ],
  ];
  for (const [name, capacity, tenants, cores] of cases) {
    it(name, () => assert.deepEqual(coresOf(capacity, tenants), cores));
  }

  it('says what is guaranteed, borrowed and merely free for it', () => {
    const [, busy] = [...allocate(amount(20), [a, b, c])][0]!;
    assert.deepEqual(busy, {
      target: amount(9),
      guarantee: amount(8),
      base: amount(8),
      surplus: amount(1),
      headroom: amount(0),
    });
    const [, idle] = [...allocate(amount(20), [{ ...a, demand: amount(3) }])][0]!;
    assert.deepEqual(idle, {
      target: amount(8),
      guarantee: amount(8),
      base: amount(3),
      surplus: amount(0),
      headroom: amount(5),
    });
  });
});

describe('allocate counts JobManagers', () => {
  it('gives no TaskManager to a tenant whose JobManagers do not fit', () => {
    const tenant = aClaim('a', { fixed: amount(3), demand: amount(5) });
    assert.deepEqual(coresOf(amount(3), [tenant]), { a: 0 });
    assert.deepEqual(coresOf(amount(4), [tenant]), { a: 4 });
  });
  it('fills a guarantee with what JobManagers fit it when not all do', () => {
    const tenant = aClaim('a', { guarantee: amount(2), fixed: amount(3), demand: amount(5) });
    assert.deepEqual(coresOf(amount(2), [tenant]), { a: 2 });
  });
  it('gives what is asked for and not a whole quantum when the last one is smaller', () => {
    const tenant = aClaim('a', { quantum: amount(2), fixed: amount(1), demand: amount(4) });
    assert.deepEqual(coresOf(amount(10), [tenant]), { a: 4 });
  });
});
