import { z } from 'zod';
import { messageOf } from './errors.ts';

export type Parsed<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly problem: string };

/** JSON from outside: its size is checked before it is parsed, and every problem is named at once. */
export const parseJson = <T>(text: string, schema: z.ZodType<T>, maxBytes: number): Parsed<T> => {
  const bytes = Buffer.byteLength(text);
  if (bytes > maxBytes) return { ok: false, problem: `${bytes} bytes are more than ${maxBytes}` };
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    return { ok: false, problem: messageOf(error) };
  }
  const { data, error } = schema.safeParse(json);
  return error === undefined ? { ok: true, value: data } : { ok: false, problem: z.prettifyError(error) };
};
