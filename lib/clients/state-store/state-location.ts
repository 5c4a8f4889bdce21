/** Where state lies: a URI of checkpoints, savepoints or HA metadata, taken apart. */
export type StateLocation = {
  /** Lower case; every name of S3's file systems in Flink and Hadoop (`s3a`, `s3n`, `s3p`) is `s3`. */
  readonly scheme: string;
  /** The bucket, or what the file system takes for a host; empty for most file locations. */
  readonly authority: string;
  readonly segments: readonly string[];
};

const S3_NAMES: ReadonlySet<string> = new Set(['s3', 's3a', 's3n', 's3p']);

/**
 * Reads a location as Flink's `Path` does: `file:/a//b/` is `file:///a/b`. Undefined for what has no scheme, and for anything that
 * could lead elsewhere than it seems: `.` and `..` (also percent-encoded), backslashes, control characters.
 */
export const parseStateLocation = (text: string): StateLocation | undefined => {
  const match = /^(?<scheme>[a-z][a-z0-9+.-]*):(?:\/\/(?<authority>[^/]*))?(?<path>\/.*)?$/is.exec(text);
  if (match?.groups === undefined || TRICKS.test(text)) return undefined;
  const { scheme, authority, path } = match.groups;
  const segments = (path ?? '').split('/').filter((segment) => segment !== '');
  if (segments.some((segment) => /^(?:\.|%2e)+$/i.test(segment))) return undefined;
  const name = scheme!.toLowerCase();
  return { scheme: S3_NAMES.has(name) ? 's3' : name, authority: authority ?? '', segments };
};

// oxlint-disable-next-line no-control-regex
const TRICKS = /[\u0000-\u001f\u007f\\]/;

/** Whether `location` is `prefix` or lies in the folder that it names. False for anything that is not a plain location. */
export const isBelow = (prefix: string, location: string): boolean => {
  const above = parseStateLocation(prefix);
  const below = parseStateLocation(location);
  return (
    above !== undefined &&
    below !== undefined &&
    above.scheme === below.scheme &&
    above.authority === below.authority &&
    above.segments.length <= below.segments.length &&
    above.segments.every((segment, i) => segment === below.segments[i])
  );
};

/** Whether two texts name one place: Flink reports `file:/a` for what was configured as `file:///a/`. */
export const isSameLocation = (a: string, b: string): boolean => isBelow(a, b) && isBelow(b, a);
