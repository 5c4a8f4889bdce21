/**
 * The queue contract on ElasticMQ. Not part of `npm test` (its name does not end in .test.ts): run it with
 *
 *   node --test tests/contract/queue/real.real-test.ts
 */
import { after, describe, it } from 'node:test';
import { CASES_BY_TOPIC } from './cases/index.ts';
import { runCase } from './contract.ts';
import { startBareElasticMq } from './bare-elasticmq.ts';

const server = await startBareElasticMq();
after(server.stop);

let number = 0;
for (const [topic, cases] of Object.entries(CASES_BY_TOPIC)) {
  // Some side by side: most of the time they wait for time to pass.
  describe(`ElasticMQ: ${topic}`, { concurrency: 4 }, () => {
    for (const one of cases.filter(({ on }) => on.includes('real'))) {
      number += 1;
      const prefix = `contract-${number}`;
      it(one.name, () => runCase(server, prefix, one));
    }
  });
}
