import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { contains, metadataIn, parseCidr } from '../../lib/tenant/address-range.ts';

describe('address ranges', () => {
  for (const text of [
    '0.0.0.0/0',
    '10.0.0.0/8',
    '10.1.2.3/32',
    '::/0',
    'fd00::/8',
    '2001:db8:1:2:3:4:5:6/128',
    '::1/128',
  ]) {
    it(`${text} is one`, () => assert.notEqual(parseCidr(text), undefined));
  }
  const NONE = [
    '',
    '10.0.0.0',
    '10.0.0.1/8',
    '10.0.0.0/33',
    '256.0.0.0/8',
    '010.0.0.0/8',
    '10.0.0/8',
    '10.0.0.0/8 ',
    'fd00::1/8',
    'fd00::/129',
    '1::2::3/128',
    '1:2:3/128',
    '1:2:3:4:5:6:7::8/128',
    'g::/8',
    '::ffff:1.2.3.4/128',
  ];
  for (const text of NONE) {
    it(`${JSON.stringify(text)} is none`, () => assert.equal(parseCidr(text), undefined));
  }

  const CASES: readonly (readonly [outer: string, inner: string, inside: boolean])[] = [
    ['10.0.0.0/8', '10.255.0.0/16', true],
    ['10.0.0.0/8', '11.0.0.0/16', false],
    ['10.0.0.0/16', '10.0.0.0/8', false],
    ['0.0.0.0/0', '255.255.255.255/32', true],
    ['::/0', '10.0.0.0/8', false],
    ['fc00::/7', 'fd00:ec2::254/128', true],
    ['10.0.0.0/8', '10.0.0.0/8', true],
  ];
  for (const [outer, inner, inside] of CASES) {
    it(`${inner} ${inside ? 'lies' : 'does not lie'} in ${outer}`, () => {
      const [o, i] = [parseCidr(outer), parseCidr(inner)];
      assert.ok(o !== undefined && i !== undefined);
      assert.equal(contains(o, i), inside);
    });
  }

  it('tell which metadata addresses are in them', () => {
    assert.deepEqual(metadataIn('169.254.0.0/16'), ['169.254.169.254/32']);
    assert.deepEqual(metadataIn('fd00::/8'), ['fd00:ec2::254/128']);
    assert.deepEqual(metadataIn('10.0.0.0/8'), []);
    assert.deepEqual(metadataIn('nonsense'), []);
  });
});
