import type { FlinkSettings } from '../job-model/spec.ts';
import type { JobState } from '../job-model/state.ts';
import { ok, type Answer } from './answer.ts';

/** `GET /jobs/:id/jobmanager/config`: the settings under the names of the version, and what was added to them. */
export const configuration = ({ settings }: JobState): Answer =>
  ok(Object.entries({ ...optionsOf(settings), ...settings.configuration }).map(([key, value]) => ({ key, value })));

const optionsOf = (settings: FlinkSettings): Readonly<Record<string, string>> => {
  const { checkpoints, savepointDirectory } = settings;
  const isNew = settings.version === '2.x';
  return {
    'jobmanager.scheduler': 'adaptive',
    ...(isNew ? newScheduler(settings) : oldScheduler(settings)),
    'metrics.fetcher.update-interval': millis(settings.fetcherIntervalMillis),
    'web.refresh-interval': String(settings.refreshMillis),
    'slot.idle.timeout': millis(settings.slotIdleMillis),
    ...(checkpoints && {
      'execution.checkpointing.interval': millis(checkpoints.intervalMillis),
      'execution.checkpointing.externalized-checkpoint-retention': checkpoints.keptAfterEnd
        ? 'RETAIN_ON_CANCELLATION'
        : 'DELETE_ON_CANCELLATION',
      'state.checkpoints.num-retained': String(checkpoints.retained),
    }),
    ...(checkpoints?.directory !== undefined && {
      [isNew ? 'execution.checkpointing.dir' : 'state.checkpoints.dir']: checkpoints.directory,
    }),
    ...(savepointDirectory !== undefined && {
      [isNew ? 'execution.checkpointing.savepoint-dir' : 'state.savepoints.dir']: savepointDirectory,
    }),
  };
};

const oldScheduler = (settings: FlinkSettings): Readonly<Record<string, string>> => ({
  'jobmanager.adaptive-scheduler.scaling-interval.min': millis(settings.cooldownMillis),
  'jobmanager.adaptive-scheduler.resource-stabilization-timeout': millis(settings.submissionStabilizationMillis),
  'jobmanager.adaptive-scheduler.resource-wait-timeout': millis(settings.resourceWaitMillis),
});

const newScheduler = (settings: FlinkSettings): Readonly<Record<string, string>> => ({
  'jobmanager.adaptive-scheduler.executing.cooldown-after-rescaling': millis(settings.cooldownMillis),
  'jobmanager.adaptive-scheduler.executing.resource-stabilization-timeout': millis(
    settings.executingStabilizationMillis,
  ),
  'jobmanager.adaptive-scheduler.submission.resource-stabilization-timeout': millis(
    settings.submissionStabilizationMillis,
  ),
  'jobmanager.adaptive-scheduler.submission.resource-wait-timeout': millis(settings.resourceWaitMillis),
});

const millis = (value: number): string => `${value} ms`;
