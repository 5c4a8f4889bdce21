import type { EpochMillis } from '../../model/instant.ts';
import type { Exceptions } from './answers.ts';

const LONGEST_TEXT = 500;

/**
 * The newest root exception: of the history, which every version has, and of what 1.x names apart as the end of the job
 * (the same cause, wrapped into why no restart followed).
 */
export const parseFailure = (
  exceptions: Exceptions,
): { readonly at: EpochMillis; readonly text: string } | undefined => {
  const failures = exceptions.exceptionHistory.entries.map((e) => ({ at: e.timestamp, stackTrace: e.stacktrace }));
  const root = exceptions['root-exception'];
  if (root !== null && root !== undefined) failures.push({ at: exceptions.timestamp ?? 0, stackTrace: root });
  const newest = failures.sort((a, b) => b.at - a.at).at(0);
  return newest && { at: newest.at, text: summariseStackTrace(newest.stackTrace) };
};

/** First line and innermost cause: a wrapper alone (`JobException: Recovery is suppressed …`) explains nothing. */
export const summariseStackTrace = (stackTrace: string): string => {
  const lines = stackTrace.split('\n');
  const first = lines[0]?.trim() ?? '';
  const cause = lines.findLast((line) => line.startsWith('Caused by: '))?.trim();
  return (cause === undefined ? first : `${first} (${cause})`).slice(0, LONGEST_TEXT);
};
