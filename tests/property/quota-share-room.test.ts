import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import * as fc from 'fast-check';
import { fits, subtract, sum, times } from '../../lib/model/resources.ts';
import { shareRoom } from '../../lib/quota/share-room.ts';
import { splitOverNamespaces } from '../../lib/quota/split-over-namespaces.ts';

const amount = (max: number) =>
  fc.record({ cpuMillis: fc.nat({ max }), memoryBytes: fc.nat({ max }) }, { noNullPrototype: true });
const unit = fc.record(
  { cpuMillis: fc.integer({ min: 1, max: 4 }), memoryBytes: fc.integer({ min: 1, max: 4 }) },
  { noNullPrototype: true },
);

const jobs = fc
  .array(
    fc.record({
      priority: fc.integer({ min: 0, max: 2 }),
      unit,
      current: fc.nat({ max: 6 }),
      wanted: fc.nat({ max: 9 }),
    }),
    { maxLength: 6 },
  )
  .map((drawn) => drawn.map((job, i) => ({ ...job, key: `job-${i}` })));

describe('shareRoom', () => {
  it('spends no more than the room, takes from nobody, and gives nobody more than is wanted', () => {
    fc.assert(
      fc.property(amount(40), jobs, (room, requests) => {
        const grants = shareRoom(room, requests);
        const spent = requests.map((job, i) => times(job.unit, Math.max(0, grants[i]!.granted - job.current)));
        assert.ok(fits(sum(spent), room));
        for (const [i, { current, wanted }] of requests.entries()) {
          assert.ok(grants[i]!.granted >= Math.min(current, wanted) && grants[i]!.granted <= wanted);
        }
      }),
    );
  });

  it('leaves no room that a job which wants more could use', () => {
    fc.assert(
      fc.property(amount(40), jobs, (room, requests) => {
        const grants = shareRoom(room, requests);
        const spent = requests.map((job, i) => times(job.unit, Math.max(0, grants[i]!.granted - job.current)));
        const left = subtract(room, sum(spent));
        for (const [i, job] of requests.entries()) {
          assert.ok(grants[i]!.granted >= job.wanted || !fits(job.unit, left));
        }
      }),
    );
  });

  it('does not depend on the order of its input', () => {
    fc.assert(
      fc.property(amount(40), jobs, (room, requests) => {
        const backwards = shareRoom(room, requests.toReversed());
        assert.deepEqual(backwards.toReversed(), shareRoom(room, requests));
      }),
    );
  });
});

describe('splitOverNamespaces', () => {
  const namespaces = fc
    .array(fc.record({ used: amount(20), demand: amount(20), previous: amount(20) }), { minLength: 1, maxLength: 4 })
    .map((drawn) => drawn.map((claim, i) => ({ ...claim, name: `ns-${i}` })));

  it('gives out exactly the target', () => {
    fc.assert(
      fc.property(amount(60), namespaces, (target, claims) => {
        assert.deepEqual(sum(splitOverNamespaces(target, claims).values()), target);
      }),
    );
  });

  it('covers every demand when the target does', () => {
    fc.assert(
      fc.property(amount(60), namespaces, (target, claims) => {
        if (!fits(sum(claims.map(({ demand }) => demand)), target)) return;
        const parts = splitOverNamespaces(target, claims);
        for (const { name, demand } of claims) assert.ok(fits(demand, parts.get(name)!));
      }),
    );
  });

  it('stays as it is when it is split again', () => {
    fc.assert(
      fc.property(amount(60), namespaces, (target, claims) => {
        if (!fits(sum(claims.map(({ demand }) => demand)), target)) return;
        const parts = splitOverNamespaces(target, claims);
        const again = claims.map((claim) => ({ ...claim, previous: parts.get(claim.name)! }));
        assert.deepEqual(splitOverNamespaces(target, again), parts);
      }),
    );
  });
});
