import { makeHandler } from '../lib/runtime/handler.ts';
import { lambdaWorld } from '../lib/runtime/lambda-world.ts';
import type { World } from '../lib/runtime/world.ts';
import { recordDeadLetter } from '../lib/workflows/rejected.ts';
import { createRunStarter, RUN_SETTINGS } from '../lib/workflows/start-run.ts';

/** Woken by a dead letter. Whatever it cannot write down stays in its queue. */
export const make = (world: World) => {
  const start = createRunStarter(world);
  return makeHandler(world, RUN_SETTINGS, {
    message: (letter, invocation) => recordDeadLetter(start(invocation), letter),
  });
};

export const handler = make(lambdaWorld);
