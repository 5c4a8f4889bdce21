import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { JobDetails } from '../../../lib/clients/flink/answers.ts';
import { parseGraph } from '../../../lib/clients/flink/job-details.ts';

/** Details of a job whose vertex `i` reads from some of the vertices before it, listed in any order. */
const anyJob = fc.array(fc.array(fc.nat(), { maxLength: 3 }), { minLength: 1, maxLength: 12 }).chain((edges) => {
  const inputs = edges.map((from, i) => [...new Set(i === 0 ? [] : from.map((n) => n % i))]);
  return fc.record({
    inputs: fc.constant(inputs),
    order: fc.shuffledSubarray([...inputs.keys()], { minLength: inputs.length }),
  });
});

const detailsOf = (inputs: readonly (readonly number[])[], order: readonly number[]): JobDetails =>
  JobDetails.parse({
    jid: 'j',
    name: 'job',
    state: 'RUNNING',
    'start-time': 1,
    timestamps: {},
    vertices: order.map((i) => ({
      id: `v${i}`,
      name: `vertex ${i}`,
      parallelism: 1,
      maxParallelism: -1,
      tasks: {},
      metrics: {
        'read-records': 0,
        'read-records-complete': true,
        'write-records': 0,
        'write-records-complete': true,
      },
    })),
    plan: {
      nodes: order.map((i) => ({
        id: `v${i}`,
        inputs: inputs[i]!.map((from) => ({ id: `v${from}`, ship_strategy: 'CUSTOM' })),
      })),
    },
  });

test('every input stands before the vertex that reads it, and no vertex or edge is lost', () => {
  fc.assert(
    fc.property(anyJob, ({ inputs, order }) => {
      const { vertices } = parseGraph(detailsOf(inputs, order))!;
      const position = new Map(vertices.map((v, i) => [v.id, i]));
      assert.equal(position.size, inputs.length);
      for (const [i, from] of inputs.entries()) {
        const vertex = vertices[position.get(`v${i}`)!]!;
        assert.deepEqual(
          vertex.inputs,
          from.map((f) => ({ from: `v${f}`, ship: 'OTHER' })),
        );
        assert.ok(from.every((f) => position.get(`v${f}`)! < position.get(`v${i}`)!));
      }
    }),
  );
});

test('a cycle (an iteration of old Flink) does not hang the reader', () => {
  const { vertices } = parseGraph(detailsOf([[1], [0], [0]], [2, 1, 0]))!;
  assert.deepEqual(vertices.map((v) => v.id).toSorted(), ['v0', 'v1', 'v2']);
});

test('where Flink tells neither group nor limit, the usual ones stand in', () => {
  const [vertex] = parseGraph(detailsOf([[]], [0]))!.vertices;
  assert.equal(vertex!.slotSharingGroup, 'default');
  assert.equal(vertex!.maxParallelism, 128);
});
