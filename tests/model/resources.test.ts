import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  formatCpu,
  formatMemory,
  parseCpuMillis,
  parseMemoryBytes,
  parseResources,
  ResourceAmounts,
  wholeUnits,
} from '../../lib/model/resources.ts';

describe('parseCpuMillis', () => {
  const cases: readonly [name: string, text: string, millis: number | undefined][] = [
    ['whole cores count a thousand each', '2', 2000],
    ['milli-cores are taken as they are', '500m', 500],
    ['a decimal fraction is exact', '0.3', 300],
    ['a fraction without a leading zero is one too', '.5', 500],
    ['a trailing point is allowed', '1.', 1000],
    ['an exponent scales', '1e3', 1_000_000],
    ['a negative exponent scales down', '5E-1', 500],
    ['a millionth is rounded up, as the API server does', '1u', 1],
    ['a sum of tiny requests comes back in nano-cores', '1500000n', 2],
    ['many digits before the point do not blur those after it', '1000000.001', 1_000_000_001],
    ['a fraction of a milli-core is rounded up', '4.0001', 4001],
    ['zero is zero', '0', 0],
    ['a negative amount is no quantity', '-1', undefined],
    ['a sum with a plus sign is no quantity here', '+1', undefined],
    ['Flink spells memory otherwise', '2048mb', undefined],
    ['an empty text is no quantity', '', undefined],
    ['a lone point is no quantity', '.', undefined],
    ['more than a safe integer cannot be counted', '1e40', undefined],
    ['hundreds of digits are refused unread', '1'.repeat(500), undefined],
  ];
  for (const [name, text, millis] of cases) {
    it(name, () => assert.equal(parseCpuMillis(text), millis));
  }
});

describe('parseMemoryBytes', () => {
  const cases: readonly [name: string, text: string, bytes: number | undefined][] = [
    ['binary suffixes are powers of 1024', '2Gi', 2 * 1024 ** 3],
    ['decimal suffixes are powers of 1000', '2G', 2_000_000_000],
    ['plain bytes are bytes', '128974848', 128974848],
    ['the m suffix means thousandths of a byte', '128974848000m', 128974848],
    ['a fraction of a binary unit is rounded up to a byte', '0.3Ki', 308],
    ['large amounts stay exact', '2.3P', 2_300_000_000_000_000],
    ['an exponent is not the suffix E', '123e2', 12300],
    ['exabytes do not fit a safe integer', '9999P', undefined],
  ];
  for (const [name, text, bytes] of cases) {
    it(name, () => assert.equal(parseMemoryBytes(text), bytes));
  }
});

describe('format', () => {
  it('writes whole cores plainly and parts in milli-cores', () => {
    assert.equal(formatCpu(2000), '2');
    assert.equal(formatCpu(2500), '2500m');
    assert.equal(formatCpu(0), '0');
  });
  it('writes memory with the largest binary unit that keeps it exact', () => {
    assert.equal(formatMemory(3 * 1024 ** 3), '3Gi');
    assert.equal(formatMemory(1536 * 1024 ** 2), '1536Mi');
    assert.equal(formatMemory(2_000_000_001), '2000000001');
    assert.equal(formatMemory(0), '0');
  });
});

describe('ResourceAmounts', () => {
  it('takes what YAML makes of an unquoted number', () => {
    assert.deepEqual(parseResources(ResourceAmounts.parse({ cpu: 1.5, memory: 1024 })), {
      cpuMillis: 1500,
      memoryBytes: 1024,
    });
  });
  it('refuses an amount that could not be counted exactly, so that parsing it later cannot throw', () => {
    const problems = ResourceAmounts.safeParse({ cpu: '1e90', memory: '9999P' }).error?.issues.map((i) => i.path);
    assert.deepEqual(problems, [['cpu'], ['memory']]);
  });
  it('names one problem for a text that is no quantity', () => {
    assert.equal(ResourceAmounts.safeParse({ cpu: 'lots', memory: '1Gi' }).error?.issues.length, 1);
  });
});

describe('wholeUnits', () => {
  it('goes by the scarcer resource', () => {
    assert.equal(wholeUnits({ cpuMillis: 1000, memoryBytes: 4 }, { cpuMillis: 9000, memoryBytes: 18 }), 4);
  });
  it('ignores a resource that a unit does not need', () => {
    assert.equal(wholeUnits({ cpuMillis: 1000, memoryBytes: 0 }, { cpuMillis: 2500, memoryBytes: 0 }), 2);
  });
});
