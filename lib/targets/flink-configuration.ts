/** Flink options by their full names; values as text. */
export type FlinkConfiguration = Readonly<Record<string, string>>;

/**
 * Reads `spec.flinkConfiguration`, flat (`a.b: c`) or nested (`a: {b: c}`) or mixed, as the operator's `ConfigObjectNode.asFlatMap`
 * does: lists become one text with semicolons.
 */
export const readFlinkConfiguration = (value: unknown, prefix = ''): FlinkConfiguration => {
  if (typeof value !== 'object' || value === null) return {};
  return Object.assign(
    {},
    ...Object.entries(value).map(([key, child]: [string, unknown]): FlinkConfiguration => {
      const name = prefix === '' ? key : `${prefix}.${key}`;
      if (Array.isArray(child)) return { [name]: child.map(String).join(';') };
      if (typeof child === 'object' && child !== null) return readFlinkConfiguration(child, name);
      return { [name]: String(child) };
    }),
  );
};

/** The first of several names of one option that is set: newest name first. */
export const optionOf = (configuration: FlinkConfiguration, ...names: readonly string[]): string | undefined =>
  names.map((name) => configuration[name]).find((value) => value !== undefined && value.trim() !== '');

export const isTrue = (value: string | undefined): boolean => value?.trim().toLowerCase() === 'true';

/** `id:4,id:2`, as Flink writes an option that is a map (`pipeline.jobvertex-parallelism-overrides`). What is not so is left out. */
export const parseParallelismMap = (text: string | undefined): Readonly<Record<string, number>> =>
  Object.fromEntries(
    (text ?? '')
      .split(',')
      .map((pair) => /^\s*'?([0-9a-fA-F]+)'?\s*:\s*'?(\d+)'?\s*$/.exec(pair))
      .filter((match) => match !== null)
      .map((match) => [match[1]!, Number(match[2])]),
  );

/** The same map as text, sorted so that equal maps are equal texts. */
export const formatParallelismMap = (parallelism: Readonly<Record<string, number>>): string =>
  Object.entries(parallelism)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([id, p]) => `${id}:${p}`)
    .join(',');
