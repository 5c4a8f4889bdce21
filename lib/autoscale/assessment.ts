import type { Vertex } from '../model/job-graph.ts';
import type { ScalingEvidence } from './scaling-decision.ts';
import type { VertexRates } from './vertex-rates.ts';

/** One vertex against its load. Rates are records per second. */
export type VertexAssessment = {
  readonly vertex: Vertex;
  readonly rates: VertexRates;
  /** What it must process for the whole input to pass; a lower bound when not `exact`. */
  readonly target: number;
  readonly exact: boolean;
  /** Records of backlog beyond the lag limit, as they will reach it: now, and after one more restart. */
  readonly excessNow: number;
  readonly excessAfterRestart: number;
  /** What it can process with that many subtasks; undefined when that is not known. */
  readonly capacityAt: (parallelism: number) => number | undefined;
  /** `target` over its present capacity: 1 is all it can do. */
  readonly utilization: number | undefined;
  /** Nothing comes in, and nothing should. */
  readonly idle: boolean;
  /** The size its load asks for, within bounds; its present size when that is not known. */
  readonly wanted: number;
};

/** A whole job against its load. */
export type Assessment = {
  readonly vertices: readonly VertexAssessment[];
  /** From the vertex with the least room to the one with the most, as far as known. */
  readonly tightestFirst: readonly VertexAssessment[];
  /** The load had to be guessed, for something saturated. */
  readonly saturatedBlind: boolean;
  /** The first vertex of which something is not known, and what: such a job may grow, never shrink. */
  readonly gap: { readonly vertex: Vertex; readonly what: string } | undefined;
  /** What one more restart is taken to cost: time down, and the input that is replayed. */
  readonly restartSeconds: number;
  readonly rewindSeconds: number;
  readonly evidence: ScalingEvidence;
};
