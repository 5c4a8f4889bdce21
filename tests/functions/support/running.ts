import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { JobManager } from './flink.ts';
import { startHeadgate, type Headgate, type LogLine, type Options } from './headgate.ts';
import { applyTenant, SENDER, submitJob } from './requests.ts';
import { part } from './world-view.ts';

export type Running = Options & {
  readonly jobs?: readonly string[];
  readonly tenant?: object;
  readonly job?: Parameters<typeof submitJob>[1];
  /** How many minutes the jobs have run; three, enough to judge them by, when not said. */
  readonly ran?: number;
};

/** The tenant `payments`, and jobs of it that have run for long enough to be judged. */
export const withJobs = async ({
  jobs = ['orders'],
  tenant = {},
  job = {},
  ran = 3,
  ...options
}: Running = {}): Promise<Headgate> => {
  const headgate = await startHeadgate(options);
  headgate.request(applyTenant('apply-1', { quota: { guarantee: { cpu: '4', memory: '8Gi' }, jobs: 5 }, ...tenant }));
  await headgate.drain();
  for (const name of jobs) headgate.request(submitJob(`submit-${name}`, { ...job, job: name }), { senderId: SENDER });
  await headgate.drain();
  await headgate.operator.act();
  for (const name of jobs) jobManagerOf(headgate, name).load.recordsPerSecond = 280;
  await minutes(headgate, ran);
  return headgate;
};

/** Lets so many minutes pass, with the schedules, all messages, and the operator after each. */
export const minutes = async (headgate: Headgate, count: number): Promise<void> => {
  for (let minute = 0; minute < count; minute += 1) {
    headgate.clock.advance(60_000 - (headgate.clock.now() % 60_000));
    await headgate.schedule('rebalance');
    await headgate.schedule('tick');
    await headgate.drain();
    await headgate.operator.act();
  }
};

/** One look of `work` at the tenant, by a tick of this very moment. What it sends stays in the queues. */
export const lookOnce = async (headgate: Headgate): Promise<void> => {
  await headgate.schedule('tick');
  const { failed, died } = await headgate.deliver('work');
  assert.ok(failed === 0 && !died);
};

export const jobManagerOf = (headgate: Headgate, name: string): JobManager => {
  const found = headgate.operator.jobManager('payments', name);
  assert.ok(found !== undefined, `${name} runs`);
  return found;
};

/** Decisions as `work` logs them. */
export const decisionsOf = ({ logs }: Headgate, name: string): readonly LogLine[] =>
  logs.filter((line) => line.message === 'decision' && line['job'] === `payments/${name}`);

export const lastDecision = (headgate: Headgate, name: string): LogLine => {
  const found = decisionsOf(headgate, name).at(-1);
  assert.ok(found !== undefined);
  return found;
};

export const reasonsOf = (headgate: Headgate, name: string): readonly unknown[] =>
  decisionsOf(headgate, name).map((line) => line['reason']);

/** A field of a ManagedJob or, by its kind, of another object of the tenant. */
export const field = async (
  headgate: Headgate,
  name: string,
  kind: string,
  ...path: readonly string[]
): Promise<unknown> => part((await headgate.objects()).get(`${kind}/payments/${name}`), ...path);

/** A folder that stands for `file:///`. */
export const stateFolder = (): string => mkdtempSync(join(tmpdir(), 'headgate-state-'));

/** A retained checkpoint of a job, that the job also tells of. */
export const checkpoint = (headgate: Headgate, root: string, name: string, id = 7): string => {
  const { job } = jobManagerOf(headgate, name);
  const folder = join(root, 'state/payments/checkpoints', job.id, `chk-${id}`);
  mkdirSync(folder, { recursive: true });
  const file = join(folder, '_metadata');
  writeFileSync(file, '');
  const completedAt = headgate.clock.now();
  utimesSync(file, completedAt / 1000, completedAt / 1000);
  const location = `file:///state/payments/checkpoints/${job.id}/chk-${id}`;
  job.checkpoint = { id, location, completedAt };
  return location;
};
