import { makeHandler } from '../lib/runtime/handler.ts';
import { lambdaWorld } from '../lib/runtime/lambda-world.ts';
import type { World } from '../lib/runtime/world.ts';
import { createRunStarter, RUN_SETTINGS } from '../lib/workflows/start-run.ts';
import { handleRequest } from '../lib/workflows/tenant-requests.ts';

/** Woken by a tenant's request. What cannot be read is answered too, so nothing is sorted out before. */
export const make = (world: World) => {
  const start = createRunStarter(world);
  const settings = [...RUN_SETTINGS, 'workQueueUrl', 'poolsQueueUrl', 'senders', 'tenantSettings'] as const;
  return makeHandler(world, settings, {
    message: (message, invocation) => {
      const { workQueueUrl, poolsQueueUrl, senders, tenantSettings } = invocation.config;
      return handleRequest(
        start(invocation),
        { workQueueUrl, poolsQueueUrl, ...senders, settings: tenantSettings },
        message,
      );
    },
  });
};

export const handler = make(lambdaWorld);
