/**
 * Paths of state. Flink resolves `..` and collapses `//` in a path before it uses it (`Path.normalizePath`), other
 * readers decode `%2e`, and so on; what looks below a prefix need not stay there. So nothing is repaired here: a path
 * is taken only in its normal form, in which there is one reading.
 */

const URI = /^(?<scheme>[a-z][a-z0-9+.-]*):\/\/(?<authority>[A-Za-z0-9._:-]*)(?<path>\/.*)$/;
/** No `%` (decoded by some), no `\` (a separator to some), no `?` and `#`, no spaces, nothing outside ASCII. */
const SEGMENT = /^[A-Za-z0-9._=+,:@!~$&'()-]+$/;

/** Schemes that different file systems of Flink and Hadoop use for one and the same store. */
const SAME_STORE: Readonly<Record<string, string>> = { s3a: 's3', s3n: 's3', s3p: 's3', abfss: 'abfs', wasbs: 'wasb' };

/** What is wrong with a path, or undefined when it has one reading only. */
export const pathProblem = (uri: string): string | undefined => {
  const groups = URI.exec(uri)?.groups;
  if (groups === undefined) return 'must be a URI such as s3://bucket/path';
  const segments = groups['path']!.split('/').slice(1);
  if (segments.at(-1) === '') segments.pop();
  if (segments.some((segment) => segment === '.' || segment === '..')) return 'must not contain . or .. segments';
  if (segments.some((segment) => segment === '')) return 'must not contain empty segments';
  if (!segments.every((segment) => SEGMENT.test(segment))) {
    return 'must hold nothing but letters, digits and plain punctuation: no %, \\, ?, # or spaces';
  }
  return undefined;
};

/** Whether a path lies at or below a prefix; false for every path without one clear reading. */
export const isBelow = (prefix: string, uri: string): boolean =>
  pathProblem(prefix) === undefined && pathProblem(uri) === undefined && `${uri}/`.startsWith(withSlash(prefix));

/** Whether two prefixes share anything: one lies at or below the other in the same store. */
export const prefixesOverlap = (a: string, b: string): boolean => {
  const [one, other] = [withSlash(storeOf(a)), withSlash(storeOf(b))];
  return one.startsWith(other) || other.startsWith(one);
};

const withSlash = (uri: string): string => (uri.endsWith('/') ? uri : `${uri}/`);

/** The same path under its store's one name; host names are the same in any case. */
const storeOf = (uri: string): string => {
  const groups = URI.exec(uri)?.groups;
  if (groups === undefined) return uri;
  const scheme = groups['scheme']!;
  return `${SAME_STORE[scheme] ?? scheme}://${groups['authority']!.toLowerCase()}${groups['path']!}`;
};
