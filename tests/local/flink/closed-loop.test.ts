import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { decideScaling } from '../../../lib/autoscale/decide-scaling.ts';
import type { ScalingDecision } from '../../../lib/autoscale/scaling-decision.ts';
import type { ScalingHistory } from '../../../lib/autoscale/scaling-history.ts';
import type { FlinkLook } from '../../../lib/clients/flink/flink.ts';
import { resolveAutoscaling } from '../../../lib/model/autoscaling-policy.ts';
import type { MetricSample } from '../../../lib/model/job-graph.ts';
import type { FlinkVersion } from '../../../local/flink/job-model/spec.ts';
import { pendingOf } from '../../../local/flink/job-model/state.ts';
import { cluster, type Cluster } from './support/cluster.ts';
import { JOB, probe, START, WORK } from './support/jobs.ts';

type Tick = { readonly seconds: number; readonly decision: ScalingDecision; readonly work: number };

/** The worker's loop over one job: looks every minute through the client, and asks for what is decided. */
const drive = async (there: Cluster, minutes: number): Promise<readonly Tick[]> => {
  const policy = resolveAutoscaling({});
  const ticks: Tick[] = [];
  let memory: FlinkLook['memory'];
  let samples: readonly MetricSample[] = [];
  let history: ScalingHistory = {};
  for (let minute = 1; minute <= minutes; minute += 1) {
    there.pass(60 - (((there.now() - START) / 1000) % 60));
    const look = await there.flink.observe({ jobId: JOB, ...(memory && { memory }) });
    memory = look.memory;
    samples = [...samples, ...(look.sample ? [look.sample] : [])].filter(
      (sample) => sample.at >= look.at - policy.windowSeconds * 1000,
    );
    if (look.graph === undefined) continue;
    const runs = look.job?.state === 'RUNNING' && look.job.tasks.running === look.job.tasks.total;
    const decision = decideScaling({
      graph: look.graph,
      samples,
      policy,
      bounds: {},
      history,
      paused: 'none',
      runningSince: runs ? there.manager.state().timestamps.RUNNING : undefined,
      ...(look.latestCheckpoint && {
        checkpointRewindSeconds: (look.at - Date.parse(look.latestCheckpoint.completedAt)) / 1000,
      }),
      now: look.at,
      urgent: false,
    });
    history = decision.history;
    if (decision.kind === 'rescale') await there.flink.setResourceRequirements(JOB, decision.parallelism);
    const work = look.graph.vertices.find(({ id }) => id === WORK)!.parallelism;
    ticks.push({ seconds: (there.now() - START) / 1000, decision, work });
  }
  return ticks;
};

const UP = 30 * 60;
const DOWN = 90 * 60;
const step = (at: number): number => {
  const seconds = (at - START) / 1000;
  return seconds >= UP && seconds < DOWN ? 2_240 : 560;
};

describe('the scaler over the stand-in, through the client: four times the load for an hour', () => {
  for (const version of ['1.20', '2.x'] as const satisfies readonly FlinkVersion[]) {
    test(`${version}: it grows in few steps, works off the backlog, and shrinks again`, async () => {
      // 560 records a second keep four of these subtasks 70 % busy, 2240 keep sixteen.
      const there = cluster(
        { ...probe(step, { work: { parallelism: 4 } }), noise: { seed: 7, share: 0.02 } },
        {
          version,
          taskManagers: 16,
        },
      );
      const before = await drive(there, 30);
      assert.deepEqual(
        before.filter(({ decision }) => decision.kind === 'rescale').map(({ decision }) => decision.message),
        [],
      );

      const grown = await drive(there, 60);
      const rescales = grown.filter(({ decision }) => decision.kind === 'rescale');
      assert.ok(rescales.length >= 1 && rescales.length <= 4, rescales.map((t) => t.decision.message).join('\n'));
      const { work, decision } = grown.at(-1)!;
      assert.ok(work >= 13 && work <= 19, `${work}`);
      assert.equal(decision.reason, 'Stable');
      assert.ok(pendingOf(there.manager.state().logs[0]!) < 2_240);

      const shrunk = await drive(there, 60);
      assert.ok(shrunk.at(-1)!.work <= 6, `${shrunk.at(-1)!.work}`);
      assert.equal(there.manager.state().parallelism[1], shrunk.at(-1)!.work);
    });
  }
});
