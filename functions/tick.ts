import { WorkMessage } from '../events/work.ts';
import { makeHandler } from '../lib/runtime/handler.ts';
import { lambdaWorld } from '../lib/runtime/lambda-world.ts';
import { ifWellFormed } from '../lib/runtime/sqs-batch.ts';
import type { World } from '../lib/runtime/world.ts';
import { createRunStarter, RUN_SETTINGS } from '../lib/workflows/start-run.ts';
import { forwardFollowUp, sendTicks } from '../lib/workflows/tick.ts';

/** Woken by the schedule: a look at every tenant. Woken by the `later` queue: a look that was put off. */
export const make = (world: World) => {
  const start = createRunStarter(world);
  return makeHandler(world, [...RUN_SETTINGS, 'workQueueUrl', 'requestsQueueUrl'], {
    schedule: (at, invocation) => sendTicks(start(invocation), invocation.config, at),
    message: (message, invocation) =>
      ifWellFormed(
        WorkMessage,
        (followUp) => forwardFollowUp(start(invocation), invocation.config, followUp),
        async ({ messageId }, problem) => invocation.log.error('follow-up unreadable', { messageId, problem }),
      )(message),
  });
};

export const handler = make(lambdaWorld);
