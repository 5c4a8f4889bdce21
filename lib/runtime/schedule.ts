import type { ScheduledEvent } from 'aws-lambda';
import { fromTimestamp, type EpochMillis } from '../model/instant.ts';
import { HeadgateError } from './errors.ts';

/**
 * When the schedule meant to fire, which may be seconds before it did: repeated deliveries of one tick share it.
 * Nothing here catches what a tick throws: Lambda is to see it fail, try again, and raise the alarm.
 */
export const scheduledAt = (event: ScheduledEvent): EpochMillis => {
  const at = fromTimestamp(event.time);
  if (at === undefined) throw new HeadgateError('Invalid', `a schedule without a time: ${JSON.stringify(event)}`);
  return at;
};
