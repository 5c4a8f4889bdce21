import type { EpochMillis } from '../model/instant.ts';
import type { MetricSample, Vertex } from '../model/job-graph.ts';
import type { Assessment, VertexAssessment } from './assessment.ts';
import type { HoldReason, Parallelism, RescaleReason, ScalingInput } from './scaling-decision.ts';
import type { Relief, ScalingHistory } from './scaling-history.ts';

/** A running job as the rules see it. */
export type Situation = ScalingInput & {
  readonly runningSince: EpochMillis;
  /** The samples that may be used. */
  readonly window: readonly MetricSample[];
  readonly assessment: Assessment;
};

/** What a rule answers, before pauses are looked at. */
export type Choice = {
  readonly message: string;
  readonly wanted?: Parallelism;
  /** To be remembered when the job keeps its size. */
  readonly history: ScalingHistory;
} & (
  | {
      readonly kind: 'rescale';
      readonly reason: RescaleReason;
      readonly parallelism: Parallelism;
      readonly wanted: Parallelism;
      readonly relieves?: Relief;
    }
  | { readonly kind: 'hold'; readonly reason: HoldReason; readonly recheckAfterSeconds?: number }
);

/** The job as it stands. */
export const presentSize = (vertices: readonly Vertex[]): Parallelism =>
  Object.fromEntries(vertices.map((vertex) => [vertex.id, vertex.parallelism]));

/** A number for every vertex. */
export const sizes = (vertices: readonly VertexAssessment[], size: (v: VertexAssessment) => number): Parallelism =>
  Object.fromEntries(vertices.map((v) => [v.vertex.id, size(v)]));

/** The history with no wish pending. */
export const withoutWishes = ({ lastRescale }: ScalingHistory): ScalingHistory => (lastRescale ? { lastRescale } : {});
