import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { isBelow, prefixesOverlap } from '../../lib/tenant/state-path.ts';

const PREFIX = 's3://flink/payments/';

const CASES: readonly (readonly [sentence: string, uri: string, below: boolean])[] = [
  ['a path below the prefix is', 's3://flink/payments/clicks/checkpoints', true],
  ['one with a slash at its end is', 's3://flink/payments/clicks/', true],
  ['the prefix itself is', 's3://flink/payments/', true],
  ['the prefix without its slash is', 's3://flink/payments', true],
  ['dots inside a name are harmless', 's3://flink/payments/v1..2/a.b', true],
  ['partitions as Hive writes them are harmless', 's3://flink/payments/day=2026-03-01/_entropy_', true],
  ['a sibling that begins alike is not', 's3://flink/payments-evil/x', false],
  ['what lies above is not', 's3://flink/', false],
  ['another bucket is not', 's3://other/payments/x', false],
  ['another scheme is not', 'file:///payments/x', false],
  ['the same store by another scheme is not taken', 's3a://flink/payments/x', false],
  ['parent segments are not', 's3://flink/payments/../fraud', false],
  ['parent segments that come back are not taken either', 's3://flink/payments/../payments/x', false],
  ['a parent segment at the end is not', 's3://flink/payments/..', false],
  ['encoded parent segments are not', 's3://flink/payments/%2e%2e/fraud', false],
  ['encoded slashes are not', 's3://flink/payments/..%2ffraud', false],
  ['backslashes are not', 's3://flink/payments/..\\..\\fraud', false],
  ['single dots are not', 's3://flink/payments/./x', false],
  ['empty segments are not', 's3://flink/payments//x', false],
  ['empty segments before the prefix are not', 's3://flink//payments/x', false],
  ['user names are not', 's3://user@flink/payments/x', false],
  ['queries are not', 's3://flink/payments/x?versionId=1', false],
  ['fragments, which a line of configuration ends at, are not', 's3://flink/payments/x#y', false],
  ['full-width dots are not', 's3://flink/payments/．．/fraud', false],
  ['line breaks are not', 's3://flink/payments/x\nkubernetes.namespace: fraud', false],
  ['spaces are not', 's3://flink/payments/x y', false],
  ['a plain path is not', '/payments/x', false],
  ['nothing is not', '', false],
];

describe('below a prefix:', () => {
  for (const [sentence, uri, below] of CASES) {
    it(sentence, () => assert.equal(isBelow(PREFIX, uri), below));
  }

  it('nothing is, when the prefix itself has more than one reading', () => {
    assert.equal(isBelow('s3://flink/a/../', 's3://flink/a/../x'), false);
  });

  it('a prefix without a slash at its end ends at a segment', () => {
    assert.equal(isBelow('https://repo.example.com/jars', 'https://repo.example.com/jars/a.jar'), true);
    assert.equal(isBelow('https://repo.example.com/jars', 'https://repo.example.com/jars2/a.jar'), false);
  });
});

const OVERLAPS: readonly (readonly [sentence: string, a: string, b: string, overlap: boolean])[] = [
  ['a prefix overlaps itself', PREFIX, PREFIX, true],
  ['one below the other overlaps', PREFIX, 's3://flink/payments/eu/', true],
  ['siblings do not', PREFIX, 's3://flink/fraud/', false],
  ['siblings that begin alike do not', PREFIX, 's3://flink/payments-eu/', false],
  ['other buckets do not', PREFIX, 's3://other/payments/', false],
  ['one store under two schemes overlaps', PREFIX, 's3a://flink/payments/', true],
  ['one host in two cases overlaps', 'hdfs://NameNode:8020/a/', 'hdfs://namenode:8020/a/', true],
];

describe('two prefixes:', () => {
  for (const [sentence, a, b, overlap] of OVERLAPS) {
    it(sentence, () => {
      assert.equal(prefixesOverlap(a, b), overlap);
      assert.equal(prefixesOverlap(b, a), overlap);
    });
  }
});
