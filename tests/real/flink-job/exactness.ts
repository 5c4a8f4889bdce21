import { readdirSync, readFileSync } from 'node:fs';

import { z } from 'zod';

/** One key's answer to a mark of the source: what it had counted of the partition when everything before the mark's position had reached it. */
const Answer = z.object({
  partition: z.int(),
  key: z.int(),
  /** How many keys were asked. */
  keys: z.int(),
  /** When the reader took the partition up, and from which position: these name the attempt. */
  startedAt: z.int(),
  startedFrom: z.int(),
  /** When the mark was made. */
  madeAt: z.int(),
  position: z.int(),
  count: z.int(),
  xor: z.int(),
});
type Answer = z.infer<typeof Answer>;

/** What the newest mark of the newest attempt showed about one partition. */
export interface PartitionReading {
  readonly partition: number;
  /** The source's position: the next number it emits. */
  readonly position: number;
  /** How many numbers the state holds, and their xor; `expectedXor` is that of 0 … position-1. */
  readonly count: number;
  readonly xor: number;
  readonly expectedXor: number;
  /** The position this attempt began from: the restored one, 0 when it began without state. */
  readonly startedFrom: number;
  readonly startedAtMillis: number;
  readonly markedAtMillis: number;
  /** Keys that have not answered this mark yet. */
  readonly missingKeys: number;
}

/** Reads what the job in this volume last proved, a reading per partition in order. No report yet: an empty list. */
export function readExactness(folder: string): PartitionReading[] {
  const newest = Map.groupBy(readAnswers(`${folder}/report`), (answer) => answer.partition);
  return [...newest.values()].map(readPartition).toSorted((a, b) => a.partition - b.partition);
}

function readAnswers(reports: string): Answer[] {
  let files: string[];
  try {
    files = readdirSync(reports).filter((file) => file.endsWith('.jsonl'));
  } catch {
    return [];
  }
  return files
    .flatMap((file) => readFileSync(`${reports}/${file}`, 'utf8').split('\n'))
    .filter((line) => line !== '')
    .map((line) => Answer.parse(JSON.parse(line)));
}

/** Old attempts leave their reports behind, and some keys answer a mark before others: only answers to the very newest mark count. */
function readPartition(answers: readonly Answer[]): PartitionReading {
  const newest = answers.reduce((a, b) => ((b.startedAt - a.startedAt || b.madeAt - a.madeAt) > 0 ? b : a));
  const same = answers.filter((answer) => answer.startedAt === newest.startedAt && answer.madeAt === newest.madeAt);
  return {
    partition: newest.partition,
    position: newest.position,
    count: same.reduce((sum, answer) => sum + answer.count, 0),
    xor: Number(same.reduce((xor, answer) => xor ^ BigInt(answer.xor), 0n)),
    expectedXor: xorUpTo(newest.position),
    startedFrom: newest.startedFrom,
    startedAtMillis: newest.startedAt,
    markedAtMillis: newest.madeAt,
    missingKeys: newest.keys - same.length,
  };
}

/** The xor of 0 … end-1: it repeats with period four. */
export function xorUpTo(end: number): number {
  const last = end - 1;
  return [last, 1, last + 1, 0][((last % 4) + 4) % 4] ?? 0;
}

/** What a proof asks for, beyond the state agreeing with the source. */
export interface ExactnessWish {
  readonly partitions: number;
  /** Only marks made since then count: say when the job was drained or restored, and an older attempt's proof is not taken for this one's. */
  readonly sinceMillis?: number;
  /** Where each partition must have ended; from `drain()`. */
  readonly ends?: readonly number[];
}

/** Every way in which the readings fall short of "each number was counted exactly once", in words; empty when they prove it. */
export function exactnessProblems(readings: readonly PartitionReading[], wish: ExactnessWish): string[] {
  return Array.from({ length: wish.partitions }, (_, partition) => {
    const reading = readings.find((candidate) => candidate.partition === partition);
    return partitionProblems(partition, reading, wish);
  }).flat();
}

function partitionProblems(partition: number, reading: PartitionReading | undefined, wish: ExactnessWish): string[] {
  if (reading === undefined) return [`partition ${partition}: no report`];
  if (reading.markedAtMillis < (wish.sinceMillis ?? 0)) return [`partition ${partition}: no mark since then`];
  if (reading.missingKeys > 0) return [`partition ${partition}: ${reading.missingKeys} keys have not answered`];

  const { position, count, xor, expectedXor } = reading;
  const end = wish.ends?.[partition];
  const problems: string[] = [];
  if (count < position) problems.push(`partition ${partition}: ${position - count} of ${position} numbers are lost`);
  if (count > position)
    problems.push(`partition ${partition}: ${count - position} numbers beyond ${position} are counted`);
  if (count === position && xor !== expectedXor)
    problems.push(`partition ${partition}: some numbers are lost and as many counted twice`);
  if (end !== undefined && position !== end)
    problems.push(`partition ${partition}: the source is at ${position} and not at its end ${end}`);
  return problems;
}
