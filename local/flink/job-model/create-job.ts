import type { EpochMillis } from '../../../lib/model/instant.ts';
import { readyAt } from './scheduler.ts';
import type { FlinkSettings, JobSpec, SourceSpec } from './spec.ts';
import { copyLog, emptyFlows, type Checkpoint, type Draft, type JobState, type PartitionLog } from './state.ts';

/** A checkpoint or savepoint of an earlier job, to start from. */
export type RestorePoint = Checkpoint & { readonly outcome: { readonly kind: 'completed' } };

/** The completed checkpoint or savepoint that lies at an address, unless it was discarded. */
export const findRestorePoint = ({ checkpoints }: JobState, location: string): RestorePoint | undefined =>
  checkpoints.history.find(
    (c): c is RestorePoint => c.outcome.kind === 'completed' && c.outcome.location === location && !c.outcome.discarded,
  );

/** A job that is submitted to a cluster, from a restore point or from the beginning: of what arrives from now on. */
export const createJob = (
  spec: JobSpec,
  settings: FlinkSettings,
  given: {
    readonly at: EpochMillis;
    readonly taskManagers: readonly { readonly id: string; readonly slots: number }[];
    readonly restore?: RestorePoint;
  },
): JobState => {
  const { at, restore } = given;
  const parallelism = spec.vertices.map((vertex) => vertex.parallelism);
  const logs = spec.vertices.map(({ source }, v) => {
    const log = restore?.logs[v];
    return source && (log === undefined ? emptyLog(source) : grown(log, source, restore!.triggeredAt, at, settings));
  });
  const draft: Draft = {
    spec,
    settings,
    now: at,
    flowedUntil: at,
    startedAt: at,
    phase: { kind: 'Waiting', since: at, readyAt: undefined },
    timestamps: { INITIALIZING: at },
    run: 0,
    parallelism,
    vertices: emptyFlows(spec, parallelism),
    logs,
    origin: logs.map((log) => log?.read),
    gauges: [],
    requirements: parallelism.map((upper) => ({ lower: 1, upper })),
    rescaleWishedAt: undefined,
    taskManagers: given.taskManagers.map((tm) => ({ ...tm, since: at })),
    heldSlots: { slots: 0, until: 0 },
    checkpoints: {
      nextAt: Infinity,
      // The counter goes on where the restored one stood.
      lastId: restore?.id ?? 0,
      completed: 0,
      failed: 0,
      restored: restore === undefined ? 0 : 1,
      latestRestored: restore && {
        id: restore.id,
        at,
        isSavepoint: restore.isSavepoint,
        location: restore.outcome.location,
      },
      history: [],
    },
    savepoints: [],
    failures: [],
    restarts: 0,
    rescales: 0,
  };
  draft.phase = { kind: 'Waiting', since: at, readyAt: readyAt(draft, at, at) };
  return draft;
};

const emptyLog = ({ partitions }: SourceSpec): PartitionLog => ({
  arrived: Array.from({ length: partitions }, () => 0),
  read: Array.from({ length: partitions }, () => 0),
});

/** A log with what has come since. */
const grown = (
  log: PartitionLog,
  { partitions, arrival }: SourceSpec,
  since: EpochMillis,
  until: EpochMillis,
  { stepMillis }: FlinkSettings,
): PartitionLog => {
  let records = 0;
  for (let at = since; at < until; at += stepMillis) {
    const millis = Math.min(stepMillis, until - at);
    records += Math.max(0, arrival(at + millis / 2)) * (millis / 1000);
  }
  return copyLog({ ...log, arrived: log.arrived.map((arrived) => arrived + records / partitions) });
};
