import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import * as fc from 'fast-check';
import { decideScaling } from '../../lib/autoscale/decide-scaling.ts';
import type { ScalingInput } from '../../lib/autoscale/scaling-decision.ts';
import { fitToTaskManagers, slotsNeeded, taskManagersNeeded } from '../../lib/autoscale/task-managers.ts';
import { resolveAutoscaling } from '../../lib/model/autoscaling-policy.ts';
import type { JobGraph, MetricSample, ShipStrategy, VertexCounters } from '../../lib/model/job-graph.ts';
import { known, unknown } from '../../lib/model/measurement.ts';
import { FluidJob, type Behaviour } from '../autoscale/support/fluid-job.ts';
import { sizesAfter } from '../autoscale/support/samples.ts';

/** Any acyclic graph: every vertex reads from some of those before it; the first is a source. */
const graphs: fc.Arbitrary<JobGraph> = fc
  .array(
    fc.record({
      parallelism: fc.integer({ min: 1, max: 40 }),
      maxParallelism: fc.constantFrom(64, 127, 128, 720),
      slotSharingGroup: fc.constantFrom('default', 'default', 'apart'),
      inputs: fc.array(
        fc.record({ back: fc.integer({ min: 1, max: 3 }), ship: fc.constantFrom<ShipStrategy>('HASH', 'REBALANCE') }),
        {
          minLength: 1,
          maxLength: 2,
        },
      ),
    }),
    { minLength: 2, maxLength: 6 },
  )
  .map((shapes) => ({
    vertices: shapes.map(({ inputs, ...shape }, i) => ({
      ...shape,
      id: `v${i}`,
      name: `v${i}`,
      inputs: [...new Map(inputs.map(({ back, ship }) => [`v${Math.max(0, i - back)}`, ship]))]
        .filter(() => i > 0)
        .map(([from, ship]) => ({ from, ship })),
    })),
  }));

const behaviours = fc.array(
  fc.record({
    ratePerSubtask: fc.integer({ min: 50, max: 5000 }),
    selectivity: fc.constantFrom(0.01, 0.5, 1, 1, 3),
  }),
  { minLength: 6, maxLength: 6 },
);

/** A graph at work: what its vertices can do, and a load as a share of about what it can do. */
const jobs = fc.record({
  graph: graphs,
  behaviour: behaviours.map((list) => Object.fromEntries(list.map((b, i): [string, Behaviour] => [`v${i}`, b]))),
  load: fc.double({ min: 10, max: 20_000, noNaN: true }),
});
type Job = { readonly graph: JobGraph; readonly behaviour: Record<string, Behaviour>; readonly load: number };

const samplesOf = ({ graph, behaviour, load }: Job): readonly MetricSample[] => {
  const job = new FluidJob({ graph, behaviour, load: () => load, restartSeconds: 0 });
  return [20, 80, 140, 200].map((at) => {
    job.advance(at - job.seconds);
    return job.sample();
  });
};

const GIVEN: Omit<ScalingInput, 'graph' | 'samples'> = {
  policy: resolveAutoscaling({ scaleDownDelaySeconds: 0 }),
  bounds: {},
  history: {},
  paused: 'none',
  runningSince: 0,
  now: 200_000,
  urgent: false,
};

const inputOf = (job: Job, more: Partial<ScalingInput> = {}): ScalingInput => ({
  ...GIVEN,
  graph: job.graph,
  samples: more.samples ?? samplesOf(job),
  ...more,
});

const COUNTERS = [
  'readRecords',
  'writeRecords',
  'busyMillis',
  'backpressuredMillis',
  'idleMillis',
  'pendingRecords',
] as const;

describe('a scaling decision', () => {
  test('never gives a vertex less because the load is higher', () => {
    fc.assert(
      fc.property(jobs, fc.double({ min: 1, max: 5, noNaN: true }), (job, factor) => {
        const sizes = (load: number) => {
          const input = inputOf({ ...job, load });
          return sizesAfter(job.graph, decideScaling(input));
        };
        const [low, high] = [sizes(job.load), sizes(job.load * factor)];
        for (const { id } of job.graph.vertices) {
          assert.ok(high[id]! >= low[id]!, `${id}: ${low[id]} at ${job.load}/s, ${high[id]} at ${job.load * factor}/s`);
        }
      }),
    );
  });

  test('never lowers anything while something that it needs is unknown', () => {
    const holes = fc.array(fc.record({ vertex: fc.nat(5), counter: fc.constantFrom(...COUNTERS) }), {
      minLength: 1,
      maxLength: 4,
    });
    fc.assert(
      fc.property(jobs, holes, fc.integer({ min: 0, max: 3 }), (job, missing, firstMissing) => {
        const samples = samplesOf(job).map((sample, i) => ({
          ...sample,
          vertices: Object.fromEntries(
            Object.entries(sample.vertices).map(([id, counters]): [string, VertexCounters] => [
              id,
              missing.reduce(
                (c, hole) =>
                  i >= firstMissing && id === `v${hole.vertex}` ? { ...c, [hole.counter]: unknown('Incomplete') } : c,
                counters,
              ),
            ]),
          ),
        }));
        const needed = missing.some(({ vertex, counter }) => {
          const hit = job.graph.vertices[vertex];
          if (hit === undefined || counter === 'writeRecords') return false;
          if (counter === 'pendingRecords') return hit.inputs.length === 0;
          return counter === 'readRecords' || counter === 'busyMillis';
        });
        const decision = decideScaling(inputOf(job, { samples }));
        if (!needed || decision.kind === 'hold') return;
        for (const v of job.graph.vertices) assert.ok(decision.parallelism[v.id]! >= v.parallelism);
      }),
    );
  });

  test('stays within bounds, key groups and its largest steps, and names every vertex', () => {
    const bounds = fc.record({
      minParallelism: fc.integer({ min: 1, max: 20 }),
      maxParallelism: fc.integer({ min: 20, max: 60 }),
    });
    fc.assert(
      fc.property(jobs, bounds, (job, limits) => {
        const decision = decideScaling(inputOf(job, { bounds: limits }));
        const sizes = sizesAfter(job.graph, decision);
        for (const v of job.graph.vertices) {
          if (decision.kind === 'rescale') {
            assert.ok(sizes[v.id]! <= Math.min(limits.maxParallelism, v.maxParallelism));
            assert.ok(sizes[v.id]! >= limits.minParallelism || decision.reason !== 'OutOfBounds');
          }
          if (decision.wanted !== undefined) assert.ok(decision.wanted[v.id] !== undefined);
        }
      }),
    );
  });

  test('is the same for samples that came twice and in any order', () => {
    fc.assert(
      fc.property(jobs, fc.infiniteStream(fc.nat()), (job, order) => {
        const input = inputOf(job);
        const shuffled = [...input.samples, ...input.samples]
          .map((sample) => ({ sample, key: order.next().value ?? 0 }))
          .sort((a, b) => a.key - b.key)
          .map(({ sample }) => sample);
        assert.deepEqual(decideScaling({ ...input, samples: shuffled }), decideScaling(input));
      }),
    );
  });

  test('is the same for vertices in any order', () => {
    fc.assert(
      fc.property(jobs, fc.infiniteStream(fc.nat()), (job, order) => {
        const input = inputOf(job);
        const vertices = job.graph.vertices
          .map((vertex) => ({ vertex, key: order.next().value ?? 0 }))
          .sort((a, b) => a.key - b.key)
          .map(({ vertex }) => vertex);
        assert.deepEqual(decideScaling({ ...input, graph: { vertices } }), decideScaling(input));
      }),
    );
  });

  test('does not depend on counters of another run', () => {
    fc.assert(
      fc.property(jobs, jobs, (job, other) => {
        const input = inputOf(job);
        const strange = samplesOf(other).map((sample) => ({ ...sample, at: sample.at - 300_000, run: 'other' }));
        const [alone, among] = [
          decideScaling(input),
          decideScaling({ ...input, samples: [...strange, ...input.samples] }),
        ];
        assert.deepEqual(among.evidence, alone.evidence);
        if (among.reason !== 'Flapping') assert.deepEqual(among, alone);
      }),
    );
  });

  test('takes any samples, however odd, without an error', () => {
    const counter = fc.oneof(fc.double({ min: 0, max: 1e9, noNaN: true }).map(known), fc.constant(unknown('Stale')));
    fc.assert(
      fc.property(
        graphs,
        fc.array(
          fc.record({
            at: fc.integer({ min: -300, max: 300 }),
            counters: fc.array(counter, { minLength: 6, maxLength: 6 }),
          }),
          { maxLength: 8 },
        ),
        (graph, looks) => {
          const samples = looks.map(({ at, counters }): MetricSample => ({
            at: at * 1000,
            run: 'run',
            vertices: Object.fromEntries(
              graph.vertices.map((v): [string, VertexCounters] => [
                v.id,
                {
                  parallelism: v.parallelism,
                  readRecords: counters[0]!,
                  writeRecords: counters[1]!,
                  busyMillis: counters[2]!,
                  backpressuredMillis: counters[3]!,
                  idleMillis: counters[4]!,
                  pendingRecords: counters[5]!,
                },
              ]),
            ),
          }));
          const decision = decideScaling({ ...GIVEN, graph, samples });
          for (const size of Object.values(sizesAfter(graph, decision))) assert.ok(Number.isInteger(size) && size >= 1);
          assert.deepEqual(JSON.parse(JSON.stringify(decision.evidence)), decision.evidence);
        },
      ),
    );
  });
});

test('a fit gives each vertex between what it has and what it wants, and keeps the limit where it can', () => {
  fc.assert(
    fc.property(
      graphs,
      fc.array(fc.integer({ min: 1, max: 64 }), { minLength: 6, maxLength: 6 }),
      fc.integer({ min: 1, max: 8 }),
      fc.integer({ min: 0, max: 60 }),
      (graph, wishes, slotsPerTaskManager, maxTaskManagers) => {
        const current = Object.fromEntries(graph.vertices.map((v) => [v.id, v.parallelism]));
        const wanted = Object.fromEntries(graph.vertices.map((v, i) => [v.id, wishes[i]!]));
        const fit = fitToTaskManagers({ graph, current, wanted, slotsPerTaskManager, maxTaskManagers });
        const floor = Object.fromEntries(graph.vertices.map((v) => [v.id, Math.min(current[v.id]!, wanted[v.id]!)]));
        for (const { id } of graph.vertices) {
          assert.ok(fit.parallelism[id]! >= floor[id]! && fit.parallelism[id]! <= wanted[id]!);
        }
        assert.equal(fit.slots, slotsNeeded(graph, fit.parallelism));
        assert.ok(fit.taskManagers <= Math.max(maxTaskManagers, taskManagersNeeded(graph, floor, slotsPerTaskManager)));
        const fits = taskManagersNeeded(graph, wanted, slotsPerTaskManager) <= maxTaskManagers;
        if (fits)
          assert.deepEqual(
            { parallelism: fit.parallelism, partial: fit.partial },
            { parallelism: wanted, partial: false },
          );
        const larger = fitToTaskManagers({
          graph,
          current,
          wanted,
          slotsPerTaskManager,
          maxTaskManagers: maxTaskManagers + 1,
        });
        assert.ok(larger.slots >= fit.slots);
      },
    ),
  );
});
