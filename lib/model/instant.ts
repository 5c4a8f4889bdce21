/** A point in time: milliseconds since the Unix epoch, as `World.now` gives it. */
export type EpochMillis = number;

/** RFC 3339 text without fractions, the form Kubernetes uses in status fields. */
export const toTimestamp = (at: EpochMillis): string => `${new Date(at).toISOString().slice(0, 19)}Z`;

/** Parses an RFC 3339 text; undefined when it is not one. */
export const fromTimestamp = (text: string | undefined): EpochMillis | undefined => {
  const at = text === undefined ? Number.NaN : Date.parse(text);
  return Number.isNaN(at) ? undefined : at;
};
