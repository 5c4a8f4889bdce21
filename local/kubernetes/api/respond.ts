import { apiVersionOf, type Kind } from '../kinds/kind.ts';
import type { JsonObject, KubeObject } from '../object.ts';
import type { StatusError } from '../status-error.ts';
import type { Page } from './list.ts';

/** Objects are immutable once stored, so each is turned into text once. */
const texts = new WeakMap<KubeObject, string>();
const itemTexts = new WeakMap<KubeObject, string>();

const textOf = (object: KubeObject): string => {
  let text = texts.get(object);
  if (text === undefined) texts.set(object, (text = JSON.stringify(object)));
  return text;
};

/** Items of a built-in list leave out what the list says already. */
const itemTextOf = (kind: Kind, object: KubeObject): string => {
  if (kind.isCustom) return textOf(object);
  let text = itemTexts.get(object);
  if (text === undefined) {
    const { apiVersion: _a, kind: _k, ...rest } = object;
    itemTexts.set(object, (text = JSON.stringify(rest)));
  }
  return text;
};

const answer = (text: string, status: number, warnings: readonly string[]): Response => {
  const headers = new Headers({ 'content-type': 'application/json', 'cache-control': 'no-cache, private' });
  for (const warning of warnings) headers.append('warning', `299 - ${JSON.stringify(warning)}`);
  return new Response(`${text}\n`, { status, headers });
};

export const json = (body: unknown, status = 200, warnings: readonly string[] = []): Response =>
  answer(JSON.stringify(body), status, warnings);

export const objectResponse = (object: KubeObject, status: number, warnings: readonly string[]): Response =>
  answer(textOf(object), status, warnings);

export const listResponse = (kind: Kind, page: Page, warnings: readonly string[]): Response => {
  const head = `{"kind":${JSON.stringify(kind.listKind)},"apiVersion":${JSON.stringify(apiVersionOf(kind))}`;
  const items = page.items.map((item) => itemTextOf(kind, item)).join(',');
  return answer(`${head},"metadata":${JSON.stringify(page.metadata)},"items":[${items}]}`, 200, warnings);
};

export const errorResponse = (error: StatusError, warnings: readonly string[] = []): Response => {
  const response = json(error.body(), error.code, warnings);
  const { retryAfterSeconds } = error.details ?? {};
  if (retryAfterSeconds !== undefined) response.headers.set('retry-after', String(retryAfterSeconds));
  return response;
};

export const plainText = (text: string, status: number): Response =>
  new Response(text, { status, headers: { 'content-type': 'text/plain; charset=utf-8' } });

/** The answer to a delete that is done: what is gone. */
export const deletedStatus = (kind: Kind, object: KubeObject): JsonObject => ({
  kind: 'Status',
  apiVersion: 'v1',
  metadata: {},
  status: 'Success',
  details: {
    name: object.metadata.name ?? '',
    ...(kind.group === '' ? {} : { group: kind.group }),
    kind: kind.plural,
    uid: object.metadata.uid ?? '',
  },
});
