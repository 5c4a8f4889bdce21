import assert from 'node:assert/strict';
import { test } from 'node:test';
import { planRecreation, stepOfRecreation } from '../../lib/targets/recreation.ts';
import { readFlinkDeployment } from '../../lib/targets/flink-deployment.ts';

const failed = {
  apiVersion: 'flink.apache.org/v1beta1',
  kind: 'FlinkDeployment',
  metadata: {
    name: 'orders',
    namespace: 'payments',
    uid: 'old',
    resourceVersion: '7',
    labels: { 'headgate.dev/tenant': 'payments' },
    managedFields: [
      {
        manager: 'headgate-wish',
        operation: 'Apply' as const,
        fieldsV1: {
          'f:metadata': { 'f:labels': { 'f:headgate.dev/tenant': {} } },
          'f:spec': { 'f:image': {}, 'f:job': { 'f:parallelism': {} }, 'f:flinkConfiguration': { 'f:a': {} } },
        },
      },
      {
        manager: 'headgate-scale',
        operation: 'Apply' as const,
        fieldsV1: { 'f:spec': { 'f:flinkConfiguration': { 'f:overrides': {} } } },
      },
      { manager: 'kubectl-edit', operation: 'Update' as const, fieldsV1: { 'f:spec': { 'f:serviceAccount': {} } } },
    ],
  },
  spec: {
    image: 'flink:1.18',
    serviceAccount: 'flink',
    flinkConfiguration: { a: '1', overrides: 'v:4' },
    job: { parallelism: 2, upgradeMode: 'savepoint' },
  },
};
const point = { kind: 'checkpoint', location: 'file:///state/chk-9', completedAt: '2026-01-01T00:00:00Z' } as const;
const plan = planRecreation(failed, point);
const workload = (uid: string) => readFlinkDeployment({ ...failed, metadata: { ...failed.metadata, uid } });

/** The new object as recovery has just made it: it owns every field, and nobody else any. */
const recreated = () => {
  const job = { 'f:parallelism': {}, 'f:upgradeMode': {}, 'f:state': {}, 'f:initialSavepointPath': {} };
  const flinkConfiguration = { 'f:a': {}, 'f:overrides': {} };
  const fieldsV1 = {
    'f:metadata': { 'f:labels': { 'f:headgate.dev/tenant': {} } },
    'f:spec': { 'f:image': {}, 'f:serviceAccount': {}, 'f:flinkConfiguration': flinkConfiguration, 'f:job': job },
  };
  return readFlinkDeployment({
    ...failed,
    metadata: {
      ...failed.metadata,
      uid: 'new',
      managedFields: [{ manager: 'headgate-recovery', operation: 'Apply', fieldsV1 }],
    },
    spec: plan.create['spec'],
  });
};

const effectsOf = (there: ReturnType<typeof workload> | undefined, pods: number) => {
  const step = stepOfRecreation(plan, there, pods);
  assert.ok(step.kind === 'pending');
  return step.effects;
};

test('the new object is the old one, started from the restore point', () => {
  assert.deepEqual(plan.create['spec'], {
    ...failed.spec,
    job: { ...failed.spec.job, state: 'running', initialSavepointPath: point.location },
  });
});

test('the old object is deleted only as itself, by its uid', () => {
  const step = stepOfRecreation(plan, workload('old'), 3);
  assert.ok(step.kind === 'pending');
  assert.deepEqual(
    step.effects.map((e) => [e.kind, e.object.metadata.uid]),
    [['remove', 'old']],
  );
});

test('nothing is created while a pod of the old one is left', () => {
  assert.deepEqual(effectsOf(undefined, 1), []);
});

test('the new object is created in one write that holds the restore point', () => {
  const [create, ...others] = effectsOf(undefined, 0);
  assert.deepEqual(others, []);
  assert.deepEqual(create?.object, plan.create);
});

test('each manager gets back exactly what it owned, and recovery keeps what would have no owner', () => {
  const step = stepOfRecreation(plan, recreated(), 0);
  assert.ok(step.kind === 'pending');
  const spec = (index: number) => (step.effects[index]!.object as { spec?: unknown }).spec;
  assert.deepEqual(
    step.effects.map((e) => e.kind === 'apply' && e.manager),
    ['headgate-wish', 'headgate-scale', 'headgate-recovery'],
  );
  assert.deepEqual(spec(0), { image: 'flink:1.18', flinkConfiguration: { a: '1' }, job: { parallelism: 2 } });
  assert.deepEqual(spec(1), { flinkConfiguration: { overrides: 'v:4' } });
  assert.deepEqual(spec(2), {
    serviceAccount: 'flink',
    job: { upgradeMode: 'savepoint', state: 'running', initialSavepointPath: point.location },
  });
});

test('the fields go back until recovery holds nothing of the others any more', () => {
  const held = (fieldsV1: Record<string, unknown>) => {
    const metadata = {
      ...failed.metadata,
      uid: 'new',
      managedFields: [{ manager: 'headgate-recovery', operation: 'Apply' as const, fieldsV1 }],
    };
    const spec = {
      ...failed.spec,
      job: { ...failed.spec.job, state: 'running', initialSavepointPath: point.location },
    };
    return stepOfRecreation(plan, readFlinkDeployment({ ...failed, metadata, spec }), 0).kind;
  };
  const own = { 'f:state': {}, 'f:initialSavepointPath': {} };
  assert.equal(held({ 'f:spec': { 'f:image': {}, 'f:job': own } }), 'pending');
  assert.equal(held({ 'f:spec': { 'f:job': { ...own, 'f:parallelism': {} } } }), 'pending');
  assert.equal(
    held({ 'f:metadata': { 'f:labels': { 'f:headgate.dev/tenant': {} } }, 'f:spec': { 'f:job': own } }),
    'pending',
  );
  assert.equal(held({ 'f:spec': { 'f:serviceAccount': {}, 'f:job': { ...own, 'f:upgradeMode': {} } } }), 'created');
});

test('an object that somebody else made meanwhile is left as it is', () => {
  assert.equal(stepOfRecreation(plan, workload('new'), 0).kind, 'failed');
});
