import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { advance } from '../../../local/flink/job-model/advance.ts';
import { failJob, requireResources } from '../../../local/flink/job-model/commands.ts';
import type { JobSpec, VertexSpec } from '../../../local/flink/job-model/spec.ts';
import { sum, type JobState } from '../../../local/flink/job-model/state.ts';
import { after, inBuffers, logOf, pending, probe, readBy, settings, submitted } from './support/jobs.ts';

const RUNS = 60;
const subtasks = fc.integer({ min: 1, max: 6 });

/** A job of the recorded shape with any load, speeds, sizes and selectivities, and a ceiling on its middle vertex. */
const anyJobOf = (ceiling: fc.Arbitrary<number | undefined>): fc.Arbitrary<JobSpec> =>
  fc
    .record({
      arrival: fc.integer({ min: 0, max: 3_000 }),
      period: fc.integer({ min: 20, max: 300 }),
      sizes: fc.tuple(subtasks, subtasks, subtasks),
      rates: fc.tuple(...Array.from({ length: 3 }, () => fc.integer({ min: 20, max: 2_000 }))),
      selectivities: fc.tuple(fc.double({ min: 0.1, max: 3, noNaN: true }), fc.double({ min: 0, max: 2, noNaN: true })),
      ceiling,
      groups: fc.integer({ min: 6, max: 40 }),
      seed: fc.nat(),
    })
    .map(({ arrival, period, sizes, rates, selectivities, ceiling, groups, seed }) => {
      const wave = (at: number): number => arrival * (1 + Math.sin((at / 1000 / period) * 2 * Math.PI));
      const [source, work, sink] = [0, 1, 2].map((v): Partial<VertexSpec> => ({
        parallelism: sizes[v]!,
        maxParallelism: groups,
        ratePerSubtask: rates[v]!,
        ...(v < 2 && { selectivity: selectivities[v]! }),
      }));
      const spec = probe(wave, {
        source: source!,
        work: { ...work, ...(ceiling !== undefined && { ceiling }) },
        sink: sink!,
      });
      return { ...spec, noise: { seed, share: 0.2 } };
    });
const anyJob = anyJobOf(fc.option(fc.integer({ min: 10, max: 2_000 }), { nil: undefined }));

/** What happens to a job: time passes, it fails, its bounds change. */
const anyHistory = fc.array(
  fc.record({
    seconds: fc.integer({ min: 1, max: 60 }),
    event: fc.oneof(fc.constant('nothing' as const), fc.constant('failure' as const), subtasks),
  }),
  { maxLength: 8 },
);
type History = typeof anyHistory extends fc.Arbitrary<infer T> ? T : never;

const happen = (state: JobState, event: History[number]['event']): JobState => {
  if (event === 'nothing') return state;
  if (event === 'failure') return failJob(state, state.now, { message: 'boom' });
  const bounds = { lower: 1, upper: event };
  return requireResources(state, state.now, [bounds, bounds, bounds]);
};

const quick = settings('2.x', { cooldownMillis: 5_000, executingStabilizationMillis: 5_000 });

test('no record is lost or made up', () => {
  fc.assert(
    fc.property(anyJob, anyHistory, (spec, history) => {
      let state = submitted(spec, 3, quick);
      let arrived = 0;
      for (const { seconds, event } of history) {
        state = after(happen(state, event), seconds);
        const log = logOf(state);
        assert.ok(Math.abs(sum(log.arrived) - sum(log.read) - pending(state)) < 0.001);
        assert.ok(sum(log.arrived) >= arrived && log.read.every((read, k) => read <= log.arrived[k]! + 0.001));
        arrived = sum(log.arrived);
        for (const v of [0, 1]) {
          const sent = readBy(state, v) * spec.vertices[v]!.selectivity!;
          const there = readBy(state, v + 1) + inBuffers(state, v + 1);
          assert.ok(Math.abs(sent - there) <= 1e-6 * Math.max(1, sent), `${sent} sent, ${there} there`);
        }
      }
    }),
    { numRuns: RUNS },
  );
});

test('within a run no counter goes back, and buffers hold no more than they can', () => {
  fc.assert(
    fc.property(anyJob, anyHistory, (spec, history) => {
      let state = submitted(spec, 3, quick);
      for (const { seconds, event } of history) {
        let before = (state = happen(state, event));
        for (let i = 0; i < seconds; i += 1) {
          state = after(state, 1);
          for (const [v, flows] of state.vertices.entries()) {
            const size = spec.vertices[v]!.ratePerSubtask * quick.bufferSeconds;
            assert.ok(flows.buffered.flat().every((waiting) => waiting >= 0 && waiting <= size * 1.25 + 0.001));
            if (state.run !== before.run) continue;
            for (const counter of ['read', 'write', 'busyMillis', 'backpressuredMillis', 'idleMillis'] as const) {
              assert.ok(flows[counter].every((value, j) => value >= before.vertices[v]![counter][j]!));
            }
          }
          before = state;
        }
      }
    }),
    { numRuns: RUNS },
  );
});

/**
 * Counted at the end of the job, as buffers hold more or less. Left out is what makes more be less in Flink too: uneven keys (another size may deal
 * two hot groups to one subtask), FORWARD (a vertex of its sender's size inherits the sender's uneven shares), a common ceiling, and a load that
 * comes and goes over partitions that the subtasks share unevenly.
 */
test('more subtasks never process less', () => {
  const withoutCatches = ({ vertices, ...spec }: JobSpec): JobSpec => {
    const [source, work, sink] = vertices as [VertexSpec, VertexSpec, VertexSpec];
    const load = source.source!.arrival(0);
    return {
      ...spec,
      noise: { seed: 1, share: 0 },
      vertices: [
        { ...source, source: { ...source.source!, arrival: () => load } },
        work,
        { ...sink, inputs: [{ from: work.id, ship: 'REBALANCE' }] },
      ],
    };
  };
  const processed = (job: JobSpec): number => readBy(after(submitted(job, 4), 120), 2);
  fc.assert(
    fc.property(
      anyJobOf(fc.constant(undefined)).map(withoutCatches),
      fc.integer({ min: 0, max: 2 }),
      (spec, growing) => {
        const vertices = spec.vertices.map((vertex, v) =>
          v === growing ? { ...vertex, parallelism: vertex.parallelism + 1 } : vertex,
        );
        assert.ok(processed({ ...spec, vertices }) >= processed(spec) * (1 - 1e-9) - 0.001);
      },
    ),
    { numRuns: RUNS },
  );
});

test('how often one looks changes nothing', () => {
  fc.assert(
    fc.property(anyJob, fc.array(fc.integer({ min: 1, max: 20_000 }), { maxLength: 30 }), (spec, looks) => {
      const start = submitted(spec, 3, quick);
      const until = start.now + 120_000;
      let often = start;
      for (const millis of looks) often = advance(often, Math.min(until, often.now + millis));
      assert.deepEqual(advance(often, until), advance(start, until));
    }),
    { numRuns: RUNS },
  );
});

test('a state that was handed out never changes', () => {
  const state = after(submitted(probe(500)), 60);
  const copy = structuredClone({ vertices: state.vertices, logs: state.logs, checkpoints: state.checkpoints });
  after(happen(after(state, 30), 'failure'), 30);
  const { vertices, logs, checkpoints } = state;
  assert.deepEqual({ vertices, logs, checkpoints }, copy);
});
