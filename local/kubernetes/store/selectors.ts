import { badRequest } from '../status-error.ts';

type Labels = Readonly<Record<string, string>>;
export type LabelTest = (labels: Labels) => boolean;

const TOKEN = /\s*(!=|==|=|!|,|\(|\)|>|<|[^\s!=,()<>]+)/y;

const tokensOf = (text: string): string[] => {
  const tokens: string[] = [];
  TOKEN.lastIndex = 0;
  for (let match = TOKEN.exec(text); match !== null; match = TOKEN.exec(text)) tokens.push(match[1] ?? '');
  return tokens;
};

const isWord = (token: string | undefined): token is string => token !== undefined && /^[^!=,()<>]+$/.test(token);

const refuse = (found: string | undefined, expected: string): never => {
  throw badRequest(`unable to parse requirement: found '${found ?? ''}' expected: ${expected}`);
};

/** `a=b,c!=d,e in (f,g),h notin (i),j,!k` as a test. */
export const parseLabelSelector = (text: string): LabelTest => {
  const tokens = tokensOf(text);
  const tests: LabelTest[] = [];
  let here = 0;
  const word = (expected: string): string => {
    const token = tokens[here];
    here += 1;
    return isWord(token) ? token : refuse(token, expected);
  };
  const values = (): string[] => {
    if (tokens[here] !== '(') refuse(tokens[here], "'('");
    here += 1;
    const found: string[] = [];
    while (tokens[here] !== ')') {
      if (here >= tokens.length) refuse(undefined, "',', or ')'");
      if (tokens[here] !== ',') found.push(tokens[here] ?? '');
      here += 1;
    }
    here += 1;
    return found;
  };
  while (here < tokens.length) {
    if (tokens[here] === '!') {
      here += 1;
      const key = word('identifier');
      tests.push((labels) => !Object.hasOwn(labels, key));
    } else {
      const key = word("!, identifier, or 'end of string'");
      tests.push(
        requirement(
          key,
          tokens[here],
          () => (here += 1),
          values,
          () => (isWord(tokens[here]) ? word('identifier') : ''),
        ),
      );
    }
    if (here < tokens.length) {
      if (tokens[here] !== ',') refuse(tokens[here], "',' or 'end of string'");
      here += 1;
    }
  }
  return (labels) => tests.every((test) => test(labels));
};

const requirement = (
  key: string,
  operator: string | undefined,
  advance: () => void,
  values: () => string[],
  value: () => string,
): LabelTest => {
  if (operator === undefined || operator === ',') return (labels) => Object.hasOwn(labels, key);
  advance();
  switch (operator) {
    case '=':
    case '==': {
      const wanted = value();
      return (labels) => labels[key] === wanted;
    }
    case '!=': {
      const refused = value();
      return (labels) => labels[key] !== refused;
    }
    case 'in': {
      const wanted = values();
      return (labels) => Object.hasOwn(labels, key) && wanted.includes(labels[key] ?? '');
    }
    case 'notin': {
      const refused = values();
      return (labels) => !Object.hasOwn(labels, key) || !refused.includes(labels[key] ?? '');
    }
    case '>':
    case '<': {
      const bound = Number(value());
      return (labels) => {
        const number = Number(labels[key] ?? Number.NaN);
        return operator === '>' ? number > bound : number < bound;
      };
    }
    default:
      return refuse(operator, 'in, notin, =, ==, !=, gt, lt');
  }
};

type LabelSelector = {
  readonly matchLabels?: Labels;
  readonly matchExpressions?: readonly {
    readonly key: string;
    readonly operator: string;
    readonly values?: readonly string[];
  }[];
};

/** A LabelSelector object (of a Deployment, a quota …) as a test; an absent selector matches nothing. */
export const matchesSelector = (selector: LabelSelector | undefined, labels: Labels): boolean =>
  selector !== undefined &&
  Object.entries(selector.matchLabels ?? {}).every(([key, value]) => labels[key] === value) &&
  (selector.matchExpressions ?? []).every(({ key, operator, values = [] }) => {
    const isPresent = Object.hasOwn(labels, key);
    switch (operator) {
      case 'In':
        return isPresent && values.includes(labels[key] ?? '');
      case 'NotIn':
        return !isPresent || !values.includes(labels[key] ?? '');
      case 'Exists':
        return isPresent;
      default:
        return !isPresent;
    }
  });

export type FieldRequirement = { readonly field: string; readonly value: string; readonly isEqual: boolean };

/** `metadata.name=a,status.phase!=Failed` as requirements. */
export const parseFieldSelector = (text: string): FieldRequirement[] =>
  text
    .split(',')
    .filter((term) => term !== '')
    .map((term) => {
      const match = /^(.*?)(!=|==|=)(.*)$/.exec(term);
      if (match === null) throw badRequest(`invalid selector: '${text}'; can't understand '${term}'`);
      const [, field = '', operator, value = ''] = match;
      return { field, value, isEqual: operator !== '!=' };
    });
