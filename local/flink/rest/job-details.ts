import type { FlinkJobState } from '../../../lib/model/flink-job.ts';
import { statusOf, sum, type JobState, type VertexFlow } from '../job-model/state.ts';
import type { VertexSpec } from '../job-model/spec.ts';
import { ok, type Answer } from './answer.ts';
import { endTimeOf, hasGraph, type Look } from './look.ts';
import { taskCounts, vertexCounts, vertexState } from './tasks.ts';

const JOB_STATES: readonly FlinkJobState[] = [
  'INITIALIZING',
  'CREATED',
  'RUNNING',
  'FAILING',
  'FAILED',
  'CANCELLING',
  'CANCELED',
  'FINISHED',
  'RESTARTING',
  'SUSPENDED',
  'RECONCILING',
];

/** A record of the model has no bytes; this many make the byte counters move. */
const BYTES_PER_RECORD = 20;

/** `GET /jobs/:id`: state and graph as cached, counters as last fetched. */
export const jobDetails = ({ live, graph: readGraph, metrics: readMetrics }: Look): Answer => {
  const graph = readGraph();
  const metrics = readMetrics()?.tasks;
  const { spec, settings, startedAt } = graph;
  const endTime = endTimeOf(graph);
  return ok({
    jid: spec.id,
    // Of a job that never got an execution graph 2.x has forgotten it.
    ...(settings.version === '2.x' && { 'application-id': hasGraph(graph) ? spec.id : null }),
    name: spec.name,
    isStoppable: false,
    state: statusOf(graph),
    ...(settings.version !== '1.18' && { 'job-type': 'STREAMING' }),
    ...(settings.version === '2.x' && { schedulerType: 'Adaptive' }),
    'start-time': startedAt,
    'end-time': endTime,
    duration: (endTime < 0 ? live.now : endTime) - startedAt,
    maxParallelism: hasGraph(graph) ? Math.max(...spec.vertices.map((v) => v.maxParallelism)) : -1,
    now: live.now,
    timestamps: Object.fromEntries(JOB_STATES.map((status) => [status, graph.timestamps[status] ?? 0])),
    vertices: spec.vertices.map((vertex, v) => vertexDetails(graph, metrics, vertex, v, live.now)),
    'status-counts': vertexCounts(graph),
    plan: planOf(graph),
    ...(settings.version === '2.x' && { 'pending-operators': 0 }),
  });
};

const vertexDetails = (
  graph: JobState,
  metrics: JobState | undefined,
  vertex: VertexSpec,
  v: number,
  now: number,
): object => {
  const [start, end] = timesOf(graph);
  const group = vertex.slotSharingGroup ?? 'default';
  return {
    id: vertex.id,
    ...(graph.settings.version !== '1.18' && { slotSharingGroupId: Buffer.from(group.padEnd(16)).toString('hex') }),
    name: vertex.name,
    maxParallelism: vertex.maxParallelism,
    parallelism: graph.parallelism[v],
    status: vertexState(graph, v),
    'start-time': start,
    'end-time': end,
    duration: start < 0 ? -1 : (end < 0 ? now : end) - start,
    tasks: taskCounts(graph, v),
    metrics: countersOf(graph, metrics, v),
  };
};

/** When the tasks that are shown began and stopped; -1: not. */
const timesOf = ({ phase, timestamps }: JobState): readonly [number, number] => {
  if (timestamps.RUNNING === undefined) return [-1, -1];
  if (phase.kind === 'Running') return [timestamps.RUNNING, -1];
  return [timestamps.RUNNING, Math.max(...Object.values(timestamps))];
};

/** Tasks that run tell what was last fetched of them, and nothing before; tasks that have stopped told their last values. */
const countersOf = (graph: JobState, metrics: JobState | undefined, v: number): object => {
  if (graph.phase.kind !== 'Running') return counters(hasGraph(graph) ? graph.vertices[v]! : undefined, true);
  const isFetched = metrics?.run === graph.run;
  return counters(isFetched ? metrics.vertices[v]! : undefined, isFetched);
};

const counters = (flows: VertexFlow | undefined, complete: boolean): object => {
  const of = (counter: Exclude<keyof VertexFlow, 'buffered'>): number => Math.floor(sum(flows?.[counter] ?? []));
  // A source reads nothing that Flink counts.
  const read = flows === undefined || flows.buffered.length === 0 ? 0 : of('read');
  return {
    'read-bytes': read * BYTES_PER_RECORD,
    'read-bytes-complete': complete,
    'write-bytes': of('write') * BYTES_PER_RECORD,
    'write-bytes-complete': complete,
    'read-records': read,
    'read-records-complete': complete,
    'write-records': of('write'),
    'write-records-complete': complete,
    'accumulated-backpressured-time': of('backpressuredMillis'),
    'accumulated-idle-time': of('idleMillis'),
    'accumulated-busy-time': of('busyMillis'),
  };
};

const planOf = (graph: JobState): object => {
  const { spec, settings, parallelism } = graph;
  if (!hasGraph(graph)) return settings.version === '2.x' ? { jid: '', name: '', type: '', nodes: [] } : {};
  return {
    jid: spec.id,
    name: spec.name,
    type: 'STREAMING',
    nodes: spec.vertices.map(({ id, name, inputs }, v) => ({
      id,
      parallelism: parallelism[v],
      operator: '',
      operator_strategy: '',
      description: `${name}<br/>`,
      ...(inputs.length > 0 && {
        inputs: inputs.map(({ from, ship }, num) => ({
          num,
          id: from,
          ship_strategy: ship,
          exchange: 'pipelined_bounded',
        })),
      }),
      optimizer_properties: {},
    })),
  };
};
