import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { HeadgateError, type ErrorCode } from '../../../lib/runtime/errors.ts';
import { jobIdOf, NOW, recorded, scripted, SINK, SOURCE, VERSIONS, WORK } from './recorded.ts';
import type { FlinkAnswer } from '../../../lib/clients/flink/rest.ts';

const JOB = 'a'.repeat(32);
const TRIGGER = 'b'.repeat(32);

/** What a call was refused with. */
const refusal = async (call: Promise<unknown>): Promise<HeadgateError> => {
  try {
    await call;
  } catch (error) {
    if (error instanceof HeadgateError) return error;
    throw error;
  }
  throw new Error('it was not refused');
};

for (const version of VERSIONS) {
  describe(`resource requirements of Flink ${version}`, () => {
    test('every vertex is sent with a lower bound of 1, as the accepted recording has it', async () => {
      const accepted = recorded(version, 'rescale-put-work3');
      const { flink, sent } = scripted(() => accepted);
      await flink.setResourceRequirements(JOB, { [SOURCE]: 1, [WORK]: 3, [SINK]: 1 });
      const bounds = (upperBound: number) => ({ parallelism: { lowerBound: 1, upperBound } });
      assert.deepEqual(sent, [
        {
          method: 'PUT',
          path: `/jobs/${JOB}/resource-requirements`,
          body: { [SOURCE]: bounds(1), [WORK]: bounds(3), [SINK]: bounds(1) },
        },
      ]);
    });

    test('what was asked for last is read', async () => {
      const { flink } = scripted(() => recorded(version, 'rescale-get-after-work8'));
      assert.deepEqual(await flink.getResourceRequirements(JOB), { [SOURCE]: 1, [WORK]: 8, [SINK]: 1 });
    });

    const REFUSED: readonly (readonly [string, string, ErrorCode, RegExp])[] = [
      [
        'a vertex is missing',
        'rescale-put-missing-vertex',
        'Invalid',
        /400 The request is incomplete, missing job vertex/,
      ],
      ['a vertex is unknown', 'rescale-put-unknown-vertex', 'Invalid', /400 .*0{32}/],
      [
        'a parallelism is above the maximum',
        'rescale-put-above-max',
        'Invalid',
        /400 .*exceeds its maximum parallelism 24/,
      ],
      ['an upper bound is zero', 'rescale-put-zero-upper', 'Invalid', /400 .*bound/i],
      ['the lower bound is above the upper', 'rescale-put-lower-gt-upper', 'Invalid', /400 .*bound/i],
      ['no vertex is named', 'rescale-put-empty', 'Invalid', /400 Request body does not specify/],
      ['the job is unknown', 'rescale-get-unknown-job', 'NotFound', /500 .*Could not find Flink job/],
      ['the job has failed (2.3)', 'failed-job-resource-requirements', 'NotFound', /Could not find Flink job/],
      ['the job has finished', 'finished-job-resource-requirements', 'NotFound', /Could not find Flink job/],
      ['the job was canceled', 'canceled-job-resource-requirements', 'NotFound', /Could not find Flink job/],
    ];
    for (const [name, recording, code, words] of REFUSED) {
      test(`${code} in Flink's own words, without its stack, when ${name}`, async () => {
        const { flink } = scripted(() => recorded(version, recording));
        const error = await refusal(flink.setResourceRequirements(JOB, { [WORK]: 99 }));
        assert.equal(error.code, code);
        assert.match(error.message, words);
        assert.doesNotMatch(error.message, /\bat (org|java)\.|\.java:\d/);
      });
    }
  });

  test(`TaskManagers of ${version} are listed with their slots`, async () => {
    const { flink } = scripted(() => recorded(version, 'running-taskmanagers'));
    const all = await flink.taskManagers();
    assert.deepEqual(Object.fromEntries(all.map(({ id, slots }) => [id, slots])), { 'tm-1': 2, 'tm-2': 2 });
    assert.equal(
      all.reduce((sum, tm) => sum + tm.freeSlots, 0),
      3,
    );
    assert.ok(all.every((tm) => tm.heartbeatAt > Date.UTC(2026, 0)));
  });

  test(`the jobs of ${version} are listed live`, async () => {
    const { flink } = scripted(() => recorded(version, 'running-jobs-overview'));
    const [job, ...others] = await flink.jobs();
    assert.deepEqual(others, []);
    assert.equal(job!.id, jobIdOf(version, 'running-job'));
    assert.deepEqual(job!.tasks, { total: 3, running: 3 });
  });
}

test("the JobManager's configuration is the effective one", async () => {
  const { flink } = scripted(() => recorded('2.3.0', 'upstream-job-jobmanager-config'));
  const configuration = await flink.jobManagerConfiguration(JOB);
  assert.equal(configuration['jobmanager.scheduler'], 'adaptive');
  assert.equal(configuration['taskmanager.numberOfTaskSlots'], '2');
});

describe('savepoints', () => {
  const accepted: FlinkAnswer = { status: 202, body: { 'request-id': TRIGGER } };

  test('one is triggered under the id that the caller chose', async () => {
    const { flink, sent } = scripted(() => accepted);
    await flink.triggerSavepoint({ jobId: JOB, triggerId: TRIGGER, directory: 's3://b/t' });
    assert.deepEqual(sent, [
      {
        method: 'POST',
        path: `/jobs/${JOB}/savepoints`,
        body: { triggerId: TRIGGER, 'cancel-job': false, 'target-directory': 's3://b/t' },
      },
    ]);
  });

  test('a stop takes one, without draining unless told to', async () => {
    const { flink, sent } = scripted(() => accepted);
    await flink.stopWithSavepoint({ jobId: JOB, triggerId: TRIGGER });
    assert.deepEqual(sent, [{ method: 'POST', path: `/jobs/${JOB}/stop`, body: { triggerId: TRIGGER, drain: false } }]);
  });

  test('a cancel takes none', async () => {
    const { flink, sent } = scripted(() => ({ status: 202, body: {} }));
    await flink.cancel(JOB);
    assert.deepEqual(sent, [{ method: 'PATCH', path: `/jobs/${JOB}`, query: { mode: 'cancel' } }]);
  });

  const PROGRESS: readonly (readonly [string, unknown, object])[] = [
    ['under way', { status: { id: 'IN_PROGRESS' }, operation: null }, { kind: 'in-progress' }],
    [
      'completed: its place, and the time at which that was noticed',
      { status: { id: 'COMPLETED' }, operation: { location: 's3://b/t/savepoint-1' } },
      {
        kind: 'completed',
        restorePoint: {
          kind: 'savepoint',
          location: 's3://b/t/savepoint-1',
          completedAt: `${new Date(NOW).toISOString().slice(0, 19)}Z`,
        },
      },
    ],
    [
      'failed, with the innermost cause',
      {
        status: { id: 'COMPLETED' },
        operation: {
          'failure-cause': {
            class: 'java.util.concurrent.CompletionException',
            'stack-trace':
              'java.util.concurrent.CompletionException: no\n\tat a.B.c(B.java:1)\nCaused by: x.Y: disk full\n',
          },
        },
      },
      {
        kind: 'failed',
        why: 'java.util.concurrent.CompletionException: no (Caused by: x.Y: disk full)',
      },
    ],
  ];
  for (const [name, body, expected] of PROGRESS) {
    test(`one is seen as ${name}`, async () => {
      const { flink, sent } = scripted(() => ({ status: 200, body }));
      assert.deepEqual(await flink.savepointProgress(JOB, TRIGGER), expected);
      assert.equal(sent[0]!.path, `/jobs/${JOB}/savepoints/${TRIGGER}`);
    });
  }
});

describe('refusals of others than Flink', () => {
  const CASES: readonly (readonly [string, FlinkAnswer, ErrorCode, RegExp])[] = [
    [
      'a proxy without endpoints is Unavailable',
      { status: 503, body: { kind: 'Status', message: 'no endpoints available for service "a-rest"' } },
      'Unavailable',
      /503 no endpoints/,
    ],
    ['a proxy without rights is Forbidden', { status: 403, body: { message: 'services/proxy' } }, 'Forbidden', /proxy/],
    ['too many requests are Throttled', { status: 429, body: 'slow down' }, 'Throttled', /slow down/],
    ['an unexplained failure is Unavailable', { status: 502, body: undefined }, 'Unavailable', /502$/],
  ];
  for (const [name, answer, code, words] of CASES) {
    test(name, async () => {
      const error = await refusal(scripted(() => answer).flink.taskManagers());
      assert.equal(error.code, code);
      assert.match(error.message, words);
    });
  }
});
