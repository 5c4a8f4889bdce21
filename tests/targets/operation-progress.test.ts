import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { FlinkJob, FlinkJobState } from '../../lib/model/flink-job.ts';
import type { JobGraph } from '../../lib/model/job-graph.ts';
import type { Operation } from '../../lib/model/managed-job.ts';
import { readFlinkDeployment } from '../../lib/targets/flink-deployment.ts';
import { readFlinkDeploymentProgress } from '../../lib/targets/operation-progress.ts';
import { deployment, managedBy, type Wishes } from './deployments.ts';

/** When the operation began; the job had been running for ten minutes. */
const BEGAN = Date.UTC(2026, 10, 23, 15);
const OLD_START = BEGAN - 600_000;
const NEW_START = BEGAN + 20_000;

const operation = (kind: Operation['kind'], target: Operation['target'] = {}): Operation => ({
  kind,
  step: 'Requested',
  epoch: 6,
  startedAt: '2026-11-23T15:00:00Z',
  deadline: '2026-11-23T15:10:00Z',
  attempt: 1,
  target,
  jobStartedAt: '2026-11-23T14:50:00Z',
});

const job = (state: FlinkJobState, running: number, startedAt = OLD_START, total = 3): FlinkJob => ({
  id: 'j',
  name: 'orders',
  state,
  startedAt,
  tasks: { total, running },
});

const graph = (parallelism: number): JobGraph => ({
  vertices: [{ id: 'a', name: 'work', parallelism, maxParallelism: 128, slotSharingGroup: 'g', inputs: [] }],
});

type Case = readonly [
  name: string,
  wishes: Wishes,
  job: FlinkJob | undefined,
  graph: JobGraph | undefined,
  expected: 'done' | RegExp,
];

const check = (kind: Operation['kind'], cases: readonly Case[], target?: Operation['target']): void => {
  for (const [name, wishes, flinkJob, jobGraph, expected] of cases) {
    test(name, () => {
      const workload = readFlinkDeployment(deployment(wishes));
      const progress = readFlinkDeploymentProgress(workload, flinkJob, jobGraph, operation(kind, target));
      const text = progress.kind === 'done' ? 'done' : `${progress.kind}: ${progress.why}`;
      if (expected === 'done') assert.equal(text, 'done');
      else assert.match(text, expected);
    });
  }
};

describe('a rescale', () => {
  const unseen = { metadata: { generation: 4 } };
  check(
    'Rescale',
    [
      [
        'is done when all tasks run at the new parallelism, and the operator is content',
        {},
        job('RUNNING', 3),
        graph(4),
        'done',
      ],
      ['is pending while the old parallelism runs', {}, job('RUNNING', 3), graph(2), /^pending: work runs at 2 of 4$/],
      ['is pending while the new tasks start', {}, job('RUNNING', 2), graph(4), /^pending: the job is RUNNING, 2 of 3/],
      [
        'is pending while the job waits for slots',
        {},
        job('CREATED', 0),
        graph(4),
        /^pending: the job is CREATED, 0 of 3/,
      ],
      ['is pending until the operator has seen it', unseen, job('RUNNING', 3), graph(4), /^pending: the operator/],
      ['is pending through the stop of an upgrade', {}, job('FINISHED', 3), graph(2), /^pending/],
      ['is pending while the JobManager is away', {}, undefined, undefined, /^pending: the JobManager does not answer/],
      ['has failed when the job has', {}, job('FAILED', 0), graph(2), /^failed: the job is FAILED/],
    ],
    { parallelism: { a: 4, gone: 7 } },
  );
});

describe('a restore', () => {
  const manual = { error: 'Manual restore required.', lifecycleState: 'FAILED' };
  const attempted = {
    job: { savepointRedeployNonce: 6 },
    metadata: { managedFields: [managedBy('headgate-recovery', 'job/savepointRedeployNonce')] },
  };
  check('Recover', [
    ['is done when a newly started job runs', {}, job('RUNNING', 3, NEW_START), graph(2), 'done'],
    ['is pending while the old job is shown', {}, job('FAILED', 0), graph(2), /^pending: not started anew/],
    ['is pending while the old job even runs', {}, job('RUNNING', 3), graph(2), /^pending: not started anew/],
    [
      'does not take the old job for a new one within its first second',
      {},
      job('RUNNING', 3, OLD_START + 999),
      graph(2),
      /^pending: not started anew/,
    ],
    ['is pending while there is no JobManager', {}, undefined, undefined, /^pending: not started anew/],
    [
      'is pending while the new tasks start',
      {},
      job('INITIALIZING', 0, NEW_START),
      graph(2),
      /^pending: the job is INIT/,
    ],
    [
      'is pending until the operator is content',
      { status: { lifecycleState: 'DEPLOYED' } },
      job('RUNNING', 3, NEW_START),
      graph(2),
      /^pending: the operator reports DEPLOYED/,
    ],
    [
      'has failed when the new job has',
      {},
      job('FAILED', 0, NEW_START),
      graph(2),
      /^failed: started anew, and is FAILED/,
    ],
    ['is done when a bounded job ran to its end', {}, job('FINISHED', 3, NEW_START), graph(2), 'done'],
    [
      'has failed when the operator refuses this attempt',
      { ...attempted, status: manual },
      undefined,
      undefined,
      /^failed: .*Manual restore required/,
    ],
    [
      'is pending while the operator still complains about the last one',
      { status: manual },
      undefined,
      undefined,
      /^pending/,
    ],
  ]);
});

describe('a suspension', () => {
  const wished = { job: { state: 'suspended' } };
  check('Suspend', [
    [
      'is done when the operator says so',
      { ...wished, status: { lifecycleState: 'SUSPENDED' } },
      undefined,
      undefined,
      'done',
    ],
    [
      'is pending while the savepoint is taken',
      { ...wished, metadata: { generation: 4 } },
      job('RUNNING', 3),
      graph(2),
      /^pending: the operator reports STABLE, job RUNNING/,
    ],
    [
      'is pending as long as it is not written',
      { status: { lifecycleState: 'FAILED' } },
      undefined,
      undefined,
      /^pending/,
    ],
    [
      'has failed when the operator gave up',
      { ...wished, status: { lifecycleState: 'FAILED', error: 'no savepoint' } },
      undefined,
      undefined,
      /^failed: .*no savepoint/,
    ],
  ]);
});

describe('a resumption and a restart', () => {
  check('Resume', [['are done when a newly started job runs', {}, job('RUNNING', 3, NEW_START), graph(2), 'done']]);
  check('Restart', [['are pending while the old one runs', {}, job('RUNNING', 3), graph(2), /^pending/]]);
});
