import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  addTaskManager,
  cancelJob,
  failJob,
  killTaskManager,
  removeTaskManager,
  requireResources,
  triggerSavepoint,
} from '../../../local/flink/job-model/commands.ts';
import { createJob, findRestorePoint } from '../../../local/flink/job-model/create-job.ts';
import { usedSlots } from '../../../local/flink/job-model/slots.ts';
import type { FlinkSettings } from '../../../local/flink/job-model/spec.ts';
import { statusOf, type JobState } from '../../../local/flink/job-model/state.ts';
import { after, logOf, pending, probe, readBy, settings, START, submitted } from './support/jobs.ts';

const wish = (state: JobState, upper: number, lower = 1): JobState =>
  requireResources(state, state.now, [
    { lower: 1, upper: 1 },
    { lower, upper },
    { lower: 1, upper: 1 },
  ]);

/** Seconds until something is so, looked at every tenth. */
const secondsUntil = (from: JobState, holds: (state: JobState) => boolean, most = 400): number => {
  let state = from;
  for (let tenths = 0; tenths <= most * 10; tenths += 1) {
    if (holds(state)) return tenths / 10;
    state = after(state, 0.1);
  }
  throw new Error(`not within ${most} s`);
};

const runsAt = (parallelism: number) => (state: JobState) =>
  statusOf(state) === 'RUNNING' && state.parallelism[1] === parallelism;

describe('a rescale', () => {
  const CASES: readonly (readonly [
    what: string,
    own: FlinkSettings,
    runs: number,
    wished: number,
    atLeast: number,
    atMost: number,
  ])[] = [
    ['1.20: at once when the last was long ago', settings('1.20'), 100, 3, 0.2, 1.4],
    ['1.20: not before the last is 30 s ago', settings('1.20'), 10, 3, 19, 21],
    ['1.20: with too few slots it is down for another 10 s', settings('1.20'), 100, 8, 10, 11.5],
    ['2.x: with the next checkpoint', settings('2.x'), 100, 3, 0.4, 10.6],
    ['2.x: after the cooldown, with the next checkpoint', settings('2.x'), 10, 3, 20, 31],
    ['2.x: waits a minute for slots that do not come, then takes those there are', settings('2.x'), 100, 8, 60, 71],
    ['2.x: without checkpoints there is none to wait for', settings('2.x', { checkpoints: undefined }), 100, 3, 0.2, 1],
  ];
  for (const [what, own, runs, wished, atLeast, atMost] of CASES) {
    test(what, () => {
      const running = after(submitted(probe(100), 2, own), runs);
      const took = secondsUntil(wish(running, wished), runsAt(Math.min(4, wished)));
      assert.ok(took >= atLeast && took <= atMost, `${took} s`);
    });
  }

  test('counts as a restart, resets the counters and marks a new run', () => {
    const before = after(submitted(probe(100)), 100);
    const state = after(wish(before, 3), 11);
    assert.deepEqual([state.run, state.restarts, state.rescales], [2, 1, 1]);
    assert.ok(readBy(state, 1) < readBy(before, 1));
    assert.ok(state.timestamps.RUNNING! > before.timestamps.RUNNING!);
  });

  test('to what runs already is none', () => {
    const state = after(wish(after(submitted(probe(100)), 100), 1), 100);
    assert.deepEqual([state.run, state.restarts], [1, 0]);
  });

  test('with TaskManagers that come later needs no second wish', () => {
    const short = after(wish(after(submitted(probe(100)), 100), 6), 80);
    assert.equal(short.parallelism[1], 4);
    assert.equal(short.requirements[1]!.upper, 6);
    const took = secondsUntil(addTaskManager(short, short.now, { id: 'tm-3', slots: 2 }), runsAt(6));
    assert.ok(took <= 31, `${took} s`);
  });

  test('that gives slots back leaves them used until they were idle for long', () => {
    const large = after(submitted(probe(100, { work: { parallelism: 4 } })), 100);
    const small = after(wish(large, 1), 15);
    assert.deepEqual([...usedSlots(small).values()], [2, 2]);
    assert.deepEqual([...usedSlots(after(small, 50)).values()], [1, 0]);
  });
});

describe('a failure', () => {
  test('restarts the job, which reads again what came since the last checkpoint', () => {
    const before = after(submitted(probe(100)), 58); // the last checkpoint was at 50.4
    const failed = failJob(before, before.now, { message: 'boom' });
    assert.equal(statusOf(failed), 'RESTARTING');
    const read = logOf(before).read.reduce((a, b) => a + b);
    const back = after(failed, 1.5);
    assert.equal(statusOf(back), 'RUNNING');
    assert.ok(logOf(back).read.reduce((a, b) => a + b) < read);
    const caughtUp = after(back, 60);
    assert.equal(Math.round(pending(caughtUp)), 0);
    assert.equal(caughtUp.checkpoints.latestRestored?.id, 5);
  });

  test('for good ends the job; its checkpoint stays where it is kept', () => {
    for (const kept of [true, false]) {
      const own = settings('2.x', { checkpoints: { ...settings().checkpoints!, keptAfterEnd: kept } });
      const before = after(submitted(probe(100), 2, own), 35);
      const ended = after(failJob(before, before.now, { message: 'boom', final: true }), 60);
      assert.equal(statusOf(ended), 'FAILED');
      assert.equal(
        ended.checkpoints.history.filter((c) => c.outcome.kind === 'completed' && !c.outcome.discarded).length,
        kept ? 1 : 0,
      );
    }
  });

  test('without any checkpoint begins at the beginning', () => {
    const before = after(submitted(probe(100), 2, settings('2.x', { checkpoints: undefined })), 100);
    const back = after(failJob(before, before.now, { message: 'boom' }), 1.5);
    assert.ok(pending(back) > 9_000);
  });

  test('with a lower bound above the slots ends the job when it has waited long enough', () => {
    const before = wish(after(submitted(probe(100)), 100), 8, 8);
    assert.equal(statusOf(after(before, 500)), 'RUNNING');
    const failed = failJob(before, before.now, { message: 'boom' });
    assert.equal(statusOf(after(failed, 60)), 'CREATED');
    assert.equal(statusOf(after(failed, 302)), 'FAILED');
  });
});

describe('a TaskManager', () => {
  const running = after(submitted(probe(100, { work: { parallelism: 3 } }), 3), 100);

  test('that is not used may go and nothing happens', () => {
    const state = after(removeTaskManager(running, running.now, 'tm-3'), 30);
    assert.deepEqual([statusOf(state), state.run, state.taskManagers.length], ['RUNNING', 1, 2]);
  });

  test('that dies without a word is listed for a while, and the job is down as long', () => {
    const killed = killTaskManager(running, running.now, 'tm-1');
    assert.equal(after(killed, 15).taskManagers.length, 3);
    assert.equal(after(killed, 17).taskManagers.length, 2);
    const took = secondsUntil(killed, runsAt(3));
    assert.ok(took > 16 && took < 24, `${took} s`);
  });

  test('that says goodbye leaves the rest to the job at once', () => {
    const took = secondsUntil(removeTaskManager(running, running.now, 'tm-1'), runsAt(3));
    assert.ok(took < 3, `${took} s`);
  });
});

describe('checkpoints', () => {
  test('come every interval, and only the newest stays', () => {
    const { checkpoints } = after(submitted(probe(100)), 55);
    assert.equal(checkpoints.completed, 5);
    assert.deepEqual(
      checkpoints.history.map(({ outcome }) => outcome.kind === 'completed' && outcome.discarded),
      [false, true, true, true, true],
    );
  });

  test('take as long as the buffers before a slow vertex', () => {
    const duration = (arrival: number): number => {
      const outcome = after(submitted(probe(arrival)), 55).checkpoints.history.at(-2)!;
      return outcome.outcome.kind === 'completed' ? outcome.outcome.at - outcome.triggeredAt : Number.NaN;
    };
    assert.equal(duration(100), 40);
    assert.ok(duration(500) >= 2_000 && duration(500) <= 3_100, `${duration(500)}`);
  });
});

describe('a savepoint', () => {
  const running = after(submitted(probe(100)), 55);
  const asked = (stops: boolean): JobState =>
    triggerSavepoint(running, running.now, { triggerId: 'a'.repeat(32), directory: 's3://b/t', stops });

  test('is asked for once however often it is asked', () => {
    const twice = triggerSavepoint(asked(false), running.now, {
      triggerId: 'a'.repeat(32),
      directory: 's3://b/t',
      stops: false,
    });
    const state = after(twice, 2);
    assert.deepEqual(
      state.savepoints.map(({ outcome }) => outcome.kind),
      ['completed'],
    );
    assert.equal(statusOf(state), 'RUNNING');
  });

  test('fails with a job that fails meanwhile', () => {
    const state = failJob(asked(false), running.now, { message: 'boom' });
    assert.equal(state.savepoints[0]!.outcome.kind, 'failed');
  });

  test('that stops the job is where another goes on, with all that came meanwhile', () => {
    const stopped = after(asked(true), 2);
    assert.equal(statusOf(stopped), 'FINISHED');
    const [{ outcome }] = stopped.savepoints as [JobState['savepoints'][number]];
    assert.ok(outcome.kind === 'completed');
    const restore = findRestorePoint(stopped, outcome.location)!;
    const next = createJob(probe(100), settings(), {
      at: START + 120_000,
      taskManagers: running.taskManagers,
      restore,
    });
    assert.ok(Math.abs(pending(next) - 100 * 65) < 1, `${pending(next)}`);
    assert.equal(Math.round(pending(after(next, 100))), 0);
    assert.equal(findRestorePoint(stopped, 's3://b/t/elsewhere'), undefined);
  });
});

test('a canceled job is over', () => {
  const running = after(submitted(probe(100)), 30);
  const canceled = after(cancelJob(running, running.now), 1);
  assert.equal(statusOf(canceled), 'CANCELED');
  assert.deepEqual(after(canceled, 600).vertices, canceled.vertices);
});
