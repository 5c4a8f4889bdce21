/** Values as Flink writes and reads them in its configuration. */

const DURATIONS: readonly (readonly [names: readonly string[], millis: number])[] = [
  [['ns', 'nano', 'nanos', 'nanosecond', 'nanoseconds'], 1e-6],
  [['µs', 'micro', 'micros', 'microsecond', 'microseconds'], 1e-3],
  [['', 'ms', 'milli', 'millis', 'millisecond', 'milliseconds'], 1],
  [['s', 'sec', 'secs', 'second', 'seconds'], 1000],
  [['m', 'min', 'minute', 'minutes'], 60_000],
  [['h', 'hour', 'hours'], 3_600_000],
  [['d', 'day', 'days'], 86_400_000],
];

const ISO = /^PT?(?:(\d+)D)?T?(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?$/i;

/** A duration (`TimeUtils.parseDuration`: `10 s`, `1min`, `500`, `PT10S`) in milliseconds; undefined when it is none. */
export const parseFlinkDuration = (text: string): number | undefined => {
  const trimmed = text.trim();
  const plain = /^(\d{1,15})\s*([a-zµ]*)$/i.exec(trimmed);
  if (plain !== null) {
    const unit = DURATIONS.find(([names]) => names.includes(plain[2]!.toLowerCase()))?.[1];
    return unit === undefined ? undefined : Number(plain[1]) * unit;
  }
  const iso = ISO.exec(trimmed);
  if (iso === null || iso.slice(1).every((part) => part === undefined)) return undefined;
  const [days, hours, minutes, seconds] = iso.slice(1).map((part) => Number(part ?? 0));
  return (((days! * 24 + hours!) * 60 + minutes!) * 60 + seconds!) * 1000;
};

const BYTES: readonly (readonly [names: readonly string[], bytes: number])[] = [
  [['', 'b', 'bytes'], 1],
  [['k', 'kb', 'ki', 'kibibytes'], 2 ** 10],
  [['m', 'mb', 'mi', 'mebibytes'], 2 ** 20],
  [['g', 'gb', 'gi', 'gibibytes'], 2 ** 30],
  [['t', 'tb', 'ti', 'tebibytes'], 2 ** 40],
];

/**
 * A memory size (`MemorySize.parse`: `640m`, `2 gb`, `1048576`) in bytes, also with the suffixes of Kubernetes (`2Gi`),
 * which the operator takes in resources; undefined when it is none. Flink's units are binary: `1g` is 2^30 bytes.
 */
export const parseFlinkMemory = (text: string): number | undefined => {
  const match = /^(\d{1,15}(?:\.\d{1,9})?)\s*([a-z]*)$/i.exec(text.trim());
  const unit = BYTES.find(([names]) => names.includes(match?.[2]?.toLowerCase() ?? 'none'))?.[1];
  const bytes = unit === undefined ? undefined : Math.ceil(Number(match?.[1]) * unit);
  return bytes !== undefined && Number.isSafeInteger(bytes) ? bytes : undefined;
};
