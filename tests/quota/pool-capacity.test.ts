import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { CapacityPoolSpec } from '../../lib/model/capacity-pool.ts';
import { readPoolCapacity, type NodeReading } from '../../lib/quota/pool-capacity.ts';
import { amount } from './claims.ts';

const aNode = (
  cpu: string,
  memory: string,
  fields: { ready?: string; unschedulable?: boolean; zone?: string } = {},
): NodeReading => ({
  apiVersion: 'v1',
  kind: 'Node',
  metadata: { name: 'n', labels: { zone: fields.zone ?? 'z1' } },
  spec: fields.unschedulable === undefined ? {} : { unschedulable: fields.unschedulable },
  status: { allocatable: { cpu, memory }, conditions: [{ type: 'Ready', status: fields.ready ?? 'True' }] },
});

const spec = (fields: unknown) => CapacityPoolSpec.parse(fields);

describe('readPoolCapacity', () => {
  it('takes a fixed capacity as it is written', () => {
    const capacity = readPoolCapacity(spec({ capacity: { cpu: '8', memory: '32Gi' } }), [aNode('99', '99Gi')]);
    assert.deepEqual(capacity, { present: amount(8, 32), obtainable: amount(8, 32) });
  });
  it('sums what ready, schedulable, selected nodes offer, less the headroom', () => {
    const nodes = [
      aNode('10', '40Gi'),
      aNode('10', '40Gi', { ready: 'Unknown' }),
      aNode('10', '40Gi', { unschedulable: true }),
      aNode('10', '40Gi', { zone: 'z2' }),
    ];
    const capacity = readPoolCapacity(spec({ fromNodes: { selector: { zone: 'z1' }, headroomPercent: 10 } }), nodes);
    assert.deepEqual(capacity, { present: amount(9, 36), obtainable: amount(9, 36) });
  });
  it('counts on nodes that can still come, up to the ceiling', () => {
    const from = { headroomPercent: 0, ceiling: { cpu: '30', memory: '8Gi' } };
    const capacity = readPoolCapacity(spec({ fromNodes: from }), [aNode('10', '40Gi')]);
    assert.deepEqual(capacity, { present: amount(10, 40), obtainable: amount(30, 40) });
  });
  it('is nothing when the pool says nothing', () => {
    assert.deepEqual(readPoolCapacity(spec({}), [aNode('10', '40Gi')]), { present: amount(0), obtainable: amount(0) });
  });
});
