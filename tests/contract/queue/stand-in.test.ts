import { describe, it } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { createQueueServer } from '../../../local/queue/wire.ts';
import { CASES_BY_TOPIC } from './cases/index.ts';
import { runCase, type Reach } from './contract.ts';

/** A stand-in with a clock that only the case moves. */
const standIn = (): Reach => {
  let now = Date.parse('2026-01-01T00:00:00Z');
  let ids = 0;
  const server = createQueueServer({
    now: () => now,
    uid: () => `00000000-0000-4000-8000-${String((ids += 1)).padStart(12, '0')}`,
  });
  return {
    fetch: server.fetch,
    endpoint: 'http://sqs.local',
    pass: async (seconds) => {
      // What was asked before arrives before time passes.
      for (let turns = 0; turns < 20; turns += 1) await turn();
      const end = now + seconds * 1000;
      for (let next = server.nextChangeAt(); next !== undefined && next <= end; next = server.nextChangeAt()) {
        now = Math.max(now, next);
        server.settle();
      }
      now = end;
      server.settle();
    },
  };
};

for (const [topic, cases] of Object.entries(CASES_BY_TOPIC)) {
  describe(`queue stand-in: ${topic}`, () => {
    for (const one of cases.filter(({ on }) => on.includes('stand-in'))) {
      it(one.name, () => runCase(standIn(), 'case', one));
    }
  });
}
