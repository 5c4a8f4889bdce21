import type { Vertex } from '../model/job-graph.ts';
import type { Assessment, VertexAssessment } from './assessment.ts';
import { brief } from './evidence.ts';
import type { Parallelism } from './scaling-decision.ts';

const LONGEST_NAME = 40;

/** A vertex as people know it. Names of chained operators can fill a page, so they are cut. */
export const nameOf = ({ name }: Vertex): string =>
  `"${name.length > LONGEST_NAME ? `${name.slice(0, LONGEST_NAME - 1)}…` : name}"`;

const percent = (share: number): string => `${Math.round(share * 100)} %`;

export const seconds = (value: number): string => `${Math.round(value)} s`;

/** Load against capacity. */
export const describeVertex = ({ vertex, target, capacityAt, utilization, rates }: VertexAssessment): string => {
  const capacity = capacityAt(vertex.parallelism);
  const lag = rates.source?.lag;
  const waiting = lag?.kind === 'known' && lag.value > 0 ? `, with ${brief(lag.value)} records waiting` : '';
  if (capacity === undefined || utilization === undefined)
    return `${nameOf(vertex)} gets ${brief(target)} records/s${waiting}`;
  return `${nameOf(vertex)} must process ${brief(target)} records/s and can do ${brief(capacity)} at parallelism ${vertex.parallelism} (${percent(utilization)})${waiting}`;
};

/** The job's tightest place. */
export const describeTightest = ({ tightestFirst: [tightest] }: Assessment): string =>
  tightest === undefined ? 'nothing comes in' : describeVertex(tightest);

const LONGEST_LIST = 3;

/** `"window" 2 -> 6, "map" 1 -> 3 and 2 more`, the largest changes first. */
export const describeChange = (vertices: readonly Vertex[], parallelism: Parallelism): string => {
  const changes = vertices
    .map((vertex) => ({ vertex, from: vertex.parallelism, to: parallelism[vertex.id] ?? vertex.parallelism }))
    .filter(({ from, to }) => from !== to)
    .sort((a, b) => Math.abs(b.to - b.from) - Math.abs(a.to - a.from) || (a.vertex.id < b.vertex.id ? -1 : 1));
  const listed = changes.slice(0, LONGEST_LIST).map(({ vertex, from, to }) => `${nameOf(vertex)} ${from} -> ${to}`);
  const more = changes.length - listed.length;
  return `${listed.join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
};
