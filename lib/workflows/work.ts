import { isDeepStrictEqual } from 'node:util';
import type { WorkMessage } from '../../events/work.ts';
import { CAPACITY_POOL, TENANT, type ConfigMap } from '../clients/kubernetes/kinds.ts';
import { createStateStore, type StateStoreOptions } from '../clients/state-store/state-store.ts';
import { mostCareful } from '../model/mode.ts';
import { TenantSpec, type Tenant } from '../model/tenant.ts';
import { HeadgateError } from '../runtime/errors.ts';
import type { Run } from './run.ts';
import { sendLater, sendPool } from './send-work.ts';
import { statusWish } from './status-wish.ts';
import { readStop } from './stop.ts';
import { applyJob } from './work/apply-job.ts';
import { runOf, samplesOf } from './work/job-context.ts';
import { decideTenant } from './work/decide-tenant.ts';
import type { JobDecision } from './work/job-decision.ts';
import { demandOf } from './work/job-status.ts';
import { observeTenant } from './work/observe-tenant.ts';
import type { JobSnapshot, TenantSnapshot } from './work/snapshot.ts';
import { historyObject, shortened, spaced, type JobHistory } from './work/tenant-history.ts';

export type WorkConfig = {
  readonly laterQueueUrl: string;
  readonly poolsQueueUrl: string;
  readonly tickPeriodSeconds: number;
  readonly stateStore: Omit<StateStoreOptions, 'statePrefix'>;
};

/** A wait up to this long is worth a follow-up; the tick comes anyway after that. */
const LONGEST_FOLLOW_UP_SECONDS = 50;
/** Follow-ups due in the same slot of this length are one. */
const FOLLOW_UP_SLOT_MILLIS = 5_000;

/**
 * One look at one tenant: observe, decide, apply. The message says who and why, never what. Whoever calls acknowledges it even when
 * this fails: the next tick looks again, and a message that came back would hold up its tenant until then.
 */
export const workOnTenant = async (run: Run, config: WorkConfig, message: WorkMessage): Promise<void> => {
  if (isOvertaken(message, run.world.now(), config.tickPeriodSeconds)) {
    run.log.info('work dropped', { tenant: message.tenant, reason: 'TickOvertaken' });
    return;
  }
  const stopped = await readStop(run.kubernetes);
  const found = await run.kubernetes.get(TENANT, { name: message.tenant });
  if (found === undefined || found.metadata.deletionTimestamp !== undefined) {
    run.log.info('work dropped', { tenant: message.tenant, reason: 'TenantGone' });
    return;
  }
  const tenant: Tenant = { ...found, spec: TenantSpec.parse(found.spec) };
  const stateStore = createStateStore(run.world, {
    ...config.stateStore,
    statePrefix: tenant.spec.isolation.statePrefix,
  });
  const pool = await run.kubernetes.get(CAPACITY_POOL, { name: tenant.spec.pool });
  const mode = mostCareful(pool?.spec.mode ?? 'drive', tenant.spec.mode);
  const snapshot = await observeTenant(run, stateStore, tenant, mode, stopped, message);
  const decided = decideTenant(snapshot);
  const applied = await Promise.all(decided.map((decision) => applyAndRecord(run, snapshot, decision, message)));
  if (stopped !== undefined) return;
  // Each of these is worth having, and none is worth losing the others for.
  for (const [what, write] of Object.entries({
    history: () => writeHistory(run, snapshot, applied),
    'job counts': () => writeJobCounts(run, snapshot),
    'pool message': () => wakePool(run, config, snapshot, applied),
    'follow-up': () => followUp(run, config, message.tenant, applied),
  })) {
    await write().catch((error: unknown) => run.log.error(`${what} not written`, { tenant: message.tenant, error }));
  }
};

/** A tenant that was told it may not grow now, or that asks for another size than before, need not wait for the schedule. */
const wakePool = async (
  run: Run,
  config: WorkConfig,
  snapshot: TenantSnapshot,
  applied: readonly JobDecision[],
): Promise<void> => {
  const asks = applied.filter((decision) => {
    const job = jobOf(snapshot, decision);
    return !isDeepStrictEqual(demandOf(job, decision), job.managed.status?.demand);
  });
  if (asks.length === 0) return;
  const slot = Math.floor(snapshot.now / FOLLOW_UP_SLOT_MILLIS);
  const { pool } = snapshot.tenant.spec;
  await sendPool(run, config.poolsQueueUrl, {
    pool,
    cause: 'demand',
    id: `demand-${snapshot.tenant.metadata.name}-${slot}`,
    at: snapshot.now,
  });
};

/** A tick that waited longer than its period is followed by another one: nothing is lost with it. */
const isOvertaken = (message: WorkMessage, now: number, periodSeconds: number): boolean =>
  message.cause === 'tick' && now - message.at > 1000 * periodSeconds;

/** Every decision is one log line and one count; a job that cannot be written does not hold up the others. */
const applyAndRecord = async (
  run: Run,
  snapshot: TenantSnapshot,
  decision: JobDecision,
  message: WorkMessage,
): Promise<JobDecision> => {
  const job = jobOf(snapshot, decision);
  const outcome = await applyJob(run, snapshot, job, decision).catch((error: unknown): JobDecision => {
    run.log.error('decision not written', {
      job: decision.key,
      error: String(error),
      code: error instanceof HeadgateError ? error.code : undefined,
    });
    // What may not have been written is not remembered as done.
    return { ...decision, scaling: job.history.scaling, recheckAfterSeconds: FOLLOW_UP_SLOT_MILLIS / 1000 };
  });
  const { key, kind, reason, message: text, operation, evidence, recheckAfterSeconds } = outcome;
  run.log.info('decision', {
    job: key,
    kind,
    reason,
    why: text,
    cause: message.cause,
    operation,
    evidence,
    recheckAfterSeconds,
  });
  run.count('Decision', { kind, reason });
  return outcome;
};

const jobOf = (snapshot: TenantSnapshot, decision: JobDecision): JobSnapshot => {
  const job = snapshot.jobs.find((j) => j.key === decision.key);
  if (job === undefined) throw new RangeError(`a decision for a job that was not observed: ${decision.key}`);
  return job;
};

const writeHistory = async (run: Run, snapshot: TenantSnapshot, applied: readonly JobDecision[]): Promise<void> => {
  const jobs = Object.fromEntries(applied.map((decision) => [decision.key, historyAfter(snapshot, decision)]));
  const { current } = snapshot.history;
  const wish = historyObject(snapshot.tenant.metadata.name, jobs, current);
  const write = (object: ConfigMap) =>
    run.kubernetes.apply<ConfigMap>(object, { manager: 'headgate-history', current });
  await write(wish).catch(async (error: unknown) => {
    // Another run of the same tenant was quicker: its samples are as good as ours.
    if (error instanceof HeadgateError && error.code === 'Conflict') return;
    if (!(error instanceof HeadgateError) || error.code !== 'Invalid') throw error;
    run.log.warn('history too large', { tenant: snapshot.tenant.metadata.name, error: error.message });
    await write(historyObject(snapshot.tenant.metadata.name, shortened(jobs), current));
  });
};

const historyAfter = (snapshot: TenantSnapshot, decision: JobDecision): JobHistory => {
  const job = jobOf(snapshot, decision);
  const run = runOf(job, snapshot.now);
  const memory = job.look?.memory ?? job.history.memory;
  const latestCheckpoint = job.look?.latestCheckpoint ?? job.history.latestCheckpoint;
  return {
    samples: spaced(samplesOf(snapshot, job)),
    scaling: decision.scaling,
    ...(run === undefined ? {} : { run }),
    ...(memory === undefined ? {} : { memory }),
    ...(latestCheckpoint === undefined ? {} : { latestCheckpoint }),
  };
};

/** `status.jobs` of the Tenant: how many of its jobs run, wait, have failed or are quarantined. */
const writeJobCounts = async (run: Run, snapshot: TenantSnapshot): Promise<void> => {
  const { tenant } = snapshot;
  const wish = statusWish(tenant, { jobs: countJobs(snapshot.jobs) });
  await run.kubernetes
    .apply<Tenant>(wish, { manager: 'headgate-status', subresource: 'status', current: tenant })
    .catch((error: unknown) => {
      if (!(error instanceof HeadgateError) || error.code !== 'Conflict') throw error;
    });
};

const countJobs = (jobs: readonly JobSnapshot[]) => {
  const stateOf = (job: JobSnapshot) => job.look?.job?.state ?? job.workload?.reportedState;
  const count = (test: (job: JobSnapshot) => boolean) => jobs.filter(test).length;
  return {
    running: count((job) => stateOf(job) === 'RUNNING'),
    failed: count((job) => stateOf(job) === 'FAILED'),
    pending: count((job) => !['RUNNING', 'FAILED', 'FINISHED', 'CANCELED', 'SUSPENDED'].includes(stateOf(job) ?? '')),
    quarantined: count((job) => job.managed.status?.recovery?.quarantinedSince !== undefined),
  };
};

/** One follow-up per tenant, for the job that is due first; chains that meet in a slot become one. */
const followUp = async (
  run: Run,
  config: WorkConfig,
  tenant: string,
  applied: readonly JobDecision[],
): Promise<void> => {
  const soonest = Math.min(...applied.map((decision) => decision.recheckAfterSeconds ?? Number.POSITIVE_INFINITY));
  if (soonest > LONGEST_FOLLOW_UP_SECONDS) return;
  const now = run.world.now();
  const delaySeconds = Math.max(2, Math.ceil(soonest));
  const slot = Math.floor((now + 1000 * delaySeconds) / FOLLOW_UP_SLOT_MILLIS);
  await sendLater(
    run,
    config.laterQueueUrl,
    { tenant, cause: 'follow-up', id: `follow-up-${slot}`, at: now },
    delaySeconds,
  );
};
