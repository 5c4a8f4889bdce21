import type { ScheduledEvent } from 'aws-lambda';
import type { World } from '../../lib/runtime/world.ts';

/** A schedule: how often, and what it wakes. */
export type ScheduleSource = {
  readonly periodSeconds: number;
  readonly invoke: (event: ScheduledEvent) => Promise<unknown>;
  readonly onError: (error: unknown) => void;
  readonly signal: AbortSignal;
};

/** Wakes a function every period, whether or not the last call has ended: schedules are at-least-once and may overlap. */
export const runSchedule = async (world: Pick<World, 'now' | 'sleep'>, source: ScheduleSource): Promise<void> => {
  const period = 1000 * source.periodSeconds;
  while (!source.signal.aborted) {
    source.invoke(scheduledEvent(world.now())).catch(source.onError);
    await world.sleep(period, source.signal).catch(() => undefined);
  }
};

const scheduledEvent = (at: number): ScheduledEvent => ({
  id: `schedule-${at}`,
  version: '0',
  account: '000000000000',
  time: new Date(at).toISOString().replace(/\.\d+Z$/, 'Z'),
  region: 'local',
  resources: [],
  source: 'aws.events',
  'detail-type': 'Scheduled Event',
  detail: {},
});
