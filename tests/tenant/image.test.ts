import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { imageProblem } from '../../lib/tenant/image.ts';

const CASES: readonly (readonly [sentence: string, image: string, registries: readonly string[], allowed: boolean])[] =
  [
    ['any image may run when no registry is named', 'flink:1.18', [], true],
    ['what is no reference may not run even then', 'flink latest', [], false],
    [
      'an image below a prefix may run',
      'registry.example.com/payments/clicks:1',
      ['registry.example.com/payments/'],
      true,
    ],
    [
      'a prefix needs no slash at its end',
      'registry.example.com/payments/clicks:1',
      ['registry.example.com/payments'],
      true,
    ],
    ['a prefix ends at a segment', 'registry.example.com/payments-evil/x', ['registry.example.com/payments'], false],
    ['a whole registry may be named', 'registry.example.com/any/thing', ['registry.example.com'], true],
    ['a registry that begins alike is another', 'registry.example.com.evil.org/x', ['registry.example.com'], false],
    ['a port makes another registry', 'registry.example.com:5000/x', ['registry.example.com'], false],
    ['a registry with a port may be named', 'localhost:5000/x', ['localhost:5000'], true],
    ['a single repository may be named, in any version', 'flink:1.18', ['docker.io/library/flink'], true],
    ['a short name stands for Docker Hub', 'flink:1.18', ['registry.example.com/'], false],
    ['a place on Docker Hub may be named in short', 'apache/flink:1.18', ['apache/'], true],
    [
      'an image by its digest may run',
      `registry.example.com/a@sha256:${'0'.repeat(64)}`,
      ['registry.example.com'],
      true,
    ],
    [
      'parent segments are no reference',
      'registry.example.com/payments/../x',
      ['registry.example.com/payments'],
      false,
    ],
    ['capitals in a repository are no reference', 'registry.example.com/Payments/x', ['registry.example.com'], false],
    ['a user name is no registry', 'registry.example.com@evil.org/x', ['registry.example.com'], false],
    ['nothing is no image', '', [], false],
  ];

describe('images:', () => {
  for (const [sentence, image, registries, allowed] of CASES) {
    it(sentence, () => assert.equal(imageProblem(image, registries) === undefined, allowed));
  }
});
