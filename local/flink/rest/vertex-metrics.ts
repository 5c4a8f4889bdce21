import { pendingAt } from '../job-model/flow.ts';
import { millisPerSecond, recordsPerSecond } from '../job-model/gauges.ts';
import type { JobState } from '../job-model/state.ts';
import { aggregated } from './aggregation.ts';
import type { Answer } from './answer.ts';
import type { Look } from './look.ts';
import {
  isTaskMetric,
  operatorMetric,
  operatorOf,
  vertexMetricNames,
  type OperatorMetric,
  type TaskMetric,
} from './metric-names.ts';

/** `GET /jobs/:id/vertices/:vertex/subtasks/metrics`: names, or aggregates over subtasks, as last fetched. */
export const subtaskMetrics = ({ live, metrics }: Look, vertexId: string, query: URLSearchParams): Answer => {
  const tasks = metrics()?.tasks;
  const v = live.spec.vertices.findIndex((vertex) => vertex.id === vertexId);
  const vertex = live.spec.vertices[v];
  if (tasks === undefined || vertex === undefined) return aggregated([], () => [], query);
  return aggregated(vertexMetricNames(vertex), (name) => valuesOf(tasks, v, name), query);
};

/** A metric by subtask; what the model does not know is zero. */
const valuesOf = (state: JobState, v: number, name: string): readonly number[] => {
  if (isTaskMetric(name)) return taskMetric(state, v, name);
  const ofOperator = operatorMetric(name, operatorOf(state.spec.vertices[v]!.name));
  return ofOperator === undefined ? state.vertices[v]!.read.map(() => 0) : operatorValues(state, v, ofOperator);
};

const taskMetric = (state: JobState, v: number, name: TaskMetric): readonly number[] => {
  const flows = state.vertices[v]!;
  const isSource = state.logs[v] !== undefined;
  switch (name) {
    case 'numRecordsIn':
      return flows.read.map((records) => (isSource ? 0 : Math.floor(records)));
    case 'numRecordsOut':
      return flows.write.map(Math.floor);
    case 'numRecordsInPerSecond':
      return recordsPerSecond(state, v, 'read').map((rate) => (isSource ? 0 : rate));
    case 'numRecordsOutPerSecond':
      return recordsPerSecond(state, v, 'write');
    case 'busyTimeMsPerSecond':
      return millisPerSecond(state, v, 'busyMillis');
    case 'backPressuredTimeMsPerSecond':
    case 'hardBackPressuredTimeMsPerSecond':
      return millisPerSecond(state, v, 'backpressuredMillis');
    case 'idleTimeMsPerSecond':
      return millisPerSecond(state, v, 'idleMillis');
    case 'accumulateBusyTimeMs':
      return flows.busyMillis.map(Math.floor);
    case 'accumulateBackPressuredTimeMs':
      return flows.backpressuredMillis.map(Math.floor);
    case 'accumulateIdleTimeMs':
      return flows.idleMillis.map(Math.floor);
    case 'isBackPressured':
      return millisPerSecond(state, v, 'backpressuredMillis').map((millis) => (millis > 0 ? 1 : 0));
  }
};

/** A source operator counts what it emits before anything chained to it; the recorded source counts no input. */
const operatorValues = (state: JobState, v: number, name: OperatorMetric): readonly number[] => {
  const log = state.logs[v];
  const { read, write } = state.vertices[v]!;
  switch (name) {
    case 'numRecordsIn':
      return read.map((records) => (log === undefined ? Math.floor(records) : 0));
    case 'numRecordsOut':
      return (log === undefined ? write : read).map(Math.floor);
    case 'numRecordsInPerSecond':
      return recordsPerSecond(state, v, 'read').map((rate) => (log === undefined ? rate : 0));
    case 'numRecordsOutPerSecond':
      return recordsPerSecond(state, v, log === undefined ? 'write' : 'read');
    case 'pendingRecords':
      return log === undefined ? [] : read.map((_, i) => Math.floor(pendingAt(log, i, read.length)));
  }
};
