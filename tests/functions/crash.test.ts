// Every function but `work` is struck down at each of its writes.
import { test } from 'node:test';
import { applyTenant, ask, SENDER, submitJob } from './support/requests.ts';
import { batchOf, strikeEverywhere, tenantAnd, type Scenario } from './support/striking.ts';

const requested = (request: object, ...before: readonly object[]): Scenario => ({
  prepare: async (headgate) => {
    await tenantAnd(headgate, ...before);
    headgate.request(request);
  },
  strike: batchOf('requests'),
  // A job is watched for some minutes before a decision stands.
  minutes: before.length > 0 ? 3 : 1,
});

const scheduled = (at: number) => ({ 'detail-type': 'Scheduled Event', time: new Date(at).toISOString() });

const SCENARIOS: Readonly<Record<string, Scenario>> = {
  'tenant-requests at a new tenant': {
    prepare: async (headgate) => headgate.request(applyTenant('apply-1')),
    strike: batchOf('requests'),
  },
  'tenant-requests at a tenant with other owners, more quota and another tier': requested(
    applyTenant('apply-2', {
      tier: 30,
      owners: [{ kind: 'User', name: 'eve', role: 'view' }],
      quota: { guarantee: { cpu: '3', memory: '6Gi' }, jobs: 5 },
    }),
  ),
  'tenant-requests at a request that cannot be read': {
    prepare: async (headgate) => {
      await tenantAnd(headgate);
      headgate.request({}, { group: 'payments', body: '{' });
    },
    strike: batchOf('requests'),
  },
  'tenant-requests at drift': {
    prepare: async (headgate) => {
      await tenantAnd(headgate);
      await headgate.admin.remove(
        '/apis/networking.k8s.io/v1/namespaces/payments/networkpolicies/headgate-default-deny',
      );
      await headgate.admin.remove('/apis/rbac.authorization.k8s.io/v1/namespaces/payments/rolebindings/headgate-work');
      headgate.request(ask('reconcile-1', 'tenant.reconcile', {}), { senderId: 'AROAEXAMPLETICK:tick' });
    },
    strike: batchOf('requests'),
  },
  'tenant-requests at a new job': { ...requested(submitJob('submit-1')), minutes: 3 },
  'tenant-requests at a changed job': requested(
    submitJob('update-1', { verb: 'update', configuration: { 'execution.checkpointing.interval': '60s' } }),
    submitJob('submit-1'),
  ),
  'tenant-requests at a wish about a job': requested(
    ask('pause-1', 'job.pause', { job: 'orders', paused: 'scaling' }),
    submitJob('submit-1'),
  ),
  'rebalance at a new tenant': {
    prepare: async (headgate) => {
      headgate.request(applyTenant('apply-1'));
      await headgate.deliver('requests');
    },
    strike: batchOf('pools'),
  },
  'rebalance when a guarantee moves from one tenant to another': {
    prepare: async (headgate) => {
      await tenantAnd(headgate);
      headgate.request(applyTenant('apply-2', { quota: { guarantee: { cpu: '1', memory: '2Gi' }, jobs: 5 } }));
      headgate.request(
        applyTenant('apply-3', { quota: { guarantee: { cpu: '6', memory: '8Gi' }, jobs: 5 } }, 'orders'),
      );
      await headgate.deliver('requests');
    },
    strike: batchOf('pools'),
  },
  'tick on its schedule': {
    prepare: (headgate) => tenantAnd(headgate, submitJob('submit-1')),
    minutes: 3,
    // A schedule that failed is tried again by Lambda, as the same event.
    strike: async (headgate, fate) => {
      const at = headgate.clock.now();
      const struck = await headgate.invoke('tick', scheduled(at), fate);
      if (struck.died) await headgate.invoke('tick', scheduled(at));
      return struck;
    },
  },
  'rejected at a dead request': {
    prepare: async (headgate) => {
      await tenantAnd(headgate);
      headgate.queues.send('requests-dead', {
        body: JSON.stringify(applyTenant('dead-1')),
        group: 'payments',
        senderId: SENDER,
      });
    },
    strike: batchOf('requests-dead'),
  },
};

for (const [name, scenario] of Object.entries(SCENARIOS)) {
  test(`${name}: struck at any write, the end is the same`, () => strikeEverywhere(scenario));
}
