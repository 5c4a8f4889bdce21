import { effectiveParallelism } from '../../../lib/autoscale/key-groups.ts';
import { inFlowOrder } from '../../../lib/autoscale/target-rates.ts';
import type { JobGraph, MetricSample, Vertex, VertexCounters, VertexId } from '../../../lib/model/job-graph.ts';
import { known, unknown } from '../../../lib/model/measurement.ts';
import { resized } from './graphs.ts';

/** How a vertex behaves: what one subtask can do in a second, and what it makes of a record. */
export type Behaviour = {
  readonly ratePerSubtask: number;
  /** Records out for each record in, to each of its readers. Default 1. */
  readonly selectivity?: number;
  /** Nothing outside lets it do more, however many subtasks it has. */
  readonly ceiling?: number;
  /** Share of the time at work in which Flink calls it busy; less than 1 for asynchronous calls. Default 1. */
  readonly busyShare?: number;
};

export type FluidOptions = {
  readonly graph: JobGraph;
  readonly behaviour: Readonly<Record<VertexId, Behaviour>>;
  /** Records per second that arrive at each source. */
  readonly load: (seconds: number) => number;
  readonly restartSeconds: number;
  readonly checkpointSeconds?: number;
  readonly reportsLag?: boolean;
};

type Stage = {
  readonly vertex: Vertex;
  readonly behaviour: Behaviour;
  /** Records that reach it for each record that the sources take in. */
  readonly share: number;
  /** What the sources could take in if it were the slowest. */
  readonly pace: number;
  /** Something outside is what makes it the slowest. */
  readonly limited: boolean;
  readonly readers: number;
};

/**
 * A Flink job as a fluid, in steps of one second: no buffers, so the slowest vertex sets the pace of all, everything
 * above it is backpressured and everything below it idles. Restarts take time and replay from the last checkpoint.
 */
export class FluidJob {
  graph: JobGraph;
  seconds = 0;
  run = 1;
  runningSince: number | undefined = 0;
  /** Records waiting at each source (all sources get the same load). */
  backlog = 0;
  rescales = 0;
  /** Seconds in which the lag was longer than 60 s of input. */
  violationSeconds = 0;
  slotSeconds = 0;
  longestLagSeconds = 0;
  readonly #options: FluidOptions;
  #counters = new Map<VertexId, Record<'read' | 'write' | 'busy' | 'backpressured' | 'idle', number>>();
  #stages: readonly Stage[] = [];
  #downUntil = 0;
  #sinceCheckpoint = 0;

  constructor(options: FluidOptions) {
    this.#options = options;
    this.graph = options.graph;
    this.#reset();
  }

  get now(): number {
    return this.seconds * 1000;
  }

  rescale(parallelism: Readonly<Record<VertexId, number>>): void {
    this.rescales += 1;
    this.graph = resized(this.graph, parallelism);
    this.restart();
  }

  /** Stops, comes back after the restart time, and reads again what was read since the last checkpoint. */
  restart(): void {
    this.runningSince = undefined;
    this.#downUntil = this.seconds + this.#options.restartSeconds;
    this.backlog += this.#sinceCheckpoint;
    this.#sinceCheckpoint = 0;
  }

  advance(seconds: number): void {
    for (let i = 0; i < seconds; i += 1) this.#step();
  }

  sample(): MetricSample {
    const { reportsLag = true } = this.#options;
    const entries = this.graph.vertices.map((vertex): [string, VertexCounters] => {
      const c = this.#counters.get(vertex.id)!;
      return [
        vertex.id,
        {
          parallelism: vertex.parallelism,
          readRecords: known(c.read),
          writeRecords: known(c.write),
          busyMillis: known(c.busy),
          backpressuredMillis: known(c.backpressured),
          idleMillis: known(c.idle),
          pendingRecords: vertex.inputs.length === 0 && reportsLag ? known(this.backlog) : unknown('NotReported'),
        },
      ];
    });
    return { at: this.now, run: `run-${this.run}`, vertices: Object.fromEntries(entries) };
  }

  #reset(): void {
    this.#stages = this.#layOut();
    this.#counters = new Map(
      this.graph.vertices.map((v) => [v.id, { read: 0, write: 0, busy: 0, backpressured: 0, idle: 0 }]),
    );
  }

  #step(): void {
    const load = this.#options.load(this.seconds);
    this.seconds += 1;
    this.slotSeconds += Math.max(...this.graph.vertices.map((v) => v.parallelism));
    this.backlog += load;
    if (this.runningSince === undefined) {
      if (this.seconds >= this.#downUntil) {
        this.run += 1;
        this.runningSince = this.now;
        this.#reset();
      }
    } else {
      this.#work();
    }
    const lagSeconds = load === 0 ? 0 : this.backlog / load;
    this.longestLagSeconds = Math.max(this.longestLagSeconds, lagSeconds);
    if (lagSeconds > 60) this.violationSeconds += 1;
  }

  /** What follows from graph and behaviour alone: each vertex with its share of the input and its capacity. */
  #layOut(): readonly Stage[] {
    const { behaviour } = this.#options;
    const share = new Map<VertexId, number>();
    return inFlowOrder(this.graph).map((id) => {
      const vertex = this.graph.vertices.find((v) => v.id === id)!;
      const { ratePerSubtask, ceiling = Infinity } = behaviour[id]!;
      const reached = vertex.inputs.reduce(
        (n, { from }) => n + share.get(from)! * (behaviour[from]!.selectivity ?? 1),
        0,
      );
      share.set(id, vertex.inputs.length === 0 ? 1 : reached);
      const able = ratePerSubtask * effectiveParallelism(vertex, vertex.parallelism);
      return {
        vertex,
        behaviour: behaviour[id]!,
        share: share.get(id)!,
        pace: Math.min(ceiling, able) / share.get(id)!,
        limited: ceiling <= able,
        readers: this.graph.vertices.filter((o) => o.inputs.some((input) => input.from === id)).length,
      };
    });
  }

  #work(): void {
    const pace = Math.min(...this.#stages.map((stage) => stage.pace));
    const taken = Math.min(this.backlog, pace);
    const slowest = taken < pace ? undefined : this.#stages.find((stage) => stage.pace === pace);
    const above = new Set<VertexId>();
    for (const { vertex } of this.#stages.toReversed()) {
      if (vertex === slowest?.vertex || above.has(vertex.id)) for (const { from } of vertex.inputs) above.add(from);
    }
    for (const stage of this.#stages) {
      const { id, parallelism } = stage.vertex;
      const { ratePerSubtask, selectivity = 1, busyShare = 1 } = stage.behaviour;
      const processed = taken * stage.share;
      const busy = stage === slowest && stage.limited ? parallelism : (processed / ratePerSubtask) * busyShare;
      const counters = this.#counters.get(id)!;
      counters.read += processed;
      counters.write += processed * selectivity * stage.readers;
      counters.busy += busy * 1000;
      counters[above.has(id) ? 'backpressured' : 'idle'] += (parallelism - busy) * 1000;
    }
    this.backlog -= taken;
    const { checkpointSeconds = 30 } = this.#options;
    this.#sinceCheckpoint = this.seconds % checkpointSeconds === 0 ? 0 : this.#sinceCheckpoint + taken;
  }
}
