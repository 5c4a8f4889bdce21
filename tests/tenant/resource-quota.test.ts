import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { quotaHard, readQuota } from '../../lib/tenant/resource-quota.ts';

const quota = (spec: unknown, status?: unknown) => ({
  apiVersion: 'v1',
  kind: 'ResourceQuota',
  metadata: { name: 'headgate', namespace: 'payments' },
  spec,
  status,
});
const four = (cpu: string, memory: string) => ({
  'requests.cpu': cpu,
  'requests.memory': memory,
  'limits.cpu': cpu,
  'limits.memory': memory,
});

describe('a quota', () => {
  it('is granted for requests and limits alike', () => {
    assert.deepEqual(quotaHard({ cpuMillis: 2500, memoryBytes: 4 * 2 ** 30 }), four('2500m', '4Gi'));
    assert.deepEqual(quotaHard({ cpuMillis: 0, memoryBytes: 0 }), four('0', '0'));
  });

  it('reads back as it was granted', () => {
    const granted = { cpuMillis: 12_345, memoryBytes: 987_654_321 };
    assert.deepEqual(readQuota(quota({ hard: quotaHard(granted) })).specHard, granted);
  });

  it('tells what is asked for from what is in force and what is used', () => {
    assert.deepEqual(
      readQuota(quota({ hard: four('4', '8Gi') }, { hard: four('2', '4Gi'), used: four('500m', '1Gi') })),
      {
        specHard: { cpuMillis: 4000, memoryBytes: 8 * 2 ** 30 },
        statusHard: { cpuMillis: 2000, memoryBytes: 4 * 2 ** 30 },
        used: { cpuMillis: 500, memoryBytes: 2 ** 30 },
      },
    );
  });

  it('that the quota controller has not seen yet is unknown, not zero', () => {
    assert.deepEqual(readQuota(quota({ hard: four('4', '8Gi') }, {})), {
      specHard: { cpuMillis: 4000, memoryBytes: 8 * 2 ** 30 },
      statusHard: undefined,
      used: undefined,
    });
    const { 'limits.cpu': _, ...partial } = four('4', '8Gi');
    assert.equal(readQuota(quota({ hard: partial })).specHard, undefined);
  });

  it('counts as what binds first: the smaller bound, the larger use', () => {
    const uneven = { 'requests.cpu': '1', 'requests.memory': '4Gi', 'limits.cpu': '2', 'limits.memory': '2Gi' };
    const read = readQuota(quota({ hard: uneven }, { hard: uneven, used: uneven }));
    assert.deepEqual(read.statusHard, { cpuMillis: 1000, memoryBytes: 2 * 2 ** 30 });
    assert.deepEqual(read.used, { cpuMillis: 2000, memoryBytes: 4 * 2 ** 30 });
  });
});
