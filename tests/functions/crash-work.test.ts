// `work` is struck down at each of its writes.
import { test } from 'node:test';
import { ask, submitJob } from './support/requests.ts';
import { batchOf, strikeEverywhere, tenantAnd, type Scenario } from './support/striking.ts';

const SCENARIOS: Readonly<Record<string, Scenario>> = {
  'work at a new job': {
    prepare: async (headgate) => {
      await tenantAnd(headgate);
      headgate.request(submitJob('submit-1'));
      await headgate.deliver('requests');
      await headgate.operator.act();
    },
    strike: batchOf('work'),
    minutes: 3,
    goesOn: true,
  },
  'work at a job that nobody submitted': {
    prepare: async (headgate) => {
      await tenantAnd(headgate, submitJob('submit-1'));
      await headgate.admin.remove('/apis/headgate.dev/v1alpha1/namespaces/payments/managedjobs/orders');
      headgate.clock.advance(60_000);
      await headgate.schedule('tick');
    },
    strike: batchOf('work'),
    minutes: 3,
  },
  'work at a job to be suspended': {
    prepare: async (headgate) => {
      await tenantAnd(headgate, submitJob('submit-1'));
      headgate.request(ask('suspend-1', 'job.suspend', { job: 'orders' }));
      await headgate.deliver('requests');
    },
    strike: batchOf('work'),
    minutes: 3,
  },
};

for (const [name, scenario] of Object.entries(SCENARIOS)) {
  test(`${name}: struck at any write, the end is the same`, () => strikeEverywhere(scenario));
}
