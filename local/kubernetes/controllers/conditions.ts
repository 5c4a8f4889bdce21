import type { JsonObject } from '../object.ts';

/** Conditions with the time at which each last turned. */
export const withTransitions = (
  before: readonly JsonObject[],
  wanted: readonly JsonObject[],
  at: string,
): JsonObject[] =>
  wanted.map((condition) => {
    const old = before.find(({ type }) => type === condition['type']);
    const lastTransitionTime = old?.['status'] === condition['status'] ? (old?.['lastTransitionTime'] ?? at) : at;
    return { ...condition, lastTransitionTime };
  });
