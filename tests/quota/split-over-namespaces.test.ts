import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { splitOverNamespaces, type NamespaceClaim } from '../../lib/quota/split-over-namespaces.ts';
import type { Resources } from '../../lib/model/resources.ts';
import { amount } from './claims.ts';

const aNamespace = (name: string, used: number, demand: number, previous = 0): NamespaceClaim => ({
  name,
  used: amount(used),
  demand: amount(demand),
  previous: amount(previous),
});

const cores = (target: Resources, namespaces: readonly NamespaceClaim[]) =>
  [...splitOverNamespaces(target, namespaces).values()].map((part) => part.cpuMillis / 1000);

describe('splitOverNamespaces', () => {
  const cases: readonly [name: string, target: Resources, namespaces: readonly NamespaceClaim[], want: number[]][] = [
    ['gives all to the only namespace', amount(9), [aNamespace('a', 1, 2)], [9]],
    [
      'covers every demand, and gives the rest to the first',
      amount(9),
      [aNamespace('a', 0, 2), aNamespace('b', 0, 4)],
      [5, 4],
    ],
    ['keeps what runs before it serves new demand', amount(6), [aNamespace('a', 0, 9), aNamespace('b', 5, 5)], [1, 5]],
    ['splits what does not suffice in proportion', amount(6), [aNamespace('a', 0, 8), aNamespace('b', 0, 4)], [4, 2]],
    [
      'leaves a split as it is that still serves',
      amount(20),
      [aNamespace('a', 3, 5, 10), aNamespace('b', 4, 7, 10)],
      [10, 10],
    ],
    ['gives to no namespace when there is none', amount(6), [], []],
  ];
  for (const [name, target, namespaces, want] of cases) {
    it(name, () => assert.deepEqual(cores(target, namespaces), want));
  }
});
