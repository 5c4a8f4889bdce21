import { exactnessDeployment } from '../operator/exactness-deployment.ts';

/** A CloudEvent of the test; `id` is what makes it one request. */
const event = (id: string, verb: string, data: object) => ({
  specversion: '1.0',
  id,
  source: 'test',
  type: `dev.headgate.${verb}.v1`,
  subject: 'payments',
  time: new Date().toISOString(),
  data,
});

/** The tenant: 1.5 cores and 6 GiB are theirs, a fifth TaskManager already has to be borrowed. */
export const tenantPayments = (id: string) =>
  event(id, 'tenant.apply', {
    quota: { guarantee: { cpu: '1500m', memory: '6Gi' }, limit: { cpu: '1500m', memory: '6Gi' }, jobs: 2 },
    owners: [{ kind: 'Group', name: 'payments-team', role: 'edit' }],
    isolation: { statePrefix: 'file:///flink-data/' },
    autoscaling: {
      stabilizationSeconds: 8,
      windowSeconds: 60,
      scaleDownDelaySeconds: 20,
      catchUpSeconds: 60,
      restartSeconds: 5,
      lagLimitSeconds: 10,
    },
    recovery: { backoffSeconds: 1 },
  });

const spec = () => {
  const { spec } = exactnessDeployment({
    namespace: 'payments',
    name: 'orders',
    claim: 'flink-data',
    parallelism: 2,
    flinkConfiguration: {
      'restart-strategy.type': 'fixed-delay',
      // Idle TaskManagers go after 5 s instead of 30.
      'resourcemanager.taskmanager-timeout': '5000',
      'restart-strategy.fixed-delay.attempts': '1',
      'restart-strategy.fixed-delay.delay': '1 s',
    },
  });
  const { state: _ofRecovery, ...job } = spec.job;
  return { ...spec, job };
};

/** The exactness job, as its team submits it. */
export const submitOrders = (id: string) =>
  event(id, 'job.submit', { job: 'orders', bounds: { minParallelism: 2, maxParallelism: 12 }, spec: spec() });

/** The same job with another checkpoint interval. */
export const applyOrders = (id: string) => {
  const changed = spec();
  return event(id, 'job.update', {
    job: 'orders',
    spec: {
      ...changed,
      flinkConfiguration: { ...changed.flinkConfiguration, 'execution.checkpointing.interval': '4s' },
    },
  });
};

export const deleteOrders = (id: string) => event(id, 'job.delete', { job: 'orders' });
