import assert from 'node:assert/strict';
import { test } from 'node:test';
import { z } from 'zod';
import { handleBatch, ifWellFormed, type QueuedMessage } from '../../lib/runtime/sqs-batch.ts';
import { queueEvent } from './invoke.ts';

type Line = readonly [level: string, message: string, fields: unknown];

const quiet = () => {
  const lines: Line[] = [];
  const at = (level: string) => (message: string, fields: unknown) => void lines.push([level, message, fields]);
  return { lines, log: { info: at('info'), warn: at('warn'), error: at('error') } };
};

const failing = (response: { batchItemFailures: { itemIdentifier: string }[] }): string[] =>
  response.batchItemFailures.map((f) => f.itemIdentifier);

const signal = new AbortController().signal;

test('a message is told with its queue, its group, its sender and how often it came', async () => {
  const seen: QueuedMessage[] = [];
  const { log } = quiet();
  await handleBatch(queueEvent('work.fifo', [{ body: 'b', group: 'payments' }]), { signal, log }, async (message) => {
    seen.push(message);
  });
  assert.deepEqual(seen, [
    {
      queue: 'work.fifo',
      messageId: 'm0',
      body: 'b',
      group: 'payments',
      senderId: 'AROAEXAMPLE:tick',
      receiveCount: 2,
    },
  ]);
});

test('in a FIFO queue a failure stops its group alone', async () => {
  const { log, lines } = quiet();
  const handled: string[] = [];
  const messages = ['a1', 'b1', 'a2', 'b2', 'c1'].map((body) => ({ body, group: body.slice(0, 1) }));
  const response = await handleBatch(queueEvent('work.fifo', messages), { signal, log }, async ({ body }) => {
    handled.push(body);
    if (body === 'a1') throw new Error('poison');
  });
  assert.deepEqual(failing(response), ['m0', 'm2']);
  assert.deepEqual(handled, ['a1', 'b1', 'b2', 'c1']);
  assert.equal(lines.length, 1);
  assert.equal(lines[0]?.[1], 'message failed');
});

test('in a standard queue a failure concerns its message alone', async () => {
  const { log } = quiet();
  const messages = ['1', '2', '3'].map((body) => ({ body }));
  const response = await handleBatch(queueEvent('later', messages), { signal, log }, async ({ body }) => {
    if (body === '2') throw new Error('poison');
  });
  assert.deepEqual(failing(response), ['m1']);
});

test('when all fail, all are handed back, and the function does not fail', async () => {
  const { log } = quiet();
  for (const queue of ['later', 'work.fifo']) {
    const response = await handleBatch(queueEvent(queue, [{ body: '1', group: 'a' }]), { signal, log }, async () => {
      throw new Error('poison');
    });
    assert.deepEqual(failing(response), ['m0']);
  }
});

test('nothing of one batch is left in the next', async () => {
  const { log } = quiet();
  const event = queueEvent('work.fifo', [{ body: '1', group: 'a' }]);
  const throwing = async (): Promise<void> => {
    throw new Error('poison');
  };
  await handleBatch(event, { signal, log }, throwing);
  assert.deepEqual(await handleBatch(event, { signal, log }, async () => {}), { batchItemFailures: [] });
});

test('what the deadline leaves unbegun is handed back unread', async () => {
  const { log } = quiet();
  const deadline = new AbortController();
  const handled: string[] = [];
  const messages = ['a', 'b', 'c'].map((group) => ({ body: group, group }));
  const run = { signal: deadline.signal, log };
  const response = await handleBatch(queueEvent('work.fifo', messages), run, async ({ body }) => {
    handled.push(body);
    deadline.abort(new Error('no time left'));
  });
  assert.deepEqual(handled, ['a']);
  assert.deepEqual(failing(response), ['m1', 'm2']);
});

const Work = z.object({ tenant: z.string(), at: z.int() });

const malformed: Record<string, { readonly body: string; readonly problem: RegExp }> = {
  'no JSON': { body: '{', problem: /JSON/ },
  'JSON of another shape, every problem named': { body: '{"at":"x"}', problem: /tenant[\s\S]*at/ },
  'a body too long to be parsed': { body: `"${'ü'.repeat(131_072)}"`, problem: /262146 bytes are more than 262144/ },
};
for (const [name, { body, problem }] of Object.entries(malformed)) {
  test(`${name}: reported once and acknowledged`, async () => {
    const { log } = quiet();
    const reported: string[] = [];
    const handle = ifWellFormed(
      Work,
      async () => assert.fail('handled'),
      async (message, why) => void reported.push(`${message.messageId}: ${why}`),
    );
    const response = await handleBatch(queueEvent('work.fifo', [{ body, group: 'a' }]), { signal, log }, handle);
    assert.deepEqual(failing(response), []);
    assert.equal(reported.length, 1);
    assert.match(String(reported[0]), problem);
  });
}

test('a malformed message that cannot be reported comes back', async () => {
  const { log } = quiet();
  const handle = ifWellFormed(
    Work,
    async () => {},
    async () => {
      throw new Error('no place to write');
    },
  );
  const response = await handleBatch(queueEvent('later', [{ body: '{' }]), { signal, log }, handle);
  assert.deepEqual(failing(response), ['m0']);
});

test('a message of the right shape is handed on, typed', async () => {
  const { log } = quiet();
  const seen: z.infer<typeof Work>[] = [];
  const handle = ifWellFormed(
    Work,
    async (work) => void seen.push(work),
    async () => assert.fail('malformed'),
  );
  const body = JSON.stringify({ tenant: 'payments', at: 1, more: true });
  await handleBatch(queueEvent('later', [{ body }]), { signal, log }, handle);
  assert.deepEqual(seen, [{ tenant: 'payments', at: 1 }]);
});
