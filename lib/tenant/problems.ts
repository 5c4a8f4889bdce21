import type { z } from 'zod';
import { isRecord } from './record.ts';

/** A name that comes from outside, fit for a status field or a log line: short, and on one line. */
const shown = (name: string): string => {
  const short = name.length > 64 ? `${name.slice(0, 64)}…` : name;
  return /^[\w.$/…-]+$/.test(short) ? short : JSON.stringify(short);
};

const pathOf = (parts: readonly PropertyKey[]): string =>
  parts
    .map((part) => (typeof part === 'number' ? `[${part}]` : `.${shown(String(part))}`))
    .join('')
    .replace(/^\./, '');

/** Every problem that a schema found, as `path: message`. */
export const problemsOf = (error: z.ZodError, ...root: readonly PropertyKey[]): string[] =>
  error.issues.flatMap((issue) => {
    const at = [...root, ...issue.path];
    if (issue.code === 'unrecognized_keys') {
      return issue.keys.map((key) => `${pathOf([...at, key])}: is not allowed here`);
    }
    return [`${pathOf(at) || 'body'}: ${issue.message}`];
  });

/**
 * Fields that a schema dropped without a word. A misspelt field that is ignored would leave out what somebody asked
 * for (a fence, a limit), so it is a problem like any other.
 */
export const unknownFields = (given: unknown, parsed: unknown, path: string): string[] => {
  if (Array.isArray(given) && Array.isArray(parsed)) {
    return given.flatMap((value, index) => unknownFields(value, parsed[index], `${path}[${index}]`));
  }
  if (!isRecord(given) || !isRecord(parsed)) return [];
  return Object.entries(given).flatMap(([key, value]) => {
    const at = `${path}.${shown(key)}`;
    return Object.hasOwn(parsed, key) ? unknownFields(value, parsed[key], at) : [`${at}: unknown field`];
  });
};

/** What fits into a status message; hostile input can be wrong in thousands of places. */
const MAX_PROBLEMS = 50;

/** All problems, or the first ones and how many more there are. */
export const bounded = (problems: readonly string[]): readonly string[] =>
  problems.length <= MAX_PROBLEMS
    ? problems
    : [...problems.slice(0, MAX_PROBLEMS), `and ${problems.length - MAX_PROBLEMS} more`];
