import { clone, equal, isObject, type Json, textOf } from '../object.ts';

/** The patch does not fit the document. */
export class JsonPatchError extends Error {}

type Operation = { readonly op?: Json; readonly path?: Json; readonly from?: Json; readonly value?: Json };

const pointer = (text: Json | undefined): string[] =>
  textOf(text)
    .split('/')
    .slice(1)
    .map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'));

const indexIn = (list: readonly Json[], step: string, isInsert: boolean): number => {
  if (step === '-' && isInsert) return list.length;
  const index = Number(step);
  if (!/^\d+$/.test(step) || index >= list.length + (isInsert ? 1 : 0)) throw new JsonPatchError(`index ${step}`);
  return index;
};

const lookup = (document: Json, steps: readonly string[]): Json | undefined => {
  let here: Json | undefined = document;
  for (const step of steps) {
    if (Array.isArray(here)) here = here[indexIn(here, step, false)];
    else if (isObject(here)) here = here[step];
    else return undefined;
  }
  return here;
};

const parentOf = (document: Json, steps: readonly string[]): Json[] | { [key: string]: Json } => {
  const parent = lookup(document, steps.slice(0, -1));
  if (isObject(parent) || Array.isArray(parent)) return parent;
  throw new JsonPatchError(`no parent of /${steps.join('/')}`);
};

const add = (document: Json, steps: readonly string[], value: Json, isInsert: boolean): Json => {
  if (steps.length === 0) return value;
  const parent = parentOf(document, steps);
  const last = steps.at(-1) ?? '';
  if (!Array.isArray(parent)) parent[last] = value;
  else if (isInsert) parent.splice(indexIn(parent, last, true), 0, value);
  else parent[indexIn(parent, last, false)] = value;
  return document;
};

const remove = (document: Json, steps: readonly string[]): void => {
  const parent = parentOf(document, steps);
  const last = steps.at(-1) ?? '';
  if (Array.isArray(parent)) parent.splice(indexIn(parent, last, false), 1);
  else if (Object.hasOwn(parent, last)) delete parent[last];
  else throw new JsonPatchError(`nothing at /${steps.join('/')}`);
};

/** JSON patch (RFC 6902), with the API server's leniency: replace makes a field that is not there. */
export const applyJsonPatch = (target: Json, operations: readonly Operation[]): Json => {
  let document = clone(target);
  for (const { op, path, from, value } of operations) {
    const steps = pointer(path);
    const given = clone(value ?? null);
    switch (op) {
      case 'add':
        document = add(document, steps, given, true);
        break;
      case 'replace':
        document = add(document, steps, given, false);
        break;
      case 'remove':
        remove(document, steps);
        break;
      case 'test':
        if (!equal(lookup(document, steps) ?? null, given)) throw new JsonPatchError(`test failed at ${textOf(path)}`);
        break;
      case 'copy':
      case 'move': {
        const source = clone(lookup(document, pointer(from)) ?? null);
        if (op === 'move') remove(document, pointer(from));
        document = add(document, steps, source, true);
        break;
      }
      default:
        throw new JsonPatchError(`unexpected kind of operation ${textOf(op)}`);
    }
  }
  return document;
};
