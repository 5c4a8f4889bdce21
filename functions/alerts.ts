import { AlertmanagerWebhook } from '../events/alertmanager.ts';
import { makeHandler } from '../lib/runtime/handler.ts';
import { lambdaWorld } from '../lib/runtime/lambda-world.ts';
import { answerJson, answerWebhook, ifJson } from '../lib/runtime/webhook.ts';
import type { World } from '../lib/runtime/world.ts';
import { routeAlerts } from '../lib/workflows/alerts.ts';
import { createRunStarter, RUN_SETTINGS } from '../lib/workflows/start-run.ts';

/** Woken by Alertmanager's webhook. Answers what was queued, and what was ignored and why. */
export const make = (world: World) => {
  const start = createRunStarter(world);
  return makeHandler(world, [...RUN_SETTINGS, 'workQueueUrl', 'tokenSha256'], {
    request: (event, invocation) => {
      const { workQueueUrl, tokenSha256 } = invocation.config;
      return answerWebhook(
        event,
        { tokenSha256, log: invocation.log },
        ifJson(AlertmanagerWebhook, async (webhook) =>
          answerJson(202, await routeAlerts(start(invocation), workQueueUrl, webhook)),
        ),
      );
    },
  });
};

export const handler = make(lambdaWorld);
