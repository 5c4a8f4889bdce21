import { makeHandler } from '../lib/runtime/handler.ts';
import { lambdaWorld } from '../lib/runtime/lambda-world.ts';
import { answerWebhook } from '../lib/runtime/webhook.ts';
import type { World } from '../lib/runtime/world.ts';
import { renderConsole } from '../lib/workflows/console.ts';
import { createRunStarter, RUN_SETTINGS } from '../lib/workflows/start-run.ts';

/** Woken by somebody who looks at the status page. */
export const make = (world: World) => {
  const start = createRunStarter(world);
  return makeHandler(world, [...RUN_SETTINGS, 'tokenSha256'], {
    request: (event, invocation) =>
      answerWebhook(event, { tokenSha256: invocation.config.tokenSha256, log: invocation.log }, async () => ({
        status: 200,
        headers: {
          'content-type': 'text/html; charset=utf-8',
          'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'",
        },
        body: await renderConsole(start(invocation)),
      })),
  });
};

export const handler = make(lambdaWorld);
