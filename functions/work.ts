import { WorkMessage } from '../events/work.ts';
import { makeHandler } from '../lib/runtime/handler.ts';
import { lambdaWorld } from '../lib/runtime/lambda-world.ts';
import { ifWellFormed } from '../lib/runtime/sqs-batch.ts';
import type { World } from '../lib/runtime/world.ts';
import { createRunStarter, RUN_SETTINGS } from '../lib/workflows/start-run.ts';
import { workOnTenant } from '../lib/workflows/work.ts';

/** Woken by a work message: one look at one tenant. */
export const make = (world: World) => {
  const start = createRunStarter(world);
  const settings = [...RUN_SETTINGS, 'laterQueueUrl', 'poolsQueueUrl', 'tickPeriodSeconds', 'stateStore'] as const;
  return makeHandler(world, settings, {
    message: (message, invocation) =>
      ifWellFormed(
        WorkMessage,
        (work) =>
          workOnTenant(start(invocation), invocation.config, work).catch((error: unknown) => {
            invocation.log.error('work failed', { tenant: work.tenant, error });
            invocation.count('WorkFailed');
          }),
        async ({ messageId }, problem) => invocation.log.error('work unreadable', { messageId, problem }),
      )(message),
  });
};

export const handler = make(lambdaWorld);
