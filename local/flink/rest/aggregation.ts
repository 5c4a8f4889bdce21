import { ok, refused, type Answer } from './answer.ts';

const AGGREGATES = {
  min: (values: readonly number[]) => Math.min(...values),
  max: (values: readonly number[]) => Math.max(...values),
  avg: (values: readonly number[]) => total(values) / values.length,
  sum: (values: readonly number[]) => total(values),
  /** Mean deviation as a percentage of the mean. */
  skew: (values: readonly number[]) => {
    const mean = total(values) / values.length;
    return mean === 0 ? 0 : (total(values.map((value) => Math.abs(value - mean))) / values.length / mean) * 100;
  },
} as const;
type Aggregate = keyof typeof AGGREGATES;

const total = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);

const isAggregate = (name: string): name is Aggregate => Object.hasOwn(AGGREGATES, name);

/**
 * Answers an aggregated metric query: the names there are without `get`, else numbers. One unknown name blanks the whole
 * answer; one unknown aggregate is refused.
 */
export const aggregated = (
  names: readonly string[],
  valuesOf: (name: string) => readonly number[],
  query: URLSearchParams,
): Answer => {
  const wanted = listOf(query, 'get');
  if (wanted === undefined) return ok(names.map((id) => ({ id })));
  const aggregates = listOf(query, 'agg') ?? Object.keys(AGGREGATES);
  if (!aggregates.every(isAggregate)) {
    return refused(400, `Unable to parse query parameter agg: ${query.get('agg') ?? ''}`);
  }
  if (!wanted.every((name) => names.includes(name))) return ok([]);
  return ok(
    wanted.map((id) => {
      const values = valuesOf(id);
      return { id, ...Object.fromEntries(aggregates.map((aggregate) => [aggregate, AGGREGATES[aggregate](values)])) };
    }),
  );
};

/** Answers a plain metric query: names without `get`, else values as text; unknown names are left out. */
export const plain = (values: Readonly<Record<string, number | string>>, query: URLSearchParams): Answer => {
  const wanted = listOf(query, 'get');
  if (wanted === undefined) return ok(Object.keys(values).map((id) => ({ id })));
  return ok(wanted.filter((id) => Object.hasOwn(values, id)).map((id) => ({ id, value: String(values[id]) })));
};

const listOf = (query: URLSearchParams, name: string): readonly string[] | undefined =>
  query
    .get(name)
    ?.split(',')
    .filter((part) => part !== '');
