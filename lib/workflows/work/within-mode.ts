import { mostCareful } from '../../model/mode.ts';
import { hold, type JobDecision } from './job-decision.ts';
import type { JobSnapshot, TenantSnapshot } from './snapshot.ts';

/** Outside `drive`, and while the stop is set, nothing is begun and nothing is written: what would have been done is shown. */
export const withinMode = (tenant: TenantSnapshot, job: JobSnapshot, decision: JobDecision): JobDecision => {
  const mode = mostCareful(tenant.mode, job.managed.spec.mode);
  if (tenant.stopped === undefined && mode === 'drive') return decision;
  const begun = decision.operation !== undefined && decision.operation.epoch !== job.managed.status?.operation?.epoch;
  if (!begun) return { ...decision, effects: [] };
  const reason = tenant.stopped === undefined ? (mode === 'recommend' ? 'Recommended' : 'Observing') : 'Stopped';
  const why = tenant.stopped ?? `mode is ${mode}`;
  return hold(job, reason, `${why}; would ${decision.kind}: ${decision.message}`, {
    evidence: decision.evidence,
    wanted: decision.wanted,
  });
};
