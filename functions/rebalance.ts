import { PoolMessage } from '../events/work.ts';
import { makeHandler } from '../lib/runtime/handler.ts';
import { lambdaWorld } from '../lib/runtime/lambda-world.ts';
import { ifWellFormed } from '../lib/runtime/sqs-batch.ts';
import type { World } from '../lib/runtime/world.ts';
import { rebalance } from '../lib/workflows/rebalance.ts';
import { createRunStarter, RUN_SETTINGS } from '../lib/workflows/start-run.ts';

/** Woken by the schedule: every pool. Woken by a pool message: that one. */
export const make = (world: World) => {
  const start = createRunStarter(world);
  return makeHandler(world, [...RUN_SETTINGS, 'workQueueUrl'], {
    schedule: (_at, invocation) => rebalance(start(invocation), invocation.config),
    message: (message, invocation) =>
      ifWellFormed(
        PoolMessage,
        ({ pool }) => rebalance(start(invocation), invocation.config, pool),
        async ({ messageId }, problem) => invocation.log.error('pool message unreadable', { messageId, problem }),
      )(message),
  });
};

export const handler = make(lambdaWorld);
