import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { ManagedFieldsEntry } from '../../lib/model/kubernetes-object.ts';
import type { ManagedJob } from '../../lib/model/managed-job.ts';
import { nonceOf, planCordon, planJobWish, type JobWish } from '../../lib/tenant/plan-wish.ts';
import { managedJob, tenant } from './samples.ts';

const KEY = 'r-0123';
const NONCE = nonceOf(KEY);
const plan = (wish: JobWish, job: ManagedJob = managedJob(), of = tenant()) =>
  planJobWish({ tenant: of, job, wish, key: KEY });
const specOf = (planned: ReturnType<typeof plan>): object => {
  if ('problems' in planned) return assert.fail(planned.problems.join('; '));
  return planned.objects[0]?.spec ?? assert.fail('no object');
};
const job = { job: 'clicks' };

const WISHES: readonly (readonly [sentence: string, wish: JobWish, change: object])[] = [
  [
    'job.scale sets the bounds',
    { type: 'dev.headgate.job.scale.v1', data: { ...job, bounds: { maxParallelism: 8 } } },
    { bounds: { maxParallelism: 8 } },
  ],
  [
    'job.suspend wishes the job suspended',
    { type: 'dev.headgate.job.suspend.v1', data: job },
    { desired: 'suspended' },
  ],
  ['job.resume wishes it running', { type: 'dev.headgate.job.resume.v1', data: job }, { desired: 'running' }],
  ['job.restart asks for one restart', { type: 'dev.headgate.job.restart.v1', data: job }, { restartNonce: NONCE }],
  ['job.snapshot asks for one snapshot', { type: 'dev.headgate.job.snapshot.v1', data: job }, { snapshotNonce: NONCE }],
  ['job.release ends one quarantine', { type: 'dev.headgate.job.release.v1', data: job }, { releaseNonce: NONCE }],
  [
    'job.pause pauses what it says',
    { type: 'dev.headgate.job.pause.v1', data: { ...job, paused: 'scale-down' } },
    { paused: 'scale-down' },
  ],
  [
    'job.policy sets what it states',
    {
      type: 'dev.headgate.job.policy.v1',
      data: { ...job, priority: 7, mode: 'observe', recovery: { maxAttempts: 2 } },
    },
    { priority: 7, mode: 'observe', recovery: { maxAttempts: 2 } },
  ],
  ['job.policy that states nothing changes nothing', { type: 'dev.headgate.job.policy.v1', data: job }, {}],
];

describe('a wish about a job:', () => {
  for (const [sentence, wish, change] of WISHES) {
    it(`${sentence}, and carries over what was wished before`, () => {
      const before = managedJob({ priority: 300, restartNonce: 1, bounds: { minParallelism: 2, maxParallelism: 4 } });
      assert.deepEqual(specOf(plan(wish, before)), { ...before.spec, ...change });
    });
  }

  it('is decided on one version of the job, and says which request it came from', () => {
    const planned = plan({ type: 'dev.headgate.job.suspend.v1', data: job });
    assert.ok('objects' in planned);
    assert.deepEqual(planned.objects[0]?.metadata, {
      name: 'clicks',
      namespace: 'payments',
      resourceVersion: '7',
      labels: { 'headgate.dev/tenant': 'payments', 'app.kubernetes.io/managed-by': 'headgate' },
      annotations: { 'headgate.dev/request': KEY },
    });
  });

  it('delivered twice asks for nothing new', () => {
    const restart: JobWish = { type: 'dev.headgate.job.restart.v1', data: job };
    const once = specOf(plan(restart));
    assert.deepEqual(specOf(plan(restart, managedJob({ ...once }))), once);
  });

  const REFUSED: readonly (readonly [
    sentence: string,
    wish: JobWish,
    before: Record<string, unknown>,
    cordoned: boolean,
  ])[] = [
    [
      'bounds the wrong way round',
      { type: 'dev.headgate.job.scale.v1', data: { ...job, bounds: { minParallelism: 3, maxParallelism: 2 } } },
      {},
      false,
    ],
    [
      'the restart of a suspended job',
      { type: 'dev.headgate.job.restart.v1', data: job },
      { desired: 'suspended' },
      false,
    ],
    [
      'the snapshot of a suspended job',
      { type: 'dev.headgate.job.snapshot.v1', data: job },
      { desired: 'suspended' },
      false,
    ],
    [
      'the snapshot of a stateless job',
      { type: 'dev.headgate.job.snapshot.v1', data: job },
      { stateful: false },
      false,
    ],
    [
      'a resume while the tenant is cordoned',
      { type: 'dev.headgate.job.resume.v1', data: job },
      { desired: 'suspended' },
      true,
    ],
  ];
  for (const [sentence, wish, before, cordoned] of REFUSED) {
    it(`${sentence} is refused`, () => {
      const planned = plan(wish, managedJob(before), tenant({ cordoned }));
      assert.ok('problems' in planned);
      assert.equal(planned.problems.length, 1);
    });
  }

  it('the suspension of a job is granted while the tenant is cordoned', () => {
    assert.ok(
      'objects' in plan({ type: 'dev.headgate.job.suspend.v1', data: job }, managedJob(), tenant({ cordoned: true })),
    );
  });

  it('about a job of somebody else is refused', () => {
    const other = { ...managedJob(), metadata: { name: 'clicks', namespace: 'fraud' } };
    assert.deepEqual(plan({ type: 'dev.headgate.job.suspend.v1', data: job }, other), {
      problems: ["namespace: fraud is not one of the tenant's"],
    });
  });
});

describe('what a wish carries over', () => {
  const with_ = (...managedFields: readonly ManagedFieldsEntry[]): ManagedJob => {
    const { metadata, ...rest } = managedJob({ priority: 300, bounds: { minParallelism: 2, maxParallelism: 4 } });
    return { ...rest, metadata: { ...metadata, managedFields } };
  };
  const suspend: JobWish = { type: 'dev.headgate.job.suspend.v1', data: job };
  const own = (spec: Record<string, unknown>, manager = 'headgate-wish'): ManagedFieldsEntry => ({
    manager,
    operation: 'Apply',
    fieldsV1: { 'f:spec': spec },
  });

  it('is what it owned, so that what a person wrote stays theirs', () => {
    const before = with_(
      own({ 'f:priority': {}, 'f:bounds': { 'f:maxParallelism': {} } }),
      own({ 'f:bounds': { 'f:minParallelism': {} } }, 'kubectl'),
    );
    assert.deepEqual(specOf(plan(suspend, before)), {
      priority: 300,
      bounds: { maxParallelism: 4 },
      desired: 'suspended',
    });
  });

  it('is an object that it left empty, as it left it, though others have filled it', () => {
    // As a 1.36 API server reports it after an apply with `bounds: {}` and somebody else's with `bounds.maxParallelism`.
    const before = with_(own({ 'f:bounds': {} }), own({ 'f:bounds': { 'f:maxParallelism': {} } }, 'kubectl'));
    assert.deepEqual(specOf(plan(suspend, before)), { bounds: {}, desired: 'suspended' });
  });

  it('is nothing when it owned nothing', () => {
    assert.deepEqual(specOf(plan(suspend, with_(own({ 'f:priority': {} }, 'kubectl')))), { desired: 'suspended' });
  });

  it('is nothing of a status or an update under its name', () => {
    const status = { ...own({ 'f:priority': {} }), subresource: 'status' };
    const update = { ...own({ 'f:priority': {} }), operation: 'Update' as const };
    assert.deepEqual(specOf(plan(suspend, with_(status, update))), { desired: 'suspended' });
  });

  it('leaves out what is gone by now', () => {
    assert.deepEqual(specOf(plan(suspend, with_(own({ 'f:restartNonce': {}, 'f:priority': {} })))), {
      priority: 300,
      desired: 'suspended',
    });
  });
});

describe('a cordon', () => {
  it('changes that alone, and is taken away again', () => {
    for (const [verb, cordoned] of [
      ['cordon', true],
      ['uncordon', false],
    ] as const) {
      const planned = planCordon({ tenant: tenant(), type: `dev.headgate.tenant.${verb}.v1`, key: KEY });
      assert.ok('objects' in planned);
      assert.deepEqual(planned.objects[0]?.spec, { ...tenant().spec, cordoned });
    }
  });
});
