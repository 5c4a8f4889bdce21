import assert from 'node:assert/strict';
import { test } from 'node:test';
import { z } from 'zod';
import { HeadgateError } from '../../lib/runtime/errors.ts';
import { makeHandler, type Wakers } from '../../lib/runtime/handler.ts';
import type { World } from '../../lib/runtime/world.ts';
import { wire } from '../clients/wire.ts';
import { lambdaContext, queueEvent } from './invoke.ts';

const ENV = { HEADGATE_TICK_PERIOD_SECONDS: '60', POWERTOOLS_SERVICE_NAME: 'headgate' };
type Config = { readonly tickPeriodSeconds: number };

/** A function, and what it printed. */
const make = (wakers: Wakers<Config>, env: World['env'] = ENV) => {
  const printed: unknown[] = [];
  const { world: base, elapsed } = wire(() => 'silence', env);
  const world: World = { ...base, print: (line) => void printed.push(JSON.parse(line)) };
  const handler = makeHandler(world, ['tickPeriodSeconds'], wakers);
  const invoke = (event: unknown, timeoutMillis?: number): Promise<unknown> =>
    Promise.resolve(handler(event, lambdaContext(world, timeoutMillis)));
  return { invoke, printed, elapsed, world };
};

const SCHEDULE = { 'detail-type': 'Scheduled Event', source: 'aws.events', time: '2026-01-01T00:01:00Z' };

test('a schedule wakes with the time it was meant for, and its settings', async () => {
  const seen: unknown[] = [];
  const { invoke } = make({ schedule: async (at, { config }) => void seen.push(at, config) });
  await invoke(SCHEDULE);
  assert.deepEqual(seen, [Date.UTC(2026, 0, 1, 0, 1), { tickPeriodSeconds: 60 }]);
});

test('a schedule that fails makes the function fail, and is logged', async () => {
  const failure = new HeadgateError('Unavailable', 'no cluster', { details: { status: 503 } });
  const { invoke, printed } = make({ schedule: () => Promise.reject(failure) });
  await assert.rejects(invoke(SCHEDULE), failure);
  const [line] = z
    .array(z.looseObject({ level: z.string(), message: z.string(), error: z.looseObject({ code: z.string() }) }))
    .parse(printed);
  assert.equal(line?.level, 'ERROR');
  assert.equal(line?.message, 'invocation failed');
  assert.equal(line?.error.code, 'Unavailable');
  assert.deepEqual(line?.error['details'], { status: 503 });
});

test('a batch wakes message by message and answers with its failures', async () => {
  const { invoke } = make({
    message: async ({ body }) => {
      if (body === 'bad') throw new Error('poison');
    },
  });
  const event = queueEvent('work.fifo', [
    { body: 'bad', group: 'a' },
    { body: 'good', group: 'b' },
  ]);
  assert.deepEqual(await invoke(event), { batchItemFailures: [{ itemIdentifier: 'm0' }] });
});

test('a request wakes with its event', async () => {
  const { invoke } = make({ request: async (event) => ({ statusCode: 200, body: event.rawPath }) });
  const event = { version: '2.0', rawPath: '/console', requestContext: {} };
  assert.deepEqual(await invoke(event), { statusCode: 200, body: '/console' });
});

test('one function may be woken in two ways', async () => {
  const seen: string[] = [];
  const { invoke } = make({
    schedule: async () => void seen.push('schedule'),
    message: async ({ body }) => void seen.push(body),
  });
  await invoke(SCHEDULE);
  await invoke(queueEvent('later', [{ body: 'message' }]));
  assert.deepEqual(seen, ['schedule', 'message']);
});

for (const [name, event] of Object.entries({
  'a batch, when it only knows schedules': queueEvent('later', []),
  'a test event from the AWS console': { key1: 'value1' },
  'nothing at all': null,
})) {
  test(`woken by ${name}, it fails`, async () => {
    const { invoke } = make({ schedule: async () => {} });
    await assert.rejects(invoke(event), { code: 'Misconfigured' });
  });
}

test('the environment is read at the first invocation, not before', async () => {
  const { invoke } = make({ schedule: async () => {} }, { HEADGATE_TICK_PERIOD_SECONDS: 'often' });
  await assert.rejects(invoke(SCHEDULE), { code: 'Misconfigured', message: /HEADGATE_TICK_PERIOD_SECONDS/ });
});

test("the invocation's signal aborts before the function would be killed", async () => {
  const { invoke, elapsed } = make({ schedule: (_, { world, signal }) => world.sleep(600_000, signal) });
  await assert.rejects(invoke(SCHEDULE, 30_000), { code: 'DeadlineExceeded' });
  assert.equal(elapsed(), 29_000);
});

test('after an invocation nothing is left waiting', async () => {
  const { invoke, elapsed, world } = make({ schedule: async () => {} });
  await invoke(SCHEDULE, 30_000);
  await world.sleep(60_000);
  assert.equal(elapsed(), 60_000);
});

test("a log line names the function and the invocation, dated by the world's clock", async () => {
  const { invoke, printed } = make({
    schedule: async (_, { log }) =>
      log.info('decision', { tenant: 'payments', reason: 'Backlog', message: 'lag of 90 s', taskManagers: 3 }),
  });
  await invoke(SCHEDULE);
  assert.deepEqual(printed, [
    {
      level: 'INFO',
      message: 'decision',
      timestamp: '2026-01-01T00:00:00.000Z',
      service: 'headgate',
      function: 'work',
      request_id: 'request-1',
      tenant: 'payments',
      reason: 'Backlog',
      taskManagers: 3,
      details: { message: 'lag of 90 s' },
    },
  ]);
});

test("metrics are summed per set of dimensions and printed once, in CloudWatch's embedded format", async () => {
  const { invoke, printed } = make({
    schedule: async (_, { count }) => {
      count('Decision', { kind: 'scale-up' });
      count('Decision', { kind: 'hold' });
      count('Decision', { kind: 'hold' }, 2);
      count('Tick');
    },
  });
  await invoke(SCHEDULE);
  await invoke(SCHEDULE);
  const line = (metric: string, dimensions: Record<string, string>, value: number) => ({
    _aws: {
      Timestamp: Date.UTC(2026, 0, 1),
      CloudWatchMetrics: [
        {
          Namespace: 'Headgate',
          Dimensions: [['service', ...Object.keys(dimensions)]],
          Metrics: [{ Name: metric, Unit: 'Count' }],
        },
      ],
    },
    service: 'headgate',
    ...dimensions,
    [metric]: value,
  });
  const once = [line('Decision', { kind: 'scale-up' }, 1), line('Decision', { kind: 'hold' }, 3), line('Tick', {}, 1)];
  assert.deepEqual(printed, [...once, ...once]);
});

test('metrics are printed also when the invocation fails', async () => {
  const { invoke, printed } = make({
    schedule: async (_, { count }) => {
      count('Tick');
      throw new Error('no');
    },
  });
  await assert.rejects(invoke(SCHEDULE));
  assert.equal(printed.length, 2);
});
