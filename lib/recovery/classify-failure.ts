import type { EpochMillis } from '../model/instant.ts';
import { FAILURE_RULES } from './failure-rules.ts';
import type { Failure, PodProblem } from './failure.ts';

/** Everything that was read about why a job may not run. */
export type FailureEvidence = {
  /** The job's state, live or as the controller reports it. */
  readonly state: string | undefined;
  /** Flink's newest root exception. */
  readonly failure?: { readonly at: EpochMillis; readonly text: string } | undefined;
  /** The controller's own error text. */
  readonly workloadError?: string | undefined;
  readonly podProblems?: readonly PodProblem[];
};

/**
 * What kind of failure the evidence shows; undefined when there is none. Says nothing about whether the job is down: a running job
 * still carries its last exception.
 */
export const classifyFailure = (evidence: FailureEvidence): Failure | undefined => {
  const clues = collectClues(evidence);
  const at = evidence.failure?.at;
  for (const { class: failureClass, reason, pattern } of FAILURE_RULES) {
    const clue = clues.find(({ text }) => pattern.test(text));
    if (clue !== undefined) {
      return { class: failureClass, reason, source: clue.source, evidence: shorten(clue.text), at };
    }
  }
  const [clue] = clues;
  return clue && { class: 'unknown', reason: 'Unrecognised', source: clue.source, evidence: shorten(clue.text), at };
};

type Clue = { readonly source: Failure['source']; readonly text: string };

/** Some rules look for one word anywhere after another: on a text of many such words that takes quadratic time. */
const LONGEST_CLUE = 2_000;

const collectClues = ({ state, failure, workloadError, podProblems = [] }: FailureEvidence): readonly Clue[] =>
  [
    ...textClue('exception', failure?.text),
    ...textClue('controller', workloadError),
    ...podProblems.flatMap(({ pod, reason, message = '' }) => textClue('pod', `${pod}: ${reason} ${message}`)),
    ...textClue('state', state === 'FAILED' ? 'the job is FAILED, and nothing says why' : undefined),
  ].map(({ source, text }) => ({ source, text: text.slice(0, LONGEST_CLUE) }));

const textClue = (source: Failure['source'], text: string | undefined): readonly Clue[] =>
  text === undefined || text.trim() === '' ? [] : [{ source, text: text.trim() }];

/** First line, at most 300 characters: enough for a status, and no stack trace in it. */
const shorten = (text: string): string => (text.split('\n', 1)[0] ?? '').slice(0, 300);
