import { createFlink } from '../../clients/flink/flink.ts';
import { kindOf, type Event } from '../../clients/kubernetes/kinds.ts';
import type { KubernetesObject } from '../../model/kubernetes-object.ts';
import type { ManagedJob, ManagedJobStatus } from '../../model/managed-job.ts';
import type { Effect } from '../../model/workload.ts';
import { HeadgateError } from '../../runtime/errors.ts';
import { eventFor } from '../event.ts';
import { flinkClock, type Run } from '../run.ts';
import { statusWish } from '../status-wish.ts';
import { hold, type JobDecision } from './job-decision.ts';
import { statusOf, worthWriting } from './job-status.ts';
import type { JobSnapshot, TenantSnapshot } from './snapshot.ts';

/**
 * Carries a decision out. A new operation is written down before its effects, so that whoever comes after a crash
 * continues it; everything here may be repeated. Returns the decision as it turned out.
 */
export const applyJob = async (
  run: Run,
  tenant: TenantSnapshot,
  job: JobSnapshot,
  decision: JobDecision,
): Promise<JobDecision> => {
  if (tenant.stopped !== undefined) return decision;
  const managed = job.managed.metadata.uid === undefined ? await adoptDiscovered(run, job.managed) : job.managed;
  const written = await writeStatus(run, managed, statusOf(tenant, job, decision));
  const outcome = await writeEffects(run, job, decision);
  if (outcome !== decision) await writeStatus(run, written, statusOf(tenant, { ...job, managed: written }, outcome));
  if (isNews(job.managed.status, outcome)) await tell(run, managed, outcome);
  return outcome;
};

/** Writes the ManagedJob that stands for a workload which somebody made without Headgate. */
const adoptDiscovered = async (run: Run, managed: ManagedJob): Promise<ManagedJob> => {
  const wish = { ...managed, spec: { targetRef: managed.spec.targetRef } } as ManagedJob;
  const { object } = await run.kubernetes.apply<ManagedJob>(wish, { manager: 'headgate-discovery' });
  return object;
};

const writeStatus = async (run: Run, managed: ManagedJob, status: ManagedJobStatus): Promise<ManagedJob> => {
  if (!worthWriting(managed.status, status)) return managed;
  const { object } = await run.kubernetes.apply<ManagedJob>(statusWish(managed, status), {
    manager: 'headgate-status',
    subresource: 'status',
    current: managed,
  });
  return object;
};

/** Writes the effects; what another owns or the API server refuses ends the operation with its reason. */
const writeEffects = async (run: Run, job: JobSnapshot, decision: JobDecision): Promise<JobDecision> => {
  for (const effect of decision.effects) {
    try {
      await writeEffect(run, job, effect);
    } catch (error) {
      if (!(error instanceof HeadgateError)) throw error;
      // The workload changed since it was read: the operation is written down, and the next look carries it on.
      if (error.code === 'Conflict' || error.retry === 'later') return { ...decision, recheckAfterSeconds: 5 };
      return hold(job, error.code, error.message, {
        operation: undefined,
        recovery: decision.recovery,
        evidence: decision.evidence,
        wanted: decision.wanted,
      });
    }
  }
  return decision;
};

const writeEffect = async (run: Run, job: JobSnapshot, effect: Effect): Promise<void> => {
  if (effect.kind === 'apply') {
    await run.kubernetes.apply<KubernetesObject>(effect.object, { manager: effect.manager, current: job.target });
    return;
  }
  if (effect.kind === 'resource-requirements') {
    const { service, port } = effect.rest;
    const flink = createFlink(run.kubernetes.proxy({ namespace: effect.namespace, service, port }), flinkClock(run));
    await flink.setResourceRequirements(effect.jobId, effect.upper);
    return;
  }
  const kind = kindOf(effect.object);
  if (kind === undefined) throw new RangeError(`${effect.object.kind} is no kind that Headgate writes`);
  const { name, namespace, uid } = effect.object.metadata;
  const key = { name, ...(namespace === undefined ? {} : { namespace }) };
  await run.kubernetes.remove(kind, key, uid === undefined ? {} : { uid });
};

const isNews = (before: ManagedJobStatus | undefined, decision: JobDecision): boolean =>
  before?.lastDecision?.kind !== decision.kind || before.lastDecision.reason !== decision.reason;

/** An Event for people; losing one is no reason to fail. */
const tell = async (run: Run, managed: ManagedJob, decision: JobDecision): Promise<void> => {
  const type = decision.kind === 'quarantine' ? 'Warning' : 'Normal';
  const event: Event = eventFor(
    managed,
    { type, reason: decision.reason, action: decision.kind, note: decision.message },
    run.world.now(),
  );
  await run.kubernetes
    .create(event, { manager: 'headgate-status' })
    .catch((error: unknown) => run.log.warn('event not written', { error: String(error) }));
};
