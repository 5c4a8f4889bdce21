/** The simple JSON paths of printer columns: fields, indexes, `[*]`, and filters by one field (`[?(@.type=="Ready")]`). */
import { isObject, listOf, objectOf, textOf, type Json } from '../object.ts';

type Step =
  | { readonly is: 'field'; readonly name: string }
  | { readonly is: 'index'; readonly index: number }
  | { readonly is: 'all' }
  | { readonly is: 'filter'; readonly field: string; readonly isEqual: boolean; readonly value: string };

const STEP =
  /\.((?:\\.|[^.[\]\\])+)|\['([^']*)'\]|\[(-?\d+)\]|\[\*\]|\.\*|\[\?\(@\.([^=!)]+)(==|!=)\s*["']?([^"')]*)["']?\)\]/gy;

const parse = (path: string): readonly Step[] => {
  const steps: Step[] = [];
  STEP.lastIndex = 0;
  const text = path.startsWith('.') || path.startsWith('[') ? path : `.${path}`;
  for (let match = STEP.exec(text); match !== null; match = STEP.exec(text)) {
    const [, field, quoted, index, filtered, operator, value] = match;
    if (field !== undefined && field !== '*') steps.push({ is: 'field', name: field.replaceAll(/\\(.)/g, '$1') });
    else if (quoted !== undefined) steps.push({ is: 'field', name: quoted });
    else if (index !== undefined) steps.push({ is: 'index', index: Number(index) });
    else if (filtered !== undefined) {
      steps.push({ is: 'filter', field: filtered.trim(), isEqual: operator === '==', value: value ?? '' });
    } else steps.push({ is: 'all' });
  }
  return steps;
};

const take = (step: Step, value: Json): Json[] => {
  switch (step.is) {
    case 'field':
      return isObject(value) && value[step.name] !== undefined ? [value[step.name] ?? null] : [];
    case 'index':
      return listOf(value).slice(step.index, step.index === -1 ? undefined : step.index + 1);
    case 'all':
      return Array.isArray(value) ? value : Object.values(objectOf(value));
    case 'filter':
      return listOf(value).filter((item) => (textOf(objectOf(item)[step.field]) === step.value) === step.isEqual);
  }
};

/** Makes a reader of the values at a path. */
export const jsonPath = (path: string): ((value: Json) => Json[]) => {
  const steps = parse(path);
  return (value) => steps.reduce<Json[]>((values, step) => values.flatMap((one) => take(step, one)), [value]);
};
