import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ManagedJobStatus } from '../../lib/model/managed-job.ts';
import { hold } from '../../lib/workflows/work/job-decision.ts';
import { statusOf, worthWriting } from '../../lib/workflows/work/job-status.ts';
import type { JobSnapshot } from '../../lib/workflows/work/snapshot.ts';
import { aJob, aTenant } from './snapshots.ts';

const one = { cpu: '1', memory: '1Gi' };
const demandOfTen = { jobManagers: one, taskManager: one, taskManagers: 10 };
const statusFor = (job: JobSnapshot, rest: Parameters<typeof hold>[3] = {}): ManagedJobStatus =>
  statusOf(aTenant([job]), job, hold(job, 'Stable', 'the size fits', rest));

test('the demand is the size that the load asks for', () => {
  const job = aJob({ parallelism: 4, status: { demand: demandOfTen } });
  assert.equal(statusFor(job, { wanted: { aa: 6, bb: 6 } }).demand?.taskManagers, 3);
});

for (const [name, job] of [
  ['whose JobManager is silent', { ...aJob({ status: { demand: demandOfTen } }), look: undefined }],
  ['whose load is not known yet', aJob({ status: { demand: demandOfTen } })],
] as const) {
  test(`a job ${name} asks for no less than before`, () => {
    assert.equal(statusFor(job).demand?.taskManagers, 10);
  });
}

test('between deletion and creation a job asks for what it had, and one that is gone for nothing', () => {
  const job = aJob({ workload: 'missing', status: { demand: demandOfTen } });
  const operation = { kind: 'Recover', step: 'Requested', epoch: 1, startedAt: '', deadline: '', attempt: 1 } as const;
  assert.deepEqual(statusFor(job, { operation }).demand, demandOfTen);
  assert.equal(statusFor(job).demand, undefined);
});

test('a status is written for a new reason, a far move of a figure, and not for noise', () => {
  const job = aJob({ parallelism: 4, busy: 0.6 });
  const before = statusFor(job);
  assert.equal(worthWriting(before, { ...before, utilizationPercent: (before.utilizationPercent ?? 0) + 3 }), false);
  assert.equal(worthWriting(before, { ...before, utilizationPercent: (before.utilizationPercent ?? 0) + 20 }), true);
  assert.equal(worthWriting({ ...before, lagSeconds: 3 }, { ...before, lagSeconds: 4 }), false);
  assert.equal(worthWriting({ ...before, lagSeconds: 3 }, { ...before, lagSeconds: 40 }), true);
  assert.equal(worthWriting(before, statusFor(job, { reason: 'BacklogRemains' })), true);
});
