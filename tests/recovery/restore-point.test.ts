import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { RestorePointCandidate } from '../../lib/recovery/recovery-decision.ts';
import { chooseRestorePoint } from '../../lib/recovery/restore-point.ts';

const NOW = Date.parse('2026-01-01T12:00:00Z');
const policy = { maxRestorePointAgeSeconds: 3600 };

/** Named by its location; completed so many minutes ago. */
const aPoint = (
  location: string,
  minutesAgo: number,
  proof: RestorePointCandidate['proof'],
  id?: number,
): RestorePointCandidate => ({
  proof,
  point: {
    kind: 'checkpoint',
    location,
    completedAt: new Date(NOW - 60_000 * minutesAgo).toISOString(),
    ...(id === undefined ? {} : { id }),
  },
});

const choose = (candidates: readonly RestorePointCandidate[] | undefined, ageWaived = false): string => {
  const choice = chooseRestorePoint(candidates, policy, NOW, ageWaived);
  return choice.kind === 'chosen' ? choice.point.location : choice.reason;
};

describe('chooseRestorePoint', () => {
  const cases: readonly [name: string, candidates: readonly RestorePointCandidate[] | undefined, want: string][] = [
    ['takes the newest that is proven', [aPoint('old', 9, 'proven'), aPoint('new', 1, 'proven')], 'new'],
    [
      'takes the higher number of two that were completed together',
      [aPoint('a', 1, 'proven', 7), aPoint('b', 1, 'proven', 8)],
      'b',
    ],
    ['passes over one that is known to be missing', [aPoint('gone', 1, 'missing'), aPoint('old', 9, 'proven')], 'old'],
    [
      'waits for the newest when that cannot be looked at, rather than lose work',
      [aPoint('new', 1, 'unknown'), aPoint('old', 9, 'proven')],
      'RestorePointUnproven',
    ],
    [
      'does not mind an older one that cannot be looked at',
      [aPoint('new', 1, 'proven'), aPoint('old', 9, 'unknown')],
      'new',
    ],
    ['waits when they could not be listed', undefined, 'RestorePointUnproven'],
    ['knows nothing to recover from when there is none', [], 'NotRecoverable'],
    [
      'knows nothing to recover from when all are gone',
      [aPoint('a', 1, 'missing'), aPoint('b', 9, 'missing')],
      'NotRecoverable',
    ],
    ['does not go back further than the policy allows', [aPoint('old', 61, 'proven')], 'RestorePointTooOld'],
    ['goes back exactly as far as the policy allows', [aPoint('old', 60, 'proven')], 'old'],
    [
      'holds a time that cannot be read for the oldest',
      [{ proof: 'proven', point: { kind: 'savepoint', location: 'x', completedAt: 'soon' } }],
      'RestorePointTooOld',
    ],
  ];
  for (const [name, candidates, want] of cases) {
    it(name, () => assert.equal(choose(candidates), want));
  }

  it("goes back any time on a person's word, but only to what is proven", () => {
    assert.equal(choose([aPoint('old', 6000, 'proven')], true), 'old');
    assert.equal(choose([aPoint('old', 6000, 'unknown')], true), 'RestorePointUnproven');
  });
});
