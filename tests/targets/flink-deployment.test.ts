import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import * as fc from 'fast-check';
import type { Operation, RestorePoint } from '../../lib/model/managed-job.ts';
import type { Resources } from '../../lib/model/resources.ts';
import type { Effect } from '../../lib/model/workload.ts';
import {
  evaluateOperation,
  overrideParallelism,
  readFlinkDeployment,
  restart,
  restore,
  resume,
  suspend,
} from '../../lib/targets/flink-deployment.ts';
import { CONFIGURATION, deployment, KEY, managedBy, type Operator, type Wishes } from './deployments.ts';

const GI = 2 ** 30;
const MI = 2 ** 20;
const read = (wishes?: Wishes) => readFlinkDeployment(deployment(wishes));

test('a FlinkDeployment is read as a workload', () => {
  const { rescale, recovery, conditions, ...rest } = read();
  assert.deepEqual(rest, {
    ref: { apiVersion: 'flink.apache.org/v1beta1', kind: 'FlinkDeployment', name: 'orders', namespace: 'payments' },
    uid: 'u1',
    resourceVersion: '77',
    settled: true,
    deleting: false,
    reportedState: 'RUNNING',
    reportedJobId: '29a05271ced5ea5e99d13eedf14fe5f1',
    reportedStartAt: 1795446420125,
    suspended: false,
    stateful: true,
    flinkVersion: [1, 20],
    rest: { service: 'orders-rest', port: 8081 },
    slotsPerTaskManager: 2,
    taskManager: { cpuMillis: 1500, memoryBytes: 2 * GI },
    jobManagers: { cpuMillis: 500, memoryBytes: GI },
    parallelism: 2,
    overrides: {},
    directories: {
      checkpoints: 's3://flink/payments/checkpoints',
      savepoints: 's3://flink/payments/savepoints',
      highAvailability: 's3://flink/payments/ha',
    },
    recordedSavepoint: undefined,
    upstream: { autoscaler: false, restartsFailed: false },
    error: undefined,
    observed: true,
    lifecycle: 'STABLE',
  });
  assert.deepEqual(rescale, { kind: 'in-place' });
  assert.deepEqual(recovery, {
    owned: {},
    applied: { metadata: {}, spec: {} },
    upgradeMode: 'savepoint',
    stateLoss: undefined,
    restoresBy: 'redeployment',
    stoppedWithLastState: false,
  });
  assert.deepEqual(conditions, []);
});

test('a nested configuration with the names of 2.x says the same', () => {
  const nested = {
    taskmanager: { numberOfTaskSlots: 4 },
    jobmanager: { scheduler: 'Adaptive' },
    execution: { checkpointing: { interval: '10s', dir: 's3://a/c', 'savepoint-dir': 's3://a/s' } },
    rest: { port: 8089 },
    pipeline: { 'jobvertex-parallelism-overrides': 'ab:3' },
  };
  const workload = read({ configuration: nested, spec: { flinkVersion: 'v2_1' } });
  assert.equal(workload.slotsPerTaskManager, 4);
  assert.equal(workload.rest.port, 8089);
  assert.deepEqual(workload.flinkVersion, [2, 1]);
  assert.deepEqual(workload.overrides, { ab: 3 });
  assert.deepEqual(workload.directories, { checkpoints: 's3://a/c', savepoints: 's3://a/s' });
});

test('whatever an object holds, it is read, and never as one that may be rescaled', () => {
  fc.assert(
    fc.property(fc.anything(), fc.anything(), (spec, status) => {
      const workload = readFlinkDeployment({ apiVersion: 'a/v1', kind: 'X', metadata: { name: 'x' }, spec, status });
      assert.equal(workload.rescale.kind, 'none');
      assert.ok(workload.taskManager.cpuMillis > 0 && workload.slotsPerTaskManager > 0);
    }),
  );
});

test('an object without a configuration is read all the same', () => {
  const workload = read({ spec: { flinkConfiguration: undefined } });
  assert.equal(workload.taskManager.memoryBytes, 2 * GI);
  const { flinkConfiguration: _, ...spec } = deployment().spec;
  assert.equal(readFlinkDeployment({ ...deployment(), spec }).parallelism, 2);
});

test('what recovery steers now is read', () => {
  const managedFields = [managedBy('headgate-recovery', 'job/state', 'job/savepointRedeployNonce', 'restartNonce')];
  const wishes = { job: { state: 'running', savepointRedeployNonce: 4 }, spec: { restartNonce: 2 } };
  assert.deepEqual(read({ ...wishes, metadata: { managedFields } }).recovery.owned, {
    state: 'running',
    savepointRedeployNonce: 4,
    restartNonce: 2,
  });
  assert.deepEqual(read(wishes).recovery.owned, {});
});

test('single odd fields do not hide the others', () => {
  const workload = read({ spec: { jobManager: 'none', mode: 7, restartNonce: 'x' }, status: { conditions: 7 } });
  assert.equal(workload.taskManager.memoryBytes, 2 * GI);
  assert.equal(workload.reportedState, 'RUNNING');
});

describe('resources of pods', () => {
  const CASES: readonly (readonly [string, Wishes, Resources, Resources])[] = [
    [
      'limits are requests times their factors',
      {
        configuration: {
          'kubernetes.taskmanager.cpu.limit-factor': '2',
          'kubernetes.taskmanager.memory.limit-factor': '1.1',
          'kubernetes.jobmanager.cpu.limit-factor': '1.5',
        },
        spec: { taskManager: { resource: { cpu: '1', memory: '1000m' } } },
      },
      { cpuMillis: 2000, memoryBytes: 1100 * MI },
      { cpuMillis: 750, memoryBytes: GI },
    ],
    [
      'a factor below one, or of no number, counts as one',
      {
        configuration: {
          'kubernetes.taskmanager.cpu.limit-factor': '0.5',
          'kubernetes.taskmanager.memory.limit-factor': 'much',
        },
      },
      { cpuMillis: 1500, memoryBytes: 2 * GI },
      { cpuMillis: 500, memoryBytes: GI },
    ],
    [
      'options speak where the spec does not',
      {
        configuration: {
          'taskmanager.memory.process.size': '4 gb',
          'kubernetes.taskmanager.cpu': '0.5',
          'kubernetes.taskmanager.cpu.amount': '0.75',
        },
        spec: { taskManager: {}, jobManager: {} },
      },
      { cpuMillis: 750, memoryBytes: 4 * GI },
      { cpuMillis: 1000, memoryBytes: 1600 * MI },
    ],
    [
      "Flink's defaults speak where nobody does: a core per slot",
      { configuration: { 'taskmanager.numberOfTaskSlots': '3' }, spec: { taskManager: null, jobManager: null } },
      { cpuMillis: 3000, memoryBytes: 1728 * MI },
      { cpuMillis: 1000, memoryBytes: 1600 * MI },
    ],
    [
      "Kubernetes' own shape of newer operators: the limit is the limit",
      {
        spec: {
          taskManager: {
            resource: { cpu: 9, memory: '9g' },
            resources: { requests: { cpu: '1', memory: '2Gi' }, limits: { cpu: '2', memory: '3Gi' } },
          },
        },
      },
      { cpuMillis: 2000, memoryBytes: 3 * GI },
      { cpuMillis: 500, memoryBytes: GI },
    ],
    [
      'every JobManager counts',
      { spec: { jobManager: { resource: { cpu: 0.5, memory: '1Gi' }, replicas: 2 } } },
      { cpuMillis: 1500, memoryBytes: 2 * GI },
      { cpuMillis: 1000, memoryBytes: 2 * GI },
    ],
  ];
  for (const [name, wishes, taskManager, jobManagers] of CASES) {
    test(name, () => {
      const workload = read(wishes);
      assert.deepEqual(workload.taskManager, taskManager);
      assert.deepEqual(workload.jobManagers, jobManagers);
    });
  }

  test('TaskManager replicas, where they are set, decide the parallelism', () => {
    assert.equal(read({ spec: { taskManager: { replicas: 3 } } }).parallelism, 6);
  });
});

describe('settled', () => {
  const CASES: readonly (readonly [string, Wishes, boolean, boolean])[] = [
    ['the operator acted on the newest spec and calls it stable', {}, true, true],
    [
      'it is suspended as wished',
      { status: { observedGeneration: 3, lifecycleState: 'SUSPENDED', reconciliationStatus: { state: 'DEPLOYED' } } },
      true,
      true,
    ],
    ['there is a newer spec than the operator has seen', { metadata: { generation: 4 } }, false, false],
    ['1.7 has seen a spec that it could not carry out yet', { operator: '1.7', reconciled: 2 }, true, false],
    ['it is deployed but not stable', { status: { lifecycleState: 'DEPLOYED' } }, true, false],
    ['it was rolled back', { status: { lifecycleState: 'ROLLED_BACK' } }, true, false],
    ['the job failed', { status: { lifecycleState: 'FAILED' } }, true, false],
    ['an upgrade is under way', { status: { reconciliationStatus: { state: 'UPGRADING' } } }, true, false],
    [
      'the operator has not come by yet',
      { status: { observedGeneration: undefined, reconciliationStatus: undefined } },
      false,
      false,
    ],
  ];
  for (const [name, wishes, observed, settled] of CASES) {
    test(`${settled ? 'yes' : 'no'}, when ${name}`, () => {
      const workload = read(wishes);
      assert.deepEqual([workload.observed, workload.settled], [observed, settled]);
    });
  }
});

describe('what the operator recorded', () => {
  const CASES: readonly (readonly [string, object, object | undefined])[] = [
    [
      'the last savepoint (1.7)',
      { savepointInfo: { lastSavepoint: { location: 'file:/s/savepoint-1', timeStamp: 17 } } },
      { location: 'file:/s/savepoint-1', at: 17 },
    ],
    [
      'the path of the last upgrade (1.10)',
      {
        upgradeSavepointPath: 's3://s/savepoint-2',
        savepointInfo: { lastSavepoint: { location: 's3://s/savepoint-1' } },
      },
      { location: 's3://s/savepoint-2', at: undefined },
    ],
    [
      'the mark of a last-state upgrade, which is no path',
      { upgradeSavepointPath: 'KUBERNETES_OPERATOR_LAST_STATE' },
      undefined,
    ],
    ['nothing', {}, undefined],
  ];
  for (const [name, jobStatus, expected] of CASES) {
    test(`is ${name}`, () => {
      assert.deepEqual(read({ jobStatus: { ...jobStatus } }).recordedSavepoint, expected);
    });
  }

  test('its error is told with the causes, each once', () => {
    const error = JSON.stringify({
      type: 'org.apache.flink.kubernetes.operator.exception.ReconciliationException',
      message: 'Could not upgrade',
      throwableList: [
        { type: 'a.B', message: 'HA metadata is not available' },
        { type: 'a.C', message: 'Could not upgrade' },
        { type: 'a.D' },
      ],
    });
    assert.equal(read({ status: { error } }).error, 'Could not upgrade: HA metadata is not available');
  });

  test('an error that is no JSON is told as it is', () => {
    assert.equal(read({ status: { error: 'plain words' } }).error, 'plain words');
  });
});

describe('how a change of parallelism would reach the job', () => {
  const without = (...keys: readonly string[]) =>
    Object.fromEntries(Object.entries(CONFIGURATION).filter(([key]) => !keys.includes(key)));
  const overrides = { ...CONFIGURATION, [KEY]: 'ab:4' };
  const CASES: readonly (readonly [string, Wishes, string])[] = [
    ['native mode, adaptive scheduler, 1.18 or newer', {}, 'in-place'],
    ['2.x is newer than 1.18', { spec: { flinkVersion: 'v2_0' } }, 'in-place'],
    ['last-state from 1.19 on', { job: { upgradeMode: 'last-state' }, spec: { flinkVersion: 'v1_19' } }, 'in-place'],
    [
      'overrides that we set before',
      {
        configuration: overrides,
        metadata: { managedFields: [managedBy('headgate-scale', `flinkConfiguration/${KEY}`)] },
      },
      'in-place',
    ],
    [
      'overrides that came with a recreation of ours',
      {
        configuration: overrides,
        metadata: { managedFields: [managedBy('headgate-recovery', `flinkConfiguration/${KEY}`)] },
      },
      'in-place',
    ],
    ['the default scheduler', { configuration: without('jobmanager.scheduler') }, 'upgrade'],
    ['1.17', { spec: { flinkVersion: 'v1_17' } }, 'upgrade'],
    ['an unknown version', { spec: { flinkVersion: 'newest' } }, 'upgrade'],
    [
      'in-place scaling that is switched off',
      { configuration: { ...CONFIGURATION, 'kubernetes.operator.job.upgrade.inplace-scaling.enabled': 'false' } },
      'upgrade',
    ],
    [
      'the stateless mode for a job that checkpoints',
      { job: { upgradeMode: 'stateless' } },
      'WouldRestartWithoutState',
    ],
    ['no upgrade mode at all, which means stateless', { job: { upgradeMode: undefined } }, 'WouldRestartWithoutState'],
    [
      'savepoints without a place for them',
      { configuration: without('state.savepoints.dir') },
      'WouldRestartWithoutState',
    ],
    [
      'last-state without a place for checkpoints',
      { job: { upgradeMode: 'last-state' }, configuration: without('state.checkpoints.dir') },
      'WouldRestartWithoutState',
    ],
    [
      'last-state on 1.18, which can lose its checkpoints (FLINK-34518)',
      { job: { upgradeMode: 'last-state' }, spec: { flinkVersion: 'v1_18' } },
      'WouldRestartWithoutState',
    ],
    [
      "upstream's autoscaler",
      { configuration: { ...CONFIGURATION, 'job.autoscaler.enabled': 'true' } },
      'UpstreamAutoscaler',
    ],
    [
      "upstream's autoscaler by its old name",
      { configuration: { ...CONFIGURATION, 'kubernetes.operator.job.autoscaler.enabled': ' True ' } },
      'UpstreamAutoscaler',
    ],
    ['overrides of nobody knows whom', { configuration: overrides }, 'Unmanaged'],
    [
      'overrides that another manager owns, too',
      {
        configuration: overrides,
        metadata: {
          managedFields: [
            managedBy('headgate-scale', `flinkConfiguration/${KEY}`),
            managedBy('argocd', `flinkConfiguration/${KEY}`),
          ],
        },
      },
      'Unmanaged',
    ],
    ['standalone mode', { spec: { mode: 'standalone' } }, 'StandaloneMode'],
    ['a session cluster', { spec: { job: undefined } }, 'SessionCluster'],
    ['a deletion', { metadata: { deletionTimestamp: '2026-01-01T00:00:00Z' } }, 'Deleting'],
    ['a job that restarts', { jobStatus: { state: 'RESTARTING' } }, 'NotRunning'],
    ['a job of which the operator is not sure', { jobStatus: { state: 'RECONCILING' } }, 'NotRunning'],
    ['a spec that the operator has not seen', { metadata: { generation: 4 } }, 'NotSettled'],
  ];
  for (const [name, wishes, expected] of CASES) {
    test(`${name}: ${expected}`, () => {
      const { rescale } = read(wishes);
      assert.equal(rescale.kind === 'none' ? rescale.reason : rescale.kind, expected);
    });
  }

  test('a job that has no state by its owner’s word loses none', () => {
    const stateless = deployment({ job: { upgradeMode: 'stateless' } });
    assert.deepEqual(readFlinkDeployment(stateless, { stateful: false }).rescale, { kind: 'in-place' });
    const plain = deployment({ job: { upgradeMode: 'stateless' }, configuration: {} });
    assert.deepEqual(readFlinkDeployment(plain).rescale, { kind: 'upgrade' });
  });
});

describe('parallelism overrides', () => {
  test('are one field of one manager, written on the version that was read', () => {
    assert.deepEqual(overrideParallelism(read(), { b: 2, a: 4 }), {
      kind: 'apply',
      manager: 'headgate-scale',
      object: {
        apiVersion: 'flink.apache.org/v1beta1',
        kind: 'FlinkDeployment',
        metadata: { name: 'orders', namespace: 'payments', resourceVersion: '77' },
        spec: { flinkConfiguration: { [KEY]: 'a:4,b:2' } },
      },
    });
  });

  test('never lose a vertex', () => {
    const id = fc.stringMatching(/^[0-9a-f]{8}$/);
    const map = fc.dictionary(id, fc.integer({ min: 1, max: 999 }));
    fc.assert(
      fc.property(map, map, (before, change) => {
        const workload = { ...read(), overrides: before };
        const spec = JSON.stringify(overrideParallelism(workload, change).object);
        for (const [vertex, p] of Object.entries({ ...before, ...change })) assert.ok(spec.includes(`${vertex}:${p}`));
      }),
    );
  });
});

const POINT: RestorePoint = {
  kind: 'checkpoint',
  location: 's3://flink/chk-9',
  completedAt: '2026-11-23T15:00:00Z',
  id: 9,
};

describe('operations', () => {
  const spec = (effect: Effect): unknown => (effect.kind === 'apply' ? effect.object.spec : effect.kind);
  const owned = {
    job: { state: 'running', initialSavepointPath: 's3://old', savepointRedeployNonce: 4 },
    spec: { restartNonce: 2 },
    metadata: {
      managedFields: [
        managedBy(
          'headgate-recovery',
          'job/state',
          'job/initialSavepointPath',
          'job/savepointRedeployNonce',
          'restartNonce',
        ),
        managedBy('kubectl', 'job/parallelism'),
      ],
    },
  };
  const ownedJob = { state: 'running', initialSavepointPath: 's3://old', savepointRedeployNonce: 4 };

  const CASES: readonly (readonly [string, Effect, object])[] = [
    ['suspend a fresh object', suspend(read()), { job: { state: 'suspended' } }],
    ['resume', resume(read()), { job: { state: 'running' } }],
    ['restart', restart(read(), 5), { job: { state: 'running' }, restartNonce: 5 }],
    [
      'restore by redeployment',
      restore(read(), POINT, 6),
      { job: { state: 'running', initialSavepointPath: POINT.location, savepointRedeployNonce: 6 } },
    ],
    [
      'restore without a point by a restart',
      restore(read(), undefined, 6),
      { job: { state: 'running' }, restartNonce: 6 },
    ],
    [
      'send again whatever recovery owns: an apply removes what it leaves out',
      suspend(read(owned)),
      { job: { ...ownedJob, state: 'suspended' }, restartNonce: 2 },
    ],
    [
      'send again also what it keeps for nobody since a recreation',
      suspend(
        read({
          metadata: {
            managedFields: [managedBy('headgate-recovery', 'serviceAccount', 'job/upgradeMode', 'job/state')],
          },
          job: { state: 'running' },
        }),
      ),
      { serviceAccount: 'flink', job: { upgradeMode: 'savepoint', state: 'suspended' } },
    ],
    [
      'restore anew on top of an older restore',
      restore(read(owned), POINT, 6),
      { job: { state: 'running', initialSavepointPath: POINT.location, savepointRedeployNonce: 6 }, restartNonce: 2 },
    ],
    [
      'restore a job that was never deployed by its first deployment',
      restore(read({ status: { reconciliationStatus: undefined } }), POINT, 6),
      { job: { state: 'running', initialSavepointPath: POINT.location } },
    ],
    [
      'leave alone what only a recreation restores',
      restore(read({ operator: '1.7' }), POINT, 6),
      { job: { state: 'running' } },
    ],
  ];
  for (const [name, effect, expected] of CASES) {
    test(name, () => {
      assert.deepEqual(spec(effect), expected);
      assert.equal(effect.kind === 'apply' && effect.manager, 'headgate-recovery');
    });
  }

  test('the same attempt repeated is the same write', () => {
    assert.deepEqual(restore(read(), POINT, 6), restore(read(), POINT, 6));
  });

  test('operators differ in how they restore a path', () => {
    const by = (operator: Operator) => read({ operator }).recovery.restoresBy;
    assert.deepEqual([by('1.7'), by('1.10')], ['recreation', 'redeployment']);
  });
});

describe('an operation is refused where it would lose state', () => {
  const failed = { jobStatus: { state: 'FAILED' }, status: { lifecycleState: 'FAILED' } };
  const savepoint = { savepointInfo: { lastSavepoint: { location: 's3://s/1', timeStamp: 1 } } };
  const suspended = { job: { state: 'suspended' } };
  const CASES: readonly (readonly [string, Wishes, Operation['kind'], RestorePoint | undefined, string])[] = [
    ['a running job may be suspended', {}, 'Suspend', undefined, 'possible'],
    ['and restarted', {}, 'Restart', undefined, 'possible'],
    ['a failed one is not restarted: it would start from nothing', failed, 'Restart', undefined, 'NeedsRestorePoint'],
    ['nor suspended', failed, 'Suspend', undefined, 'NeedsRestorePoint'],
    ['but restored from a point', failed, 'Recover', POINT, 'possible'],
    ['by any operator', { ...failed, operator: '1.7' }, 'Recover', POINT, 'possible'],
    ['and not without one', failed, 'Recover', undefined, 'WouldRestartWithoutState'],
    [
      'the stateless mode keeps nothing',
      { job: { upgradeMode: 'stateless' } },
      'Suspend',
      undefined,
      'WouldRestartWithoutState',
    ],
    ['yet a path can be restored', { job: { upgradeMode: 'stateless' } }, 'Recover', POINT, 'possible'],
    [
      'a suspended job resumes from its savepoint',
      { ...suspended, jobStatus: { state: 'FINISHED', ...savepoint } },
      'Resume',
      undefined,
      'possible',
    ],
    [
      'or from its last state',
      { ...suspended, job: { upgradeMode: 'last-state' }, reconciledJob: { upgradeMode: 'last-state' } },
      'Resume',
      undefined,
      'possible',
    ],
    ['and not from nothing', suspended, 'Resume', undefined, 'NeedsRestorePoint'],
    ['what is being deleted is left alone', { metadata: { deletionTimestamp: 'x' } }, 'Recover', POINT, 'Deleting'],
    ['a rescale goes by its path', { spec: { mode: 'standalone' } }, 'Rescale', undefined, 'StandaloneMode'],
    ['which may be free', {}, 'Rescale', undefined, 'possible'],
  ];
  for (const [name, wishes, kind, point, expected] of CASES) {
    test(name, () => {
      const verdict = evaluateOperation(read(wishes), kind, point);
      assert.equal(verdict.kind === 'refused' ? verdict.reason : verdict.kind, expected);
    });
  }

  test('a job without state is started over at any time', () => {
    const workload = readFlinkDeployment(deployment({ ...failed, job: { upgradeMode: 'stateless' } }), {
      stateful: false,
    });
    for (const kind of ['Suspend', 'Resume', 'Restart', 'Recover'] as const) {
      assert.deepEqual(evaluateOperation(workload, kind), { kind: 'possible' });
    }
  });
});
