import { advance } from '../../../../local/flink/job-model/advance.ts';
import { createJob } from '../../../../local/flink/job-model/create-job.ts';
import {
  defaultSettings,
  type FlinkSettings,
  type FlinkVersion,
  type JobSpec,
  type VertexSpec,
} from '../../../../local/flink/job-model/spec.ts';
import { pendingOf, sum, type JobState, type PartitionLog } from '../../../../local/flink/job-model/state.ts';

export const START = Date.UTC(2026, 10, 23, 8);
export const JOB = '29a05271ced5ea5e99d13eedf14fe5f1';
export const SOURCE = 'f362c87ffabe89c8a91fa7d0a523ba6c';
export const WORK = '674df9b0384c0348e0b9d1034a44c46c';
export const SINK = '2e588ce1c86a9d46e2e85186773ce4fd';

/** The job that the recordings are of: a source of eight partitions, a keyed map that costs, a sink. */
export const probe = (
  arrival: number | ((atMillis: number) => number),
  own: {
    readonly source?: Partial<VertexSpec>;
    readonly work?: Partial<VertexSpec>;
    readonly sink?: Partial<VertexSpec>;
  } = {},
): JobSpec => ({
  id: JOB,
  name: 'probe',
  vertices: [
    {
      id: SOURCE,
      name: 'Source: lag-source',
      parallelism: 1,
      maxParallelism: 128,
      inputs: [],
      ratePerSubtask: 10_000,
      source: { partitions: 8, reportsPending: true, arrival: typeof arrival === 'number' ? () => arrival : arrival },
      ...own.source,
    },
    {
      id: WORK,
      name: 'work',
      parallelism: 1,
      maxParallelism: 128,
      inputs: [{ from: SOURCE, ship: 'HASH' }],
      ratePerSubtask: 200,
      ...own.work,
    },
    {
      id: SINK,
      name: 'sink: Writer',
      parallelism: 1,
      maxParallelism: 128,
      inputs: [{ from: WORK, ship: 'FORWARD' }],
      ratePerSubtask: 5_000,
      ...own.sink,
    },
  ],
});

export const settings = (version: FlinkVersion = '2.x', own: Partial<FlinkSettings> = {}): FlinkSettings => ({
  ...defaultSettings(version),
  ...own,
});

/** The job, submitted at `START` to TaskManagers of two slots. */
export const submitted = (spec: JobSpec, taskManagers = 2, own: FlinkSettings = settings()): JobState =>
  createJob(spec, own, {
    at: START,
    taskManagers: Array.from({ length: taskManagers }, (_, i) => ({ id: `tm-${i + 1}`, slots: 2 })),
  });

/** The same, so many seconds later. */
export const after = (state: JobState, seconds: number): JobState => advance(state, state.now + seconds * 1000);

export const logOf = (state: JobState): PartitionLog => state.logs[0]!;
export const pending = (state: JobState): number => pendingOf(logOf(state));
export const readBy = (state: JobState, vertex: number): number => sum(state.vertices[vertex]!.read);
export const inBuffers = (state: JobState, vertex: number): number => sum(state.vertices[vertex]!.buffered.map(sum));
