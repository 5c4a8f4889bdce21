import { parseMemoryBytes } from '../model/resources.ts';

/** Flink's `MemorySize.MemoryUnit`: every unit is binary, `g` and `gb` alike. */
const UNITS: readonly (readonly [names: readonly string[], bytes: number])[] = [
  [['', 'b', 'bytes'], 1],
  [['k', 'kb', 'kibibytes'], 2 ** 10],
  [['m', 'mb', 'mebibytes'], 2 ** 20],
  [['g', 'gb', 'gibibytes'], 2 ** 30],
  [['t', 'tb', 'tebibytes'], 2 ** 40],
];
const BYTES = new Map(UNITS.flatMap(([names, bytes]) => names.map((name) => [name, bytes])));

/** A memory size as Flink's options take it (`MemorySize.parse`): `2048m`, `2 gb`, `1024`; undefined when it is none. */
export const parseMemorySize = (text: string): number | undefined => {
  const match = /^(\d+)\s*([a-z]*)$/.exec(text.trim().toLowerCase());
  const unit = BYTES.get(match?.[2] ?? 'none');
  if (match === null || unit === undefined) return undefined;
  const bytes = Number(match[1]) * unit;
  return Number.isSafeInteger(bytes) ? bytes : undefined;
};

/**
 * Memory of a pod as a FlinkDeployment states it: Flink's syntax first, in which `2g` means 2 GiB, then that of Kubernetes, in
 * which case and a trailing `B` do not matter (the operator's `ResourceConfigUtils.parseResourceMemoryString`).
 */
export const parsePodMemory = (text: string): number | undefined =>
  parseMemorySize(text) ??
  parseMemoryBytes(text.replaceAll(/\s/g, '').toUpperCase().replace(/B$/, '').replace(/I$/, 'i'));
