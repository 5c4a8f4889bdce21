import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { JobDetails } from '../../../lib/clients/flink/answers.ts';
import { dateCounters, parseCounterClock } from '../../../lib/clients/flink/counter-clock.ts';
import { recorded } from './recorded.ts';

const REPORTED = JobDetails.parse(recorded('2.3.0', 'rescale-job-after-lower8').body);
const [SOURCE, WORK, SINK] = REPORTED.vertices as [Vertex, Vertex, Vertex];
type Vertex = JobDetails['vertices'][number];

const clockOf = (...vertices: readonly Vertex[]): number | undefined =>
  parseCounterClock({ ...REPORTED, vertices: [...vertices] });

test('busy, backpressured and idle time of each vertex add up to nearly the same age', () => {
  assert.deepEqual(
    [SOURCE, WORK, SINK].map((v) => clockOf(v)),
    [26_551, 26_517, 26_490],
  );
  assert.equal(Math.round(clockOf(SOURCE, WORK, SINK)!), 26_519);
});

test('a vertex that has not reported, tells no busy time or has finished is left out', () => {
  const silent = { ...SOURCE, metrics: { ...SOURCE.metrics, 'read-records-complete': false } };
  const legacy = { ...SOURCE, metrics: { ...SOURCE.metrics, 'accumulated-busy-time': Number.NaN } };
  const finished = { ...SOURCE, tasks: { FINISHED: 1 } };
  for (const vertex of [silent, legacy, finished]) {
    assert.equal(clockOf(vertex, WORK), 26_517);
    assert.equal(clockOf(vertex), undefined);
  }
});

test('counters are never dated after the look, nor before they were taken, and ever better', () => {
  /** Looks at counters that were taken some time after the start of the run, and were so stale when they were read. */
  const looks = fc.array(fc.record({ takenAfter: fc.nat(10_000), stale: fc.nat(10_000) }), { minLength: 1 });
  fc.assert(
    fc.property(looks, fc.nat(5_000), (all, startupMillis) => {
      let offset: number | undefined;
      let taken = 1_000_000;
      let error = Number.POSITIVE_INFINITY;
      for (const { takenAfter, stale } of all) {
        taken += takenAfter;
        const clock = taken - 1_000_000 - startupMillis;
        const dated = dateCounters(clock, offset, taken + stale);
        offset = dated.offset;
        assert.ok(dated.at <= taken + stale && dated.at >= taken);
        assert.ok(dated.at - taken <= error);
        error = dated.at - taken;
      }
    }),
  );
});
