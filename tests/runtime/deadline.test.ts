import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startDeadline } from '../../lib/runtime/deadline.ts';
import { wire } from '../clients/wire.ts';

test('the signal aborts a second before the function would be killed', async () => {
  const { world, elapsed } = wire(() => 'silence');
  const { signal } = startDeadline(world, { getRemainingTimeInMillis: () => 20_000 });
  await assert.rejects(world.sleep(60_000, signal), { code: 'DeadlineExceeded' });
  assert.equal(elapsed(), 19_000);
});

test('with less than that left it aborts at once', async () => {
  const { world, elapsed } = wire(() => 'silence');
  const { signal } = startDeadline(world, { getRemainingTimeInMillis: () => 300 });
  await assert.rejects(world.sleep(60_000, signal), { code: 'DeadlineExceeded' });
  assert.equal(elapsed(), 0);
});

test('once stopped, nothing waits and nothing aborts', async () => {
  const { world, elapsed } = wire(() => 'silence');
  const deadline = startDeadline(world, { getRemainingTimeInMillis: () => 20_000 });
  deadline.stop();
  await world.sleep(60_000);
  assert.equal(deadline.signal.aborted, false);
  assert.equal(elapsed(), 60_000);
});
