import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';

import fc from 'fast-check';

import { exactnessProblems, readExactness, xorUpTo } from './exactness.ts';

const folder = mkdtempSync(join(tmpdir(), 'exactness-'));
after(() => rmSync(folder, { recursive: true }));

interface Attempt {
  readonly position: number;
  readonly startedAt?: number;
  readonly madeAt?: number;
  /** What the state holds, when it is not what it should be. */
  readonly counted?: readonly number[];
  readonly answeringKeys?: number;
}

const keys = 4;
const numbers = (end: number) => Array.from({ length: end }, (_, number) => number);

/** The report that subtasks would write: partition 0 alone, its numbers spread over the keys. */
function report(file: string, attempt: Attempt): void {
  const { position, startedAt = 1, madeAt = 2, counted = numbers(position), answeringKeys = keys } = attempt;
  const answers = numbers(answeringKeys).map((key) => {
    const own = counted.filter((number) => number % keys === key);
    const xor = own.reduce((sum, number) => sum ^ number, 0);
    return { partition: 0, key, keys, startedAt, startedFrom: 0, madeAt, position, count: own.length, xor };
  });
  mkdirSync(`${folder}/report`, { recursive: true });
  writeFileSync(`${folder}/report/${file}.jsonl`, answers.map((answer) => `${JSON.stringify(answer)}\n`).join(''));
}

function problemsOf(attempts: readonly Attempt[], wish: { sinceMillis?: number; ends?: number[] } = {}): string[] {
  rmSync(`${folder}/report`, { recursive: true, force: true });
  attempts.forEach((attempt, i) => report(String(i), attempt));
  return exactnessProblems(readExactness(folder), { partitions: 1, ...wish });
}

describe('exactness', () => {
  const cases: Record<
    string,
    { attempts: Attempt[]; wish?: { sinceMillis?: number; ends?: number[] }; problems: string[] }
  > = {
    'no report proves nothing': { attempts: [], problems: ['partition 0: no report'] },
    'a source that has read nothing yet is exact': { attempts: [{ position: 0 }], problems: [] },
    'every number counted once is exact': { attempts: [{ position: 10 }], problems: [] },
    'a number that is missing is lost': {
      attempts: [{ position: 10, counted: numbers(9) }],
      problems: ['partition 0: 1 of 10 numbers are lost'],
    },
    'a number that came twice is one too many': {
      attempts: [{ position: 10, counted: [...numbers(10), 3] }],
      problems: ['partition 0: 1 numbers beyond 10 are counted'],
    },
    'a loss that a repetition makes up for in the count shows in the xor': {
      attempts: [{ position: 10, counted: [...numbers(9), 3] }],
      problems: ['partition 0: some numbers are lost and as many counted twice'],
    },
    'a key that has not answered yet is waited for': {
      attempts: [{ position: 10, answeringKeys: 3 }],
      problems: ['partition 0: 1 keys have not answered'],
    },
    'the newest attempt speaks, though it is behind the older one': {
      attempts: [
        { position: 20, startedAt: 1, madeAt: 9 },
        { position: 10, startedAt: 5, madeAt: 8, counted: numbers(9) },
      ],
      problems: ['partition 0: 1 of 10 numbers are lost'],
    },
    'of one attempt the newest mark speaks': {
      attempts: [
        { position: 10, madeAt: 2, counted: numbers(9) },
        { position: 20, madeAt: 3 },
      ],
      problems: [],
    },
    'a proof from before the moment asked for is none': {
      attempts: [{ position: 10, madeAt: 2 }],
      wish: { sinceMillis: 3 },
      problems: ['partition 0: no mark since then'],
    },
    'a source that stopped before its end has lost what it did not read': {
      attempts: [{ position: 10 }],
      wish: { ends: [11] },
      problems: ['partition 0: the source is at 10 and not at its end 11'],
    },
  };
  for (const [name, { attempts, wish, problems }] of Object.entries(cases)) {
    it(name, () => assert.deepEqual(problemsOf(attempts, wish), problems));
  }

  it('knows the xor of all numbers up to any end', () => {
    const end = fc.integer({ min: 0, max: 2000 });
    fc.assert(fc.property(end, (n) => xorUpTo(n) === numbers(n).reduce((xor, number) => xor ^ number, 0)));
  });
});
