import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Resources } from '../../lib/model/resources.ts';
import { shareRoom, type RoomGrant, type RoomRequest } from '../../lib/quota/share-room.ts';
import { amount } from './claims.ts';

const aJob = (key: string, current: number, wanted: number, fields: Partial<RoomRequest> = {}): RoomRequest => ({
  key,
  priority: 100,
  unit: amount(1, 2),
  current,
  wanted,
  ...fields,
});

const granted = (room: Resources, jobs: readonly RoomRequest[]) =>
  Object.fromEntries(shareRoom(room, jobs).map((grant) => [grant.key, grant.granted]));

describe('shareRoom', () => {
  const cases: readonly [
    name: string,
    room: Resources,
    jobs: readonly RoomRequest[],
    want: Readonly<Record<string, number>>,
  ][] = [
    ['grants everything when there is room', amount(9, 99), [aJob('a', 1, 4), aJob('b', 0, 2)], { a: 4, b: 2 }],
    ['grants in part, by the scarcer resource', amount(9, 5), [aJob('a', 1, 9)], { a: 3 }],
    [
      'serves the higher priority first',
      amount(3, 99),
      [aJob('a', 1, 4), aJob('b', 1, 3, { priority: 200 })],
      { a: 2, b: 3 },
    ],
    [
      'brings equals to like parts of what they want',
      amount(4, 99),
      [aJob('a', 4, 8), aJob('b', 0, 4)],
      { a: 5, b: 3 },
    ],
    ['breaks ties by key', amount(1, 99), [aJob('b', 1, 2), aJob('a', 1, 2)], { b: 1, a: 2 }],
    [
      'does not spend what a shrinking job gives back',
      amount(1, 99),
      [aJob('a', 5, 1), aJob('b', 1, 5)],
      { a: 1, b: 2 },
    ],
    [
      'passes a job that does not fit over for a smaller one',
      amount(2, 99),
      [aJob('a', 0, 1, { unit: amount(3, 1), priority: 200 }), aJob('b', 0, 5)],
      { a: 0, b: 2 },
    ],
    [
      'starts a job only when its JobManager fits too',
      amount(1, 99),
      [aJob('a', 0, 1, { startup: amount(1, 1) })],
      { a: 0 },
    ],
    ['leaves a job alone that wants what it has', amount(9, 99), [aJob('a', 3, 3)], { a: 3 }],
  ];
  for (const [name, room, jobs, want] of cases) {
    it(name, () => assert.deepEqual(granted(room, jobs), want));
  }

  it('says why each job has what it has', () => {
    const reasons = (room: Resources, job: RoomRequest): RoomGrant['reason'] => shareRoom(room, [job])[0]!.reason;
    assert.equal(reasons(amount(9, 9), aJob('a', 3, 1)), 'Shrinks');
    assert.equal(reasons(amount(9, 9), aJob('a', 3, 3)), 'Unchanged');
    assert.equal(reasons(amount(9, 9), aJob('a', 3, 4)), 'FullyGranted');
    assert.equal(reasons(amount(1, 9), aJob('a', 3, 9)), 'PartiallyGranted');
    assert.equal(reasons(amount(0, 9), aJob('a', 3, 4)), 'NoRoom');
  });
});
