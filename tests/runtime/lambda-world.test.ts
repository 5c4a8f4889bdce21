import assert from 'node:assert/strict';
import { test } from 'node:test';
import { lambdaWorld } from '../../lib/runtime/lambda-world.ts';

test('a sleep that is aborted rejects with the reason', async () => {
  const waiting = new AbortController();
  const reason = new Error('enough');
  const asleep = lambdaWorld.sleep(60_000, waiting.signal);
  waiting.abort(reason);
  await assert.rejects(asleep, (error) => error === reason);
  await assert.rejects(lambdaWorld.sleep(0, waiting.signal), (error) => error === reason);
});

test('the environment is the one of the moment', () => {
  process.env['HEADGATE_TEST'] = 'now';
  assert.equal(lambdaWorld.env['HEADGATE_TEST'], 'now');
  delete process.env['HEADGATE_TEST'];
  assert.equal(lambdaWorld.env['HEADGATE_TEST'], undefined);
});
