import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { recordRescale } from '../../lib/autoscale/scaling-history.ts';
import type { HoldReason, RescaleReason } from '../../lib/autoscale/scaling-decision.ts';
import { aGraph } from './support/graphs.ts';
import { AT_ONCE, look, samplesOf, sizesAfter, type Paces } from './support/samples.ts';

/** One source and one operator that does 100 records/s per subtask. */
const chain = aGraph({ src: { parallelism: 2 }, map: { parallelism: 10, from: ['src'] } });

/** The chain at a load in records/s of which it can do 1000: above that the rest waits. */
const at = (load: number, lag = 0): Paces => {
  const taken = Math.min(1000, load + (lag > 0 ? Infinity : 0));
  const held = taken === 1000 ? 1 : 0;
  return {
    src: { in: taken, busy: taken / 10_000, backpressured: held * 0.9, lag, lagGrowth: load - taken },
    map: { in: taken, busy: taken / 1000 },
  };
};
const FAR_APART = { lagLimitSeconds: 0, restartSeconds: 0, catchUpSeconds: 0 };

describe('sizing', () => {
  const cases: readonly (readonly [string, number, number])[] = [
    // name, load, size of map
    ['a load of 70 % stays', 700, 10],
    ['a load of 89 % stays', 890, 10],
    ['a load of 91 % is brought to 70 %', 910, 13],
    ['twice the load asks for twice the size at once', 1400, 20],
    ['four times the load asks for four times the size at once', 2800, 40],
    ['a load of 46 % stays', 460, 10],
    ['a load of 44 % is brought to 70 %', 440, 7],
  ];
  for (const [name, load, want] of cases) {
    test(name, () => {
      const decision = look({ graph: chain, paces: at(load), policy: { ...AT_ONCE, ...FAR_APART } });
      assert.equal(sizesAfter(chain, decision)['map'], want);
    });
  }

  // JobVertexScalerTest.testParallelismScaling: parallelism, load and capacity of a vertex, target utilization, expected
  // size; without restart time and catch-up, so that the rules are one: ceil(parallelism * load / capacity / target).
  const golden: readonly (readonly [number, number, number, number, number])[] = [
    [10, 50, 100, 1, 5],
    [10, 60, 100, 0.8, 8],
    [10, 59, 100, 0.8, 8],
    [2, 100, 100, 0.6, 4],
    [2, 100, 40, 0.5, 10],
  ];
  for (const [parallelism, load, capacity, targetUtilization, want] of golden) {
    test(`${parallelism} subtasks that can do ${capacity}, at ${load} and a target of ${targetUtilization}, become ${want}, as upstream has it`, () => {
      const graph = aGraph({ v: { parallelism } });
      const taken = Math.min(load, capacity);
      const paces = { v: { in: taken, busy: taken / capacity, lagGrowth: load - taken } };
      const band = { minUtilization: targetUtilization, maxUtilization: targetUtilization, maxScaleUpFactor: 1000 };
      const decision = look({ graph, paces, policy: { ...AT_ONCE, ...FAR_APART, ...band, targetUtilization } });
      assert.equal(sizesAfter(graph, decision)['v'], want);
    });
  }

  test('a source reads 100 and lags 50 more each second with two records out for each in: ScalingMetricEvaluatorTest.testLagBasedSourceScaling', () => {
    const graph = aGraph({ source: {}, sink: { from: ['source'] } });
    const paces = { source: { in: 100, out: 200, busy: 0.7, lag: 950, lagGrowth: 50 }, sink: { in: 200, busy: 0.35 } };
    const { vertices } = look({ graph, paces }).evidence;
    assert.deepEqual([vertices['source']?.targetRate, vertices['sink']?.targetRate], [150, 300]);
  });

  test('what an operator puts out sizes what reads it', () => {
    const graph = aGraph({
      src: {},
      flat: { parallelism: 4, from: ['src'] },
      sink: { parallelism: 2, from: ['flat'] },
    });
    const paces = {
      src: { in: 100, busy: 0.2, backpressured: 0.8, lag: 0, lagGrowth: 100 },
      flat: { in: 100, out: 1000, busy: 1 },
      sink: { in: 1000, busy: 0.6 },
    };
    const decision = look({ graph, paces });
    assert.deepEqual(sizesAfter(graph, decision), { src: 1, flat: 12, sink: 4 });
  });

  test('both ways of a diamond are sized, one by its load alone', () => {
    const graph = aGraph({
      src: {},
      left: { parallelism: 2, from: ['src'] },
      right: { parallelism: 2, from: ['src'] },
      join: { parallelism: 3, from: ['left', 'right'] },
    });
    const paces = {
      src: { in: 100, out: 110, busy: 0.1, backpressured: 0.85, lagGrowth: 200 },
      left: { in: 100, out: 100, busy: 0.4, backpressured: 0.6 },
      right: { in: 10, out: 10, busy: 0.05 },
      join: { in: 110, busy: 1 },
    };
    const { wanted } = look({ graph, paces, policy: { ...AT_ONCE, ...FAR_APART } });
    assert.deepEqual(wanted, { src: 1, left: 4, right: 2, join: 13 });
  });

  test('a keyed operator is not sized between two numbers of key groups', () => {
    const graph = aGraph({ src: {}, win: { parallelism: 43, maxParallelism: 128, from: ['src:HASH'] } });
    const paces = {
      src: { in: 4267, busy: 0.1, backpressured: 0.9, lagGrowth: 250 },
      win: { in: 4267, busy: 42.67 / 43 },
    };
    assert.equal(sizesAfter(graph, look({ graph, paces, policy: { ...AT_ONCE, ...FAR_APART } }))['win'], 64);
  });

  test('an idle vertex keeps no slots of its group alive', () => {
    const graph = aGraph({
      src: {},
      map: { parallelism: 10, from: ['src'] },
      errors: { parallelism: 10, from: ['map'] },
    });
    const paces = { src: { in: 100, busy: 0.5 }, map: { in: 100, out: 0, busy: 0.1 } };
    assert.deepEqual(sizesAfter(graph, look({ graph, paces })), { src: 1, map: 4, errors: 4 });
  });

  test('a vertex that could be smaller does not restart the job while a larger one keeps the slots', () => {
    const graph = aGraph({ src: { parallelism: 10 }, map: { parallelism: 10, from: ['src'] } });
    const paces = { src: { in: 700, busy: 0.05 }, map: { in: 700, busy: 0.7 } };
    assert.equal(look({ graph, paces }).reason, 'Stable');
  });

  test('one restart brings every growing vertex to its size', () => {
    const graph = aGraph({ src: { parallelism: 2 }, map: { parallelism: 10, from: ['src'] } });
    const paces = { src: { in: 1000, busy: 0.8, backpressured: 0.2 }, map: { in: 1000, busy: 1 } };
    assert.deepEqual(sizesAfter(graph, look({ graph, paces })), { src: 3, map: 15 });
  });
});

describe('backlog', () => {
  test('a backlog that the headroom works off in time asks for nothing', () => {
    const decision = look({ graph: chain, paces: at(700, 60_000) });
    assert.equal(decision.reason, 'Stable');
  });

  test('a backlog that would take too long asks for what ends it in time', () => {
    const decision = look({ graph: chain, paces: at(800, 400_000) });
    assert.equal(decision.reason, 'BacklogTooSlow');
    // 400 000 - 200 s * 200/s wait, and 30 s of input come while it restarts: 800 + (384 000 - 48 000) / 300 at 90 %.
    assert.equal(sizesAfter(chain, decision)['map'], 22);
  });

  test('the backlog of our own restart is no load: what arrives decides', () => {
    const history = recordRescale(chain, { map: 10 }, -130_000);
    const decision = look({ graph: chain, paces: at(700, 700 * 135), history });
    assert.equal(decision.evidence.vertices['src']?.targetRate, 700);
    assert.equal(decision.reason, 'Stable');
  });

  test('where a restart takes longer than the rest of the catch-up, the job is left alone', () => {
    const history = recordRescale(chain, { map: 10 }, -300_000);
    const decision = look({ graph: chain, paces: at(700, 700 * 320), history });
    assert.equal(decision.reason, 'CatchingUp');
    assert.equal(decision.history.lastRescale?.tookSeconds, 300);
    assert.deepEqual(decision.wanted, { src: 2, map: 10 });
  });

  test('catching up may be switched off, as upstream has it with a duration of zero', () => {
    const decision = look({ graph: chain, paces: at(800, 400_000), policy: { ...AT_ONCE, catchUpSeconds: 0 } });
    assert.equal(decision.reason, 'Stable');
  });

  test('a job with a backlog does not shrink', () => {
    const paces = { src: { in: 300, busy: 0.05, lag: 5000 }, map: { in: 300, busy: 0.3 } };
    assert.equal(look({ graph: chain, paces, policy: { ...AT_ONCE, lagLimitSeconds: 20 } }).reason, 'BacklogRemains');
  });

  test('a checkpoint of an hour ago does not ask for ten times the size', () => {
    const decision = look({ graph: chain, paces: at(950), checkpointRewindSeconds: 3600 });
    assert.equal(sizesAfter(chain, decision)['map'], 22);
  });

  test('a job shrinks after a checkpoint, not before', () => {
    assert.equal(look({ graph: chain, paces: at(200), checkpointRewindSeconds: 90 }).reason, 'CheckpointTooOld');
    assert.equal(look({ graph: chain, paces: at(200), checkpointRewindSeconds: 50 }).reason, 'LoadBelowTarget');
  });
});

describe('unknown', () => {
  test('a saturated job grows though its source does not tell its lag', () => {
    const paces = { src: { in: 1000, busy: 0.1, backpressured: 0.9, lag: null }, map: { in: 1000, busy: 1 } };
    const decision = look({ graph: chain, paces });
    assert.equal(decision.reason, 'SaturatedWithoutLag');
    assert.equal(sizesAfter(chain, decision)['map'], 21);
  });

  test('and if nothing more waited than was read, the new size is still inside the band', () => {
    const graph = aGraph({ src: { parallelism: 2 }, map: { parallelism: 21, from: ['src'] } });
    const paces = { src: { in: 1000, busy: 0.1, lag: null }, map: { in: 1000, busy: 10 / 21 } };
    assert.equal(look({ graph, paces }).kind, 'hold');
  });

  test('after a growth of its own it first gets the time to work off what waited', () => {
    const paces = { src: { in: 1000, busy: 0.1, backpressured: 0.9, lag: null }, map: { in: 1000, busy: 1 } };
    const history = recordRescale(chain, { map: 10 }, -20_000);
    assert.equal(look({ graph: chain, paces, history }).reason, 'CatchingUp');
    const later = { runningSince: -110_000, history: recordRescale(chain, { map: 10 }, -130_000) };
    assert.equal(look({ graph: chain, paces, ...later }).reason, 'SaturatedWithoutLag');
  });

  const gaps: readonly (readonly [string, Paces])[] = [
    ['a lag', { src: { in: 100, busy: 0.01, lag: null }, map: { in: 100, busy: 0.1 } }],
    ['busy time', { src: { in: 100, busy: 0.01 }, map: { in: 100, busy: null } }],
    ['records', { src: { in: 100, busy: 0.01 }, map: { in: null, busy: 0.1 } }],
    ['the records of a source', { src: { in: null, busy: 0.01 }, map: { in: 100, busy: 0.1 } }],
    ['everything', { src: { in: null, busy: null, lag: null }, map: { in: null, busy: null } }],
  ];
  for (const [what, paces] of gaps) {
    test(`${what} that nobody knows keeps the job at its size, and says so`, () => {
      const decision = look({ graph: chain, paces });
      assert.equal(decision.reason, 'MetricsUnknown');
      assert.equal(decision.wanted, undefined);
      assert.match(decision.message, /is not known/);
    });
  }

  test('a vertex without busy time does not keep a saturated one from growing', () => {
    const graph = aGraph({ src: {}, map: { parallelism: 2, from: ['src'] }, sink: { from: ['map'] } });
    const paces = {
      src: { in: 100, busy: 0.1, backpressured: 0.9, lagGrowth: 100 },
      map: { in: 100, busy: 1 },
      sink: { in: 100, busy: null },
    };
    const decision = look({ graph, paces });
    assert.equal(decision.reason, 'LoadAboveTarget');
    assert.deepEqual(sizesAfter(graph, decision), { src: 1, map: 6, sink: 1 });
  });

  test('evidence leaves out what is not known, and tells why', () => {
    const paces = { src: { in: 100, busy: 0.01, lag: null }, map: { in: 100, busy: 0.1 } };
    assert.deepEqual(look({ graph: chain, paces }).evidence, {
      windowSeconds: 180,
      levelSeconds: 180,
      restartSeconds: 30,
      rewindSeconds: 0,
      bottleneck: 'map',
      vertices: {
        src: {
          parallelism: 2,
          busy: 0.01,
          backpressured: 0,
          inRate: 100,
          trueRate: 10_000,
          targetAtLeast: 100,
          wanted: 1,
          unknown: 'NotReported',
        },
        map: {
          parallelism: 10,
          busy: 0.1,
          backpressured: 0,
          inRate: 100,
          trueRate: 1000,
          targetAtLeast: 100,
          wanted: 2,
        },
      },
    });
  });
});

describe('when', () => {
  const paces = at(2000);
  const cases: readonly (readonly [string, Partial<Parameters<typeof look>[0]>, HoldReason | RescaleReason])[] = [
    ['a job that is not running is not looked at', { runningSince: undefined }, 'NotRunning'],
    ['a start is given time to settle', { runningSince: 150_000 }, 'Stabilizing'],
    ['an alert does not wait for a start that was not ours', { runningSince: 150_000, urgent: true }, 'TooFewSamples'],
    [
      'an alert waits for a start that was ours',
      { runningSince: 150_000, urgent: true, history: recordRescale(chain, { map: 12 }, 100_000) },
      'Stabilizing',
    ],
    ['a rescale that was asked for is awaited', { history: recordRescale(chain, { map: 12 }, 170_000) }, 'Restarting'],
    [
      'a rescale that never came is forgotten after a while',
      { history: recordRescale(chain, { map: 12 }, 20_000) },
      'LoadAboveTarget',
    ],
    ['nothing is decided without samples', { samples: [] }, 'TooFewSamples'],
    ['nothing is decided from one sample', { samples: samplesOf(chain, paces, [200]) }, 'TooFewSamples'],
    ['nothing is decided from samples of another run', { runningSince: 300_000, now: 380_000 }, 'TooFewSamples'],
    [
      'nothing is decided across two runs',
      {
        samples: [
          ...samplesOf(chain, paces, [20, 80, 140]),
          ...samplesOf(chain, paces, [0], { run: 'other', startedAt: 200 }),
        ],
      },
      'TooFewSamples',
    ],
    ['nothing is decided from old samples', { now: 320_000 }, 'MetricsUnknown'],
    [
      'samples at another parallelism are not used',
      {
        samples: samplesOf(
          aGraph({ src: { parallelism: 2 }, map: { parallelism: 9, from: ['src'] } }),
          paces,
          [80, 140, 200],
        ),
      },
      'TooFewSamples',
    ],
    ['all of this given, it grows', {}, 'LoadAboveTarget'],
  ];
  for (const [name, given, want] of cases) {
    test(name, () => assert.equal(look({ graph: chain, paces, ...given }).reason, want));
  }

  test('a hold that only waits tells when to look again', () => {
    const decision = look({ graph: chain, paces, runningSince: 150_000 });
    assert.equal(decision.kind === 'hold' && decision.recheckAfterSeconds, 10);
  });
});

describe('a jump', () => {
  const calm = samplesOf(chain, at(600), [20, 80, 140]);
  const jumped = [
    ...calm,
    ...samplesOf(chain, at(600), [140]).map((sample) => {
      const { src, map } = sample.vertices;
      const more = (m: typeof src, read: number, busy: number, idle: number, pending: number) => ({
        ...m!,
        readRecords: { kind: 'known' as const, value: 600 * 140 + read * 60 },
        busyMillis: { kind: 'known' as const, value: busy },
        idleMillis: { kind: 'known' as const, value: idle },
        pendingRecords: { kind: 'known' as const, value: pending },
      });
      return {
        ...sample,
        at: 200_000,
        vertices: {
          src: more(src, 1000, 140 * 120 + 60 * 200, 140 * 1880 + 60 * 1800, 60 * 2000),
          map: more(map, 1000, 140 * 6000 + 60 * 10_000, 140 * 4000, 0),
        },
      };
    }),
  ];

  test('is looked at twice before a restart is paid for it', () => {
    const first = look({ graph: chain, samples: jumped });
    assert.equal(first.reason, 'Confirming');
    assert.ok(first.kind === 'hold' && first.recheckAfterSeconds === 15);
    assert.equal(first.history.growthSince, 200_000);
    const again = look({ graph: chain, samples: jumped, now: 215_000, history: first.history });
    assert.equal(again.reason, 'LoadAboveTarget');
  });

  test('is sized for the new load, not for the mean of the window', () => {
    const decision = look({ graph: chain, samples: jumped, urgent: true });
    assert.equal(decision.evidence.vertices['src']?.targetRate, 3000);
    assert.equal(sizesAfter(chain, decision)['map'], 43);
  });
});

describe('shrinking', () => {
  const paces = at(200);
  const policy = { scaleDownDelaySeconds: 600 };

  test('waits for the delay and then takes the highest size that was wished in it', () => {
    const first = look({ graph: chain, paces, policy });
    assert.equal(first.reason, 'ScaleDownDelayed');
    assert.deepEqual(first.history.shrink, { since: 200_000, highest: { src: 1, map: 3 } });
    const peak = { ...first.history, shrink: { since: -400_000, highest: { src: 1, map: 6 } } };
    const last = look({ graph: chain, paces, policy, history: peak });
    assert.deepEqual(sizesAfter(chain, last), { src: 1, map: 6 });
    assert.deepEqual(last.history.lastRescale?.before, { src: 2, map: 10 });
    assert.equal(last.history.shrink, undefined);
  });

  test('a wish to grow, and a load that fits, end the wait', () => {
    const history = { shrink: { since: 0, highest: { map: 3 } } };
    assert.equal(look({ graph: chain, paces: at(2000), policy, history }).history.shrink, undefined);
    assert.equal(look({ graph: chain, paces: at(700), policy, history }).history.shrink, undefined);
  });

  test('a gap in the metrics does not', () => {
    const history = { shrink: { since: 0, highest: { map: 3 } } };
    const decision = look({ graph: chain, paces: { src: { in: 200, lag: null } }, policy, history });
    assert.deepEqual(decision.history, history);
  });

  test('where a restart alone breaks the lag limit, the wait grows with its square', () => {
    const history = { shrink: { since: -400_000, highest: { map: 3 } } };
    const slow = { ...policy, restartSeconds: 120, catchUpSeconds: 0 };
    assert.equal(look({ graph: chain, paces, policy: slow, history }).reason, 'ScaleDownDelayed');
    const longer = { shrink: { since: -2_200_000, highest: { map: 3 } } };
    assert.equal(look({ graph: chain, paces, policy: slow, history: longer }).reason, 'LoadBelowTarget');
  });

  test('a vertex loses no more than its share in one step', () => {
    const decision = look({ graph: chain, paces: at(10) });
    assert.deepEqual(sizesAfter(chain, decision), { src: 1, map: 4 });
    assert.deepEqual(decision.wanted, { src: 1, map: 1 });
  });

  test('a job at rest shrinks', () => {
    assert.deepEqual(sizesAfter(chain, look({ graph: chain, paces: {} })), { src: 1, map: 4 });
  });

  test('a job that restarts by itself does not shrink', () => {
    const before = samplesOf(chain, paces, [0, 60], { run: 'run-0', startedAt: -100 });
    const samples = [...before, ...samplesOf(chain, paces, [20, 80, 140, 200])];
    assert.equal(look({ graph: chain, samples }).reason, 'Flapping');
    const history = recordRescale(chain, { map: 12 }, -30_000);
    assert.equal(look({ graph: chain, samples, history }).reason, 'LoadBelowTarget');
  });
});

describe('bounds', () => {
  const more = at(4000);
  test('a growth stops at the largest allowed size', () => {
    const decision = look({ graph: chain, paces: more, bounds: { maxParallelism: 16 } });
    assert.equal(sizesAfter(chain, decision)['map'], 16);
  });
  test('at its bounds the job holds and asks for no more', () => {
    const decision = look({ graph: chain, paces: more, bounds: { maxParallelism: 10 } });
    assert.equal(decision.reason, 'AtBounds');
    assert.deepEqual(decision.wanted, { src: 2, map: 10 });
  });
  test('a vertex that has a subtask for each key group cannot grow', () => {
    const graph = aGraph({ src: {}, win: { parallelism: 8, maxParallelism: 8, from: ['src:HASH'] } });
    const paces = { src: { in: 800, backpressured: 1, lagGrowth: 800 }, win: { in: 800, busy: 1 } };
    assert.equal(look({ graph, paces }).reason, 'AtBounds');
  });
  test('a growth is no larger than its factor in one step, and the wish is', () => {
    const decision = look({ graph: chain, paces: at(9000), policy: { ...AT_ONCE, maxScaleUpFactor: 3 } });
    assert.equal(sizesAfter(chain, decision)['map'], 30);
    assert.ok(decision.wanted!['map']! > 100);
  });
  test('the smallest step still reaches a size that helps', () => {
    const graph = aGraph({ src: {}, win: { parallelism: 43, maxParallelism: 128, from: ['src:HASH'] } });
    const paces = { src: { in: 4267, backpressured: 1, lagGrowth: 9000 }, win: { in: 4267, busy: 42.67 / 43 } };
    const decision = look({ graph, paces, policy: { ...AT_ONCE, maxScaleUpFactor: 1 } });
    assert.equal(sizesAfter(graph, decision)['win'], 64);
  });
  test('a shrink stops at the smallest allowed size', () => {
    const graph = aGraph({ src: { parallelism: 6 }, map: { parallelism: 10, from: ['src'] } });
    const decision = look({ graph, paces: at(10), bounds: { minParallelism: 6 } });
    assert.deepEqual(sizesAfter(graph, decision), { src: 6, map: 6 });
  });
  test('new bounds are obeyed without metrics', () => {
    const decision = look({ graph: chain, samples: [], bounds: { minParallelism: 3, maxParallelism: 8 } });
    assert.equal(decision.reason, 'OutOfBounds');
    assert.deepEqual(sizesAfter(chain, decision), { src: 3, map: 8 });
  });
});

describe('a pause', () => {
  const cases: readonly (readonly ['scale-up' | 'scale-down' | 'scaling' | 'recovery' | 'all', number, boolean])[] = [
    ['scale-up', 2000, true],
    ['scale-up', 200, false],
    ['scale-down', 200, true],
    ['scale-down', 2000, false],
    ['scaling', 2000, true],
    ['all', 200, true],
    ['recovery', 2000, false],
  ];
  for (const [paused, load, holds] of cases) {
    test(`of ${paused} ${holds ? 'holds' : 'allows'} ${load > 1000 ? 'growth' : 'shrinking'}`, () => {
      assert.equal(look({ graph: chain, paces: at(load), paused }).kind, holds ? 'hold' : 'rescale');
    });
  }
  test('still tells the demand, and what would have happened', () => {
    const decision = look({ graph: chain, paces: at(2000), paused: 'all' });
    assert.equal(decision.reason, 'Paused');
    assert.equal(decision.wanted?.['map'], 29);
    assert.match(decision.message, /paused \(all\).*"map" 10 -> 29/);
  });
});

describe('an ineffective growth', () => {
  const before = aGraph({ src: {}, sink: { parallelism: 5, from: ['src'] } });
  const graph = aGraph({ src: {}, sink: { parallelism: 10, from: ['src'] } });
  const paces = (rate: number): Paces => ({
    src: { in: rate, busy: 0.1, backpressured: 0.9, lagGrowth: 100 },
    sink: { in: rate, busy: 1 },
  });
  const history = recordRescale(before, { sink: 10 }, -60_000, { vertex: 'sink', trueRate: 50, inVain: 0 });

  test('is not repeated: something outside limits the vertex', () => {
    const decision = look({ graph, paces: paces(52), history });
    assert.equal(decision.reason, 'Ineffective');
    assert.match(decision.message, /"sink" did 50 records\/s with 5 subtasks and does 52 with 10/);
    assert.deepEqual(decision.wanted, { src: 1, sink: 10 });
  });
  test('is one that brought less than a tenth', () => {
    assert.equal(look({ graph, paces: paces(56), history }).reason, 'LoadAboveTarget');
  });
  test('is tried again after half an hour, for that vertex alone, and then after an hour', () => {
    const grown = (inVain: number) =>
      recordRescale(before, { sink: 10 }, -1_700_000, { vertex: 'sink', trueRate: 50, inVain });
    const busySource = { ...paces(52), src: { in: 52, busy: 1, lagGrowth: 100 } };
    const again = look({ graph, paces: busySource, history: grown(0) });
    assert.equal(again.reason, 'LoadAboveTarget');
    assert.equal(sizesAfter(graph, again)['src'], 1);
    assert.equal(again.history.lastRescale?.relieves?.inVain, 1);
    assert.equal(look({ graph, paces: paces(52), history: grown(1) }).reason, 'Ineffective');
  });
  test('is not held against a job that was resized by someone else since', () => {
    const other = aGraph({ src: {}, sink: { parallelism: 8, from: ['src'] } });
    assert.equal(look({ graph: other, paces: paces(52), history }).reason, 'LoadAboveTarget');
  });
});

describe('messages', () => {
  const cases: readonly (readonly [string, Parameters<typeof look>[0], RegExp])[] = [
    [
      'growth',
      { graph: chain, paces: at(2000) },
      /^"map" must process 2000 records\/s and can do 1000 at parallelism 10 \(200 %\): "map" 10 -> 29/,
    ],
    [
      'stability',
      { graph: chain, paces: at(700) },
      /^the size fits: "map" must process 700 records\/s and can do 1000/,
    ],
    ['settling', { graph: chain, runningSince: 150_000 }, /^running for 50 s of the 60 s/],
    [
      'a lag',
      { graph: chain, paces: { src: { in: 100, lag: null } } },
      /of "src", its lag \(NotReported\) is not known/,
    ],
  ];
  for (const [what, given, want] of cases)
    test(`tell ${what} in numbers`, () => assert.match(look(given).message, want));

  test('cut names that would fill a page', () => {
    const graph = { vertices: chain.vertices.map((v) => ({ ...v, name: v.id.repeat(100) })) };
    assert.ok(look({ graph, paces: at(2000) }).message.length < 250);
  });
});
