/**
 * The structure of a JSON value as a set of lines: every path with the type that stands there. The elements of an array count
 * as one, so that two lists of different length are alike, and what only some elements have is there all the same.
 */
export const shapeOf = (value: unknown, path = ''): ReadonlySet<string> => {
  if (Array.isArray(value)) {
    return new Set([`${path}: array`, ...value.flatMap((element) => [...shapeOf(element, `${path}[]`)])]);
  }
  if (typeof value === 'object' && value !== null) {
    const parts = Object.entries(value).flatMap(([key, part]) => [...shapeOf(part, `${path}.${key}`)]);
    return new Set([`${path}: object`, ...parts]);
  }
  return new Set([`${path}: ${value === null ? 'null' : typeof value}`]);
};

/** What one has and the other has not. */
export const shapeDifferences = (recorded: unknown, simulated: unknown): readonly string[] => {
  const [there, here] = [shapeOf(recorded), shapeOf(simulated)];
  return [
    ...[...there].filter((line) => !here.has(line)).map((line) => `missing ${line}`),
    ...[...here].filter((line) => !there.has(line)).map((line) => `invented ${line}`),
  ];
};
