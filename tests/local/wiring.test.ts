import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { readWiring } from '../../local/wiring.ts';

const root = join(import.meta.dirname, '../..');
const wiring = readWiring(root);
const queueOf = (logicalId: string) => wiring.queues.find((q) => q.logicalId === logicalId)!;

test('serverless.yml wires every function file, and nothing else', () => {
  const files = readdirSync(join(root, 'functions')).map((file) => file.replace('.ts', ''));
  assert.deepEqual(wiring.functions.map((f) => f.name).sort(), files.sort());
});

test('every queue that wakes a function hides a message six times as long as the function may run', () => {
  const tooShort = wiring.functions.flatMap((f) =>
    f.queues
      .filter(({ queue }) => queueOf(queue).visibilitySeconds < 6 * f.timeoutSeconds)
      .map(({ queue }) => `${f.name} on ${queue}`),
  );
  assert.deepEqual(tooShort, []);
});

test('every queue has dead letters of its own kind, and dead letters are never dropped', () => {
  for (const queue of wiring.queues.filter((q) => !q.logicalId.endsWith('DeadLetters'))) {
    assert.ok(queue.redrive, `${queue.logicalId} has a redrive policy`);
    const deadLetters = queueOf(queue.redrive.deadLetters);
    assert.equal(deadLetters.fifo, queue.fifo, `${deadLetters.logicalId} is of the same kind`);
    assert.equal(deadLetters.redrive, undefined);
    const rejected = wiring.functions.find((f) => f.name === 'rejected');
    assert.ok(
      rejected?.queues.some((q) => q.queue === deadLetters.logicalId),
      `rejected reads ${deadLetters.logicalId}`,
    );
  }
});
