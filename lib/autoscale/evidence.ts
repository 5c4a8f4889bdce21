import type { UnknownReason } from '../model/measurement.ts';
import type { VertexAssessment } from './assessment.ts';
import type { VertexEvidence } from './scaling-decision.ts';

/** Four digits tell everything that a decision rests on. */
export const brief = (value: number): number => Number(value.toPrecision(4));

/** The numbers of one vertex, as they are stored and shown; what is unknown is left out. */
export const evidenceOf = ({
  vertex,
  rates,
  capacityAt,
  exact,
  target,
  excessNow,
  idle,
  wanted,
}: VertexAssessment): VertexEvidence => {
  const { busy, backpressured, inRate, source } = rates;
  const capacity = capacityAt(vertex.parallelism);
  const why = [source?.lag, inRate, busy].flatMap((m): UnknownReason[] => (m?.kind === 'unknown' ? [m.why] : []))[0];
  return {
    parallelism: vertex.parallelism,
    ...(busy.kind === 'known' && { busy: brief(busy.value) }),
    ...(backpressured.kind === 'known' && { backpressured: brief(backpressured.value) }),
    ...(inRate.kind === 'known' && { inRate: brief(inRate.value) }),
    ...(capacity !== undefined && { trueRate: brief(capacity) }),
    ...(exact ? { targetRate: brief(target) } : { targetAtLeast: brief(target) }),
    ...(excessNow > 0 && { excess: brief(excessNow) }),
    ...(source?.lag.kind === 'known' && { lag: brief(source.lag.value) }),
    ...((capacity !== undefined || idle) && { wanted }),
    ...(why !== undefined && { unknown: why }),
  };
};
