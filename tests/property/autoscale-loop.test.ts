import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import * as fc from 'fast-check';
import { drive } from '../autoscale/support/drive.ts';
import { FluidJob } from '../autoscale/support/fluid-job.ts';
import { aGraph } from '../autoscale/support/graphs.ts';

const HOUR = 3600;

/** A keyed pipeline of any proportions, at any size, under a load that needs 1 to 50 subtasks of the window. */
const setups = fc.record({
  restartSeconds: fc.constantFrom(5, 30, 120),
  keyGroups: fc.constantFrom(127, 128, 720),
  windows: fc.integer({ min: 1, max: 60 }),
  maps: fc.integer({ min: 1, max: 60 }),
  mapRate: fc.integer({ min: 300, max: 3000 }),
  needed: fc.double({ min: 0.5, max: 50, noNaN: true }),
  reportsLag: fc.constantFrom(true, true, true, false),
});

describe('a job under a steady load, driven for hours', () => {
  test('comes to a size that carries the load, and stays there', () => {
    fc.assert(
      fc.property(setups, ({ restartSeconds, keyGroups, windows, maps, mapRate, needed, reportsLag }) => {
        const job = new FluidJob({
          graph: aGraph({
            src: { parallelism: 4 },
            map: { parallelism: maps, from: ['src'] },
            win: { parallelism: windows, maxParallelism: keyGroups, from: ['map:HASH'] },
          }),
          behaviour: {
            src: { ratePerSubtask: 40_000 },
            map: { ratePerSubtask: mapRate },
            win: { ratePerSubtask: 1000 },
          },
          load: () => needed * 1000,
          restartSeconds,
          reportsLag,
        });
        const policy = { scaleDownDelaySeconds: 120 };
        drive(job, 3 * HOUR, { policy });
        const settled = job.rescales;
        const violated = job.violationSeconds;
        const { decisions } = drive(job, HOUR, { policy });
        const last = decisions.at(-1)!;
        const facts = `${JSON.stringify(job.graph.vertices.map((v) => v.parallelism))} ${last.reason} ${last.message}`;
        assert.equal(job.rescales, settled, `still rescales: ${facts}`);
        assert.equal(job.violationSeconds, violated, `still lags: ${facts}`);
        assert.ok(settled <= (reportsLag ? 8 : 10), `${settled} rescales to get there: ${facts}`);
        if (!reportsLag) return;
        const largest = Math.max(needed, (needed * 1000) / mapRate);
        const slots = Math.max(...job.graph.vertices.map((v) => v.parallelism));
        // Twice what the band allows at most, for whole key groups: 127 of 127 where 64 are just too few.
        assert.ok(slots <= Math.max(4, Math.ceil(largest / 0.45) * 2), `too large for ${largest}: ${facts}`);
      }),
      { numRuns: 30 },
    );
  });
});
