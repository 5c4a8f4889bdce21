/** Lists: selected, and in pages that show one moment of the collection. */
import { collectionOf, type Kind } from '../kinds/kind.ts';
import { at, isObject, type Json, type JsonObject, type KubeObject, objectOf, parseJson, textOf } from '../object.ts';
import { badRequest, expired } from '../status-error.ts';
import { keyOf } from '../store/store.ts';
import { parseFieldSelector, parseLabelSelector, type FieldRequirement } from '../store/selectors.ts';
import { integerOption, type Call } from './call.ts';
import { asServed } from './persist.ts';

export type Page = { readonly items: readonly KubeObject[]; readonly metadata: JsonObject };

const METADATA_FIELDS = ['metadata.name', 'metadata.namespace'];

const assertSelectable = (kind: Kind, requirements: readonly FieldRequirement[]): void => {
  const known = new Set([
    ...(kind.isNamespaced ? METADATA_FIELDS : METADATA_FIELDS.slice(0, 1)),
    ...kind.selectableFields,
  ]);
  for (const { field } of requirements) {
    if (known.has(field)) continue;
    const isSpecial = kind.isCustom || kind.selectableFields.length > 0;
    throw badRequest(
      isSpecial
        ? `field label not supported: ${field}`
        : `${JSON.stringify(field)} is not a known field selector: only "metadata.name", "metadata.namespace"`,
    );
  }
};

const fieldText = (value: Json | undefined): string =>
  value === undefined || value === null || isObject(value) ? '' : textOf(value);

/** The test that a request's selectors put to every object. @throws StatusError 400 */
export const selectorOf = (kind: Kind, query: URLSearchParams): ((object: KubeObject) => boolean) => {
  const matchesLabels = parseLabelSelector(query.get('labelSelector') ?? '');
  const requirements = parseFieldSelector(query.get('fieldSelector') ?? '');
  assertSelectable(kind, requirements);
  return (object) =>
    matchesLabels(object.metadata.labels ?? {}) &&
    requirements.every(({ field, value, isEqual }) => (fieldText(at(object, field)) === value) === isEqual);
};

type Token = { readonly revision: number; readonly start: string };

/** The real token's form: where to go on, at which revision, as unpadded base64 of JSON. */
const encodeToken = ({ revision, start }: Token): string =>
  Buffer.from(JSON.stringify({ v: 'meta.k8s.io/v1', rv: revision, start: `${start}\0` })).toString('base64url');

const decodeToken = (text: string): Token => {
  try {
    const { v, rv, start } = objectOf(parseJson(Buffer.from(text, 'base64url').toString('utf8')));
    if (v === 'meta.k8s.io/v1') return { revision: Number(rv), start: textOf(start) };
  } catch (error) {
    throw badRequest(
      `invalid continue token: continue key is not valid: ${String(error instanceof Error ? error.message : error)}`,
    );
  }
  throw badRequest('invalid continue token: continue key is not valid: server does not recognize this encoded version');
};

const EXPIRED =
  'The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue parameter, or use the continue token in this response to retrieve the remainder of the results. Continuing with the provided token results in an inconsistent list - objects that were created, modified, or deleted between the time the first chunk was returned and now may show up in the list.';

/** The objects of a list request, with the metadata of the list. @throws StatusError 400, or 410 for an old token */
export const listObjects = (call: Call): Page => {
  const { cluster, kind, path, query } = call;
  const { store } = cluster;
  const limit = integerOption(query, 'limit');
  const matches = selectorOf(kind, query);
  const prefix = kind.isNamespaced && path.namespace !== '' ? `${path.namespace}/` : '';
  const collection = collectionOf(kind);
  const continued = query.get('continue') ?? '';
  const token = continued === '' ? undefined : decodeToken(continued);
  const isInconsistent = token !== undefined && token.revision < 0;
  if (token !== undefined && !isInconsistent && token.revision < store.compactedRevision()) {
    throw expired(EXPIRED);
  }
  const revision = token === undefined || isInconsistent ? store.revision() : token.revision;
  const all =
    token === undefined || isInconsistent ? store.list(collection, prefix) : store.listAt(revision, collection, prefix);
  const start = token === undefined ? '' : prefix + token.start;
  const rest = all.filter((object) => keyOf(object) >= start);
  const items: KubeObject[] = [];
  let read = 0;
  for (const stored of rest) {
    if (limit > 0 && items.length === limit) break;
    const object = asServed(kind, stored);
    if (matches(object)) items.push(object);
    read += 1;
  }
  const metadata: JsonObject = { resourceVersion: String(revision) };
  const last = rest[read - 1];
  if (last !== undefined && read < rest.length) {
    metadata['continue'] = encodeToken({ revision, start: keyOf(last).slice(prefix.length) });
    const isSelected = query.get('labelSelector') || query.get('fieldSelector');
    if (!isSelected) metadata['remainingItemCount'] = rest.length - read;
  }
  return { items, metadata };
};
