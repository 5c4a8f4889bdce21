import type { EpochMillis } from '../../../lib/model/instant.ts';
import type { Draft, JobState, VertexFlow } from './state.ts';

type Counter = Exclude<keyof VertexFlow, 'buffered'>;

/** `View.UPDATE_INTERVAL_SECONDS`, and the time that meters and time gauges look back. */
const READING_MILLIS = 5_000;
const SPAN_MILLIS = 60_000;

/** When the gauges take the next reading. */
export const nextReadingAt = ({ phase, gauges }: JobState): EpochMillis =>
  phase.kind === 'Running' ? (gauges.at(-1)?.at ?? 0) + READING_MILLIS : Infinity;

/** Reads the counters. A run begins with a reading of zeros. */
export const takeReading = (draft: Draft, at: EpochMillis): void => {
  const vertices = draft.vertices.map(({ read, write, busyMillis, backpressuredMillis, idleMillis }) => ({
    read: [...read],
    write: [...write],
    busyMillis: [...busyMillis],
    backpressuredMillis: [...backpressuredMillis],
    idleMillis: [...idleMillis],
  }));
  draft.gauges = [...draft.gauges.filter((reading) => reading.at >= at - SPAN_MILLIS), { at, vertices }];
};

/** How much a counter grew over the last minute, by subtask, and in how many seconds. */
const growth = ({ gauges }: JobState, vertex: number, counter: Counter): readonly [readonly number[], number] => {
  const [first, last] = [gauges[0], gauges.at(-1)];
  if (first === undefined || last === undefined) return [[], 0];
  const before = first.vertices[vertex]![counter];
  return [last.vertices[vertex]![counter].map((now, i) => now - before[i]!), (last.at - first.at) / 1000];
};

/** Records per second by subtask, over a whole minute even when the run is younger (`MeterView`): it climbs after a start. */
export const recordsPerSecond = (state: JobState, vertex: number, counter: 'read' | 'write'): readonly number[] =>
  growth(state, vertex, counter)[0].map((records) => records / (SPAN_MILLIS / 1000));

/** Milliseconds per second by subtask, over the last minute or since the run began (`TimerGauge`). */
export const millisPerSecond = (
  state: JobState,
  vertex: number,
  counter: 'busyMillis' | 'backpressuredMillis' | 'idleMillis',
): readonly number[] => {
  const [grown, seconds] = growth(state, vertex, counter);
  return grown.map((millis) => (seconds === 0 ? 0 : Math.round(millis / seconds)));
};
