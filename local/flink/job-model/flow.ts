import type { EpochMillis } from '../../../lib/model/instant.ts';
import { serviceNoise } from './noise.ts';
import { routes, type Output } from './routing.ts';
import { sum, type Draft, type JobState, type PartitionLog } from './state.ts';

/**
 * Lets records flow until a time: into the logs always, through the job while it runs.
 *
 * A step is two passes over the graph. Backwards: what can each subtask take in, given its speed, its buffers and what its
 * readers can take? Forwards: what is there moves, as far as it may. So a record passes the whole graph in one step, buffers
 * fill only before a vertex that is too slow, and its senders are held up as soon as they are full.
 */
export const flow = (draft: Draft, until: EpochMillis): void => {
  const millis = until - draft.flowedUntil;
  if (millis <= 0) return;
  arrive(draft, millis);
  if (draft.phase.kind === 'Running') work(draft, millis);
  draft.flowedUntil = until;
};

const arrive = ({ spec, logs, flowedUntil }: Draft, millis: number): void => {
  for (const [v, log] of logs.entries()) {
    const source = spec.vertices[v]!.source;
    if (log === undefined || source === undefined) continue;
    const records = Math.max(0, source.arrival(flowedUntil + millis / 2)) * (millis / 1000);
    for (let k = 0; k < source.partitions; k += 1) log.arrived[k]! += records / source.partitions;
  }
};

const work = (draft: Draft, millis: number): void => {
  const { spec, vertices, parallelism } = draft;
  const outputs = routesOf(draft);
  const able = spec.vertices.map(
    (vertex, v) => vertex.ratePerSubtask * serviceNoise(spec, v, draft.flowedUntil) * (millis / 1000),
  );
  const budgets = budgetsOf(draft, outputs, able, millis);

  for (const [v, vertex] of spec.vertices.entries()) {
    const flows = vertices[v]!;
    const log = draft.logs[v];
    const wishes = Array.from({ length: parallelism[v]! }, (_, i) =>
      Math.min(able[v]!, log === undefined ? waitingIn(flows.buffered, i) : pendingAt(log, i, parallelism[v]!)),
    );
    const allowed = ceilingShare(vertex.ceiling, wishes, millis);
    const selectivity = vertex.selectivity ?? 1;
    const passing = outputShares(outputs[v]!, budgets[v]!, wishes, allowed * selectivity);

    const moved = wishes.map((wish, i) => wish * allowed * passing(i));
    for (const [i, records] of moved.entries()) {
      const atWork = allowed < 1 ? millis : (wishes[i]! / able[v]!) * millis;
      const busy = Math.min(millis, atWork * passing(i));
      flows.read[i]! += records;
      flows.write[i]! += records * selectivity * outputs[v]!.length;
      flows.busyMillis[i]! += busy;
      // Held up, a subtask has more to do than it may; else it has nothing to do.
      (passing(i) < 1 ? flows.backpressuredMillis : flows.idleMillis)[i]! += millis - busy;
      if (log === undefined) takeFrom(flows.buffered, i, records);
      else readFrom(log, i, parallelism[v]!, records);
    }
    const total = sum(moved) * selectivity;
    for (const { reader, input, shares } of outputs[v]!) {
      const queue = vertices[reader]!.buffered[input]!;
      for (let j = 0; j < queue.length; j += 1) {
        queue[j]! += shares === undefined ? moved[j]! * selectivity : total * shares[j]!;
      }
    }
  }
};

/** Records that each output may take in this step: in all, or for each subtask where subtask i sends to subtask i. */
type Budget = number | readonly number[];

const budgetsOf = (
  { spec, settings, vertices, parallelism }: Draft,
  outputs: readonly (readonly Output[])[],
  able: readonly number[],
  millis: number,
): readonly (readonly Budget[])[] => {
  const capacities: (readonly number[])[] = [];
  const budgets: (readonly Budget[])[] = [];
  for (let v = spec.vertices.length - 1; v >= 0; v -= 1) {
    const vertex = spec.vertices[v]!;
    budgets[v] = outputs[v]!.map(({ reader, input, shares }) => {
      const to = spec.vertices[reader]!;
      const size = to.ratePerSubtask * settings.bufferSeconds;
      // Two inputs share what a subtask can do; what the other leaves unused finds room in the buffers.
      const room = vertices[reader]!.buffered[input]!.map((waiting, j) =>
        Math.max(0, size - waiting + capacities[reader]![j]! / to.inputs.length),
      );
      if (shares === undefined) return room;
      return room.reduce((least, free, j) => (shares[j]! > 0 ? Math.min(least, free / shares[j]!) : least), Infinity);
    });
    const wishes = Array.from({ length: parallelism[v]! }, () => able[v]!);
    const allowed = ceilingShare(vertex.ceiling, wishes, millis);
    const passing = outputShares(outputs[v]!, budgets[v]!, wishes, allowed * (vertex.selectivity ?? 1));
    capacities[v] = wishes.map((wish, i) => wish * allowed * passing(i));
  }
  return budgets;
};

/** The share of the wishes that something outside lets through. */
const ceilingShare = (ceiling: number | undefined, wishes: readonly number[], millis: number): number => {
  const wished = sum(wishes);
  return ceiling === undefined || wished === 0 ? 1 : Math.min(1, (ceiling * (millis / 1000)) / wished);
};

/** The share of its wish that each subtask can send on; `factor` records leave for each that is wished. */
const outputShares = (
  outputs: readonly Output[],
  budgets: readonly Budget[],
  wishes: readonly number[],
  factor: number,
): ((subtask: number) => number) => {
  const total = sum(wishes) * factor;
  const forAll = outputs.reduce((least, _, o) => {
    const budget = budgets[o]!;
    return typeof budget === 'number' && total > budget ? Math.min(least, budget / total) : least;
  }, 1);
  const own = budgets.filter((budget) => typeof budget !== 'number');
  return (i) =>
    own.reduce((least, budget) => {
      const wished = wishes[i]! * factor;
      return wished > budget[i]! ? Math.min(least, budget[i]! / wished) : least;
    }, forAll);
};

const waitingIn = (buffered: readonly (readonly number[])[], subtask: number): number =>
  buffered.reduce((all, queue) => all + queue[subtask]!, 0);

/** Takes records off a subtask's inputs, from each as much as it holds of the whole. */
const takeFrom = (buffered: readonly number[][], subtask: number, records: number): void => {
  const waiting = waitingIn(buffered, subtask);
  if (waiting === 0) return;
  const left = Math.max(0, 1 - records / waiting);
  for (const queue of buffered) queue[subtask]! *= left;
};

/** Records that wait for one subtask of a source: partition k is read by subtask k mod p. */
export const pendingAt = (log: PartitionLog, subtask: number, parallelism: number): number => {
  let pending = 0;
  for (let k = subtask; k < log.arrived.length; k += parallelism) pending += log.arrived[k]! - log.read[k]!;
  return pending;
};

const readFrom = (log: PartitionLog, subtask: number, parallelism: number, records: number): void => {
  const pending = pendingAt(log, subtask, parallelism);
  if (pending <= 0) return;
  const share = Math.min(1, records / pending);
  for (let k = subtask; k < log.arrived.length; k += parallelism) {
    log.read[k]! += (log.arrived[k]! - log.read[k]!) * share;
  }
};

/** Routes depend on the job and its size only, and every run begins with a new list of sizes. */
const known = new WeakMap<readonly number[], readonly (readonly Output[])[]>();

const routesOf = ({ spec, parallelism }: Pick<JobState, 'spec' | 'parallelism'>): readonly (readonly Output[])[] => {
  const found = known.get(parallelism) ?? routes(spec, parallelism);
  known.set(parallelism, found);
  return found;
};
