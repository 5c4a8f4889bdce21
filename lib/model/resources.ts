import { z } from 'zod';

/** CPU in milli-cores and memory in bytes: whole numbers, so that sums and comparisons are exact. */
export type Resources = { readonly cpuMillis: number; readonly memoryBytes: number };

export const ZERO: Resources = { cpuMillis: 0, memoryBytes: 0 };

/** Suffixes as powers: `[base, exponent]`. Larger ones (E, Ei) do not fit a safe integer of bytes. */
const SUFFIX: Record<string, readonly [base: bigint, exponent: number]> = {
  '': [10n, 0],
  n: [10n, -9],
  u: [10n, -6],
  m: [10n, -3],
  k: [10n, 3],
  M: [10n, 6],
  G: [10n, 9],
  T: [10n, 12],
  P: [10n, 15],
  Ki: [2n, 10],
  Mi: [2n, 20],
  Gi: [2n, 30],
  Ti: [2n, 40],
  Pi: [2n, 50],
};
const QUANTITY =
  /^(?:(?<whole>\d+)(?:\.(?<decimals>\d*))?|\.(?<onlyDecimals>\d+))(?:(?<suffix>[numkMGTP]|[KMGTP]i)|[eE](?<exponent>[+-]?\d{1,2}))?$/;

/** Far more digits than any amount has; big integers of hostile length are slow. */
const MAX_LENGTH = 64;

/** A non-negative Kubernetes quantity: `1`, `500m`, `0.5`, `1e3`, `2Gi`, `2G`. */
export const Quantity = z
  .union([z.string(), z.number()])
  .transform(String)
  .pipe(
    z
      .string()
      .max(MAX_LENGTH)
      .regex(QUANTITY, { error: 'must be a Kubernetes quantity such as 500m, 2 or 4Gi', abort: true }),
  );

/**
 * The quantity times `10 ** decimalPlaces`, rounded up to a whole number as the API server does (`resource.Quantity.ScaledValue`).
 * In big integers, because binary fractions err: 0.3 × 1000 would round up to 301. Undefined when it is no quantity, or too large.
 */
const parseScaled = (text: string, decimalPlaces: number): number | undefined => {
  const groups = text.length > MAX_LENGTH ? undefined : QUANTITY.exec(text.trim())?.groups;
  if (groups === undefined) return undefined;
  const decimals = groups['decimals'] ?? groups['onlyDecimals'] ?? '';
  const [base, exponent] =
    groups['exponent'] === undefined ? SUFFIX[groups['suffix'] ?? '']! : ([10n, Number(groups['exponent'])] as const);
  let numerator = BigInt(`${groups['whole'] ?? ''}${decimals}`) * 10n ** BigInt(decimalPlaces);
  let denominator = 10n ** BigInt(decimals.length);
  if (exponent >= 0) numerator *= base ** BigInt(exponent);
  else denominator *= base ** BigInt(-exponent);
  const scaled = Number((numerator + denominator - 1n) / denominator);
  return Number.isSafeInteger(scaled) ? scaled : undefined;
};

/** A CPU quantity in milli-cores, rounded up. */
export const parseCpuMillis = (text: string): number | undefined => parseScaled(text, 3);

/** A memory quantity in bytes, rounded up. */
export const parseMemoryBytes = (text: string): number | undefined => parseScaled(text, 0);

/** What `spec` fields hold: amounts as people write them, refused when they are too large to be counted exactly. */
export const ResourceAmounts = z.object({
  cpu: Quantity.refine((text) => parseCpuMillis(text) !== undefined, 'is too large'),
  memory: Quantity.refine((text) => parseMemoryBytes(text) !== undefined, 'is too large'),
});
export type ResourceAmounts = z.infer<typeof ResourceAmounts>;

/** Amounts as a person wrote them, exact. Throws on text that the schema would have refused. */
export const parseResources = (amounts: { readonly cpu: string; readonly memory: string }): Resources => {
  const cpuMillis = parseCpuMillis(amounts.cpu);
  const memoryBytes = parseMemoryBytes(amounts.memory);
  if (cpuMillis === undefined || memoryBytes === undefined) {
    throw new RangeError(`not a resource amount: cpu ${amounts.cpu}, memory ${amounts.memory}`);
  }
  return { cpuMillis, memoryBytes };
};

/** `2500` milli-cores as `2500m`, whole cores as `2`. */
export const formatCpu = (cpuMillis: number): string =>
  cpuMillis % 1000 === 0 ? String(cpuMillis / 1000) : `${cpuMillis}m`;

const BINARY_UNITS = [
  ['Ti', 2 ** 40],
  ['Gi', 2 ** 30],
  ['Mi', 2 ** 20],
  ['Ki', 2 ** 10],
] as const;

/** Bytes with the largest binary suffix that keeps them exact. */
export const formatMemory = (memoryBytes: number): string => {
  for (const [suffix, bytes] of BINARY_UNITS) {
    if (memoryBytes !== 0 && memoryBytes % bytes === 0) return `${memoryBytes / bytes}${suffix}`;
  }
  return String(memoryBytes);
};

/** The form that goes into objects. */
export const formatResources = (r: Resources): { cpu: string; memory: string } => ({
  cpu: formatCpu(r.cpuMillis),
  memory: formatMemory(r.memoryBytes),
});

export const add = (a: Resources, b: Resources): Resources => ({
  cpuMillis: a.cpuMillis + b.cpuMillis,
  memoryBytes: a.memoryBytes + b.memoryBytes,
});

/** `a - b`, never below zero in either resource. */
export const subtract = (a: Resources, b: Resources): Resources => ({
  cpuMillis: Math.max(0, a.cpuMillis - b.cpuMillis),
  memoryBytes: Math.max(0, a.memoryBytes - b.memoryBytes),
});

export const times = (r: Resources, count: number): Resources => ({
  cpuMillis: r.cpuMillis * count,
  memoryBytes: r.memoryBytes * count,
});

/** Component-wise smaller / larger. */
export const least = (a: Resources, b: Resources): Resources => ({
  cpuMillis: Math.min(a.cpuMillis, b.cpuMillis),
  memoryBytes: Math.min(a.memoryBytes, b.memoryBytes),
});
export const most = (a: Resources, b: Resources): Resources => ({
  cpuMillis: Math.max(a.cpuMillis, b.cpuMillis),
  memoryBytes: Math.max(a.memoryBytes, b.memoryBytes),
});

/** Whether `need` fits into `room` in both resources. */
export const fits = (need: Resources, room: Resources): boolean =>
  need.cpuMillis <= room.cpuMillis && need.memoryBytes <= room.memoryBytes;

/** How many whole `unit`s fit into `room`; infinite when the unit costs nothing. */
export const wholeUnits = (unit: Resources, room: Resources): number =>
  Math.min(
    unit.cpuMillis === 0 ? Number.POSITIVE_INFINITY : Math.floor(room.cpuMillis / unit.cpuMillis),
    unit.memoryBytes === 0 ? Number.POSITIVE_INFINITY : Math.floor(room.memoryBytes / unit.memoryBytes),
  );

export const sum = (all: Iterable<Resources>): Resources => [...all].reduce(add, ZERO);
