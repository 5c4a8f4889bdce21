// oxlint-disable-next-line import/no-named-as-default -- its types know the default export only
import middy, { type MiddyfiedHandler } from '@middy/core';
import type {
  APIGatewayProxyEventV2,
  APIGatewayProxyStructuredResultV2,
  Context,
  ScheduledEvent,
  SQSEvent,
} from 'aws-lambda';
import type { EpochMillis } from '../model/instant.ts';
import { readConfig, type Settings } from './config.ts';
import { startDeadline } from './deadline.ts';
import { HeadgateError } from './errors.ts';
import { scheduledAt } from './schedule.ts';
import { handleBatch, type QueuedMessage } from './sqs-batch.ts';
import { createTelemetry, type Count, type Log, type Telemetry } from './telemetry.ts';
import type { World } from './world.ts';

/** What one invocation is given. */
export type Invocation<C> = {
  readonly world: World;
  readonly config: C;
  /** Aborts shortly before the function would be killed. */
  readonly signal: AbortSignal;
  readonly log: Log;
  readonly count: Count;
};

/** What may wake a function, and what it then does. */
export type Wakers<C> = {
  readonly schedule?: (at: EpochMillis, invocation: Invocation<C>) => Promise<void>;
  readonly message?: (message: QueuedMessage, invocation: Invocation<C>) => Promise<void>;
  readonly request?: (
    event: APIGatewayProxyEventV2,
    invocation: Invocation<C>,
  ) => Promise<APIGatewayProxyStructuredResultV2>;
};

/**
 * A Lambda handler: reads its settings at the first invocation, keeps the deadline, logs and counts, and tells what woke it.
 * middy's early time-out is off: it waits on a clock of its own.
 */
export const makeHandler = <K extends keyof Settings>(
  world: World,
  settings: readonly K[],
  wakers: Wakers<Pick<Settings, K>>,
): MiddyfiedHandler => {
  let sandbox: Telemetry | undefined;
  const telemetry = (): Telemetry => (sandbox ??= createTelemetry(world));
  let config: Pick<Settings, K> | undefined;

  const handle = async (event: unknown, context: Context): Promise<unknown> => {
    config ??= readConfig(world.env, ...settings);
    const deadline = startDeadline(world, context);
    const { log, count } = telemetry();
    try {
      return await wake(wakers, event, { world, config, signal: deadline.signal, log, count });
    } finally {
      deadline.stop();
    }
  };
  return middy(handle, { timeoutEarlyInMillis: 0 }).use({
    before: ({ context }) => telemetry().begin(context),
    after: () => telemetry().end(),
    onError: ({ error }) => telemetry().fail(error),
  });
};

const wake = async <C>(wakers: Wakers<C>, event: unknown, invocation: Invocation<C>): Promise<unknown> => {
  const { schedule, message, request } = wakers;
  if (message !== undefined && isBatch(event)) {
    return handleBatch(event, invocation, (queued) => message(queued, invocation));
  }
  if (request !== undefined && isRequest(event)) return request(event, invocation);
  if (schedule !== undefined && isSchedule(event)) return schedule(scheduledAt(event), invocation);
  throw new HeadgateError(
    'Misconfigured',
    `woken by something it does not know: ${JSON.stringify(event).slice(0, 500)}`,
  );
};

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;

const isBatch = (event: unknown): event is SQSEvent => isRecord(event) && Array.isArray(event['Records']);

const isRequest = (event: unknown): event is APIGatewayProxyEventV2 =>
  isRecord(event) && event['version'] === '2.0' && isRecord(event['requestContext']);

const isSchedule = (event: unknown): event is ScheduledEvent =>
  isRecord(event) && event['detail-type'] === 'Scheduled Event';
