import type { VertexSpec } from '../job-model/spec.ts';

/** Metrics of a task that the model knows nothing of: they are there, and zero. Recorded with 1.20.5 and 2.3.0. */
const UNMODELLED_OF_TASK = [
  'checkpointStartDelayNanos',
  'numBytesInLocal',
  'numBytesInLocalPerSecond',
  'numBytesInRemote',
  'numBytesInRemotePerSecond',
  'numBytesIn',
  'numBytesInPerSecond',
  'numBytesOut',
  'numBytesOutPerSecond',
  'numBuffersOut',
  'numBuffersOutPerSecond',
  'maxSoftBackPressureTimeMs',
  'maxHardBackPressureTimeMs',
  'softBackPressuredTimeMsPerSecond',
  'mailboxQueueSize',
  'mailboxMailsPerSecond',
  'mailboxLatencyMs_mean',
  'mailboxLatencyMs_p99',
  'changelogBusyTimeMsPerSecond',
  'numFiredTimers',
  'numFiredTimersPerSecond',
  'initializationTime',
  'Shuffle.Netty.Input.Buffers.inPoolUsage',
  'Shuffle.Netty.Output.Buffers.outPoolUsage',
] as const;

/** The same, of tasks that read from others. */
const UNMODELLED_OF_READER = ['checkpointAlignmentTime', 'currentInputWatermark'] as const;

const MODELLED_OF_TASK = [
  'numRecordsIn',
  'numRecordsOut',
  'numRecordsInPerSecond',
  'numRecordsOutPerSecond',
  'busyTimeMsPerSecond',
  'backPressuredTimeMsPerSecond',
  'hardBackPressuredTimeMsPerSecond',
  'idleTimeMsPerSecond',
  'accumulateBusyTimeMs',
  'accumulateBackPressuredTimeMs',
  'accumulateIdleTimeMs',
  'isBackPressured',
] as const;
export type TaskMetric = (typeof MODELLED_OF_TASK)[number];

const OF_OPERATOR = ['numRecordsIn', 'numRecordsOut', 'numRecordsInPerSecond', 'numRecordsOutPerSecond'] as const;
export type OperatorMetric = (typeof OF_OPERATOR)[number] | 'pendingRecords';

/** The operator that gives a vertex's metrics their prefix: its first; the characters that Flink's metric names cannot have are `_`. */
export const operatorOf = (vertexName: string): string => vertexName.split(' -> ')[0]!.replaceAll(/[ .:,]/g, '_');

/** The names that a vertex has to offer. */
export const vertexMetricNames = ({ name: vertexName, source }: VertexSpec): readonly string[] => {
  const operator = operatorOf(vertexName);
  return [
    ...UNMODELLED_OF_TASK,
    ...(source === undefined ? UNMODELLED_OF_READER : []),
    ...MODELLED_OF_TASK,
    ...OF_OPERATOR.map((name) => `${operator}.${name}`),
    `${operator}.currentOutputWatermark`,
    ...(source?.reportsPending ? [`${operator}.pendingRecords`] : []),
  ];
};

export const isTaskMetric = (name: string): name is TaskMetric =>
  (MODELLED_OF_TASK as readonly string[]).includes(name);

/** The part behind the operator, if it is one that the model knows. */
export const operatorMetric = (name: string, operator: string): OperatorMetric | undefined => {
  const last = name.startsWith(`${operator}.`) ? name.slice(operator.length + 1) : '';
  return last === 'pendingRecords' ? last : OF_OPERATOR.find((known) => known === last);
};
