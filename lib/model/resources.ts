import { z } from 'zod';

/** CPU in milli-cores and memory in bytes: whole numbers, so that sums and comparisons are exact. */
export type Resources = { readonly cpuMillis: number; readonly memoryBytes: number };

export const ZERO: Resources = { cpuMillis: 0, memoryBytes: 0 };

const SUFFIX: Record<string, number> = {
  '': 1,
  m: 1e-3,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  P: 1e15,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
  Pi: 2 ** 50,
};
const QUANTITY =
  /^(?<number>\d+(?:\.\d*)?|\.\d+)(?:(?<suffix>m|k|M|G|T|P|Ki|Mi|Gi|Ti|Pi)|[eE](?<exponent>[+-]?\d{1,2}))?$/;

/** A non-negative Kubernetes quantity: `1`, `500m`, `0.5`, `1e3`, `2Gi`, `2G`. */
export const Quantity = z
  .union([z.string(), z.number()])
  .transform(String)
  .pipe(z.string().regex(QUANTITY, 'must be a Kubernetes quantity such as 500m, 2 or 4Gi'));

/** What `spec` fields hold: amounts as people write them. */
export const ResourceAmounts = z.object({ cpu: Quantity, memory: Quantity });
export type ResourceAmounts = z.infer<typeof ResourceAmounts>;

/** The quantity times `scale`, rounded up to a whole number as the API server does. Undefined when it is no quantity. */
const parseScaled = (text: string, scale: number): number | undefined => {
  const groups = QUANTITY.exec(text.trim())?.groups;
  if (groups === undefined) return undefined;
  const factor = groups['exponent'] === undefined ? SUFFIX[groups['suffix'] ?? '']! : 10 ** Number(groups['exponent']);
  // 1e-9 forgives binary fractions: 0.3 × 1000 must not round up to 301.
  const scaled = Math.ceil(Number(groups['number']) * factor * scale - 1e-9);
  return Number.isSafeInteger(scaled) ? scaled : undefined;
};

/** A CPU quantity in milli-cores, rounded up. */
export const parseCpuMillis = (text: string): number | undefined => parseScaled(text, 1000);

/** A memory quantity in bytes, rounded up. */
export const parseMemoryBytes = (text: string): number | undefined => parseScaled(text, 1);

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

/** Bytes with the largest binary suffix that keeps them exact. */
export const formatMemory = (memoryBytes: number): string => {
  for (const suffix of ['Ti', 'Gi', 'Mi', 'Ki']) {
    if (memoryBytes !== 0 && memoryBytes % SUFFIX[suffix]! === 0) return `${memoryBytes / SUFFIX[suffix]!}${suffix}`;
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
