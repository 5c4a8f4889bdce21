import assert from 'node:assert/strict';
import type { TenantRequest } from '../../../lib/model/tenant-request.ts';
import { requestKey } from '../../../lib/tenant/parse-request.ts';
import type { Shown } from './admin.ts';
import type { Headgate } from './headgate.ts';

export type World = ReadonlyMap<string, Shown>;

/** resourceVersion of every object: equal means that nothing was written. */
export const versionsOf = (world: World): Record<string, string | undefined> =>
  Object.fromEntries([...world].map(([path, object]) => [path, object.metadata.resourceVersion]));

/** Objects that were written, made or deleted between two looks. */
export const changed = (before: World, after: World): readonly string[] =>
  [...new Set([...before.keys(), ...after.keys()])]
    .filter((path) => before.get(path)?.metadata.resourceVersion !== after.get(path)?.metadata.resourceVersion)
    .sort();

/** Every ledger entry, by the id of the request (or of the message that could not be read). */
export const entriesOf = (world: World): readonly TenantRequest[] =>
  [...world]
    .filter(([path]) => path.startsWith('tenantrequests/'))
    .map(([, object]) => object as unknown as TenantRequest);

/** The one entry of a request, wherever it lies, with its outcome. */
export const entryOf = async (headgate: Headgate, event: { source?: string; id: string }): Promise<TenantRequest> => {
  const found = entriesOf(await headgate.objects()).filter(
    ({ metadata, spec }) => metadata.name === requestKey(event.source ?? '', event.id) || spec.id === event.id,
  );
  assert.equal(found.length, 1, `${found.length} entries of ${event.id}`);
  return found[0]!;
};

export const outcomeOf = async (headgate: Headgate, event: { source?: string; id: string }) => {
  const { outcome, reason, message = '' } = (await entryOf(headgate, event)).status ?? {};
  return { outcome, reason, message };
};

/** Answers of the API server that an identity had no leave for. */
export const forbidden = ({ calls }: Headgate): readonly string[] =>
  calls
    .filter(({ status, answer }) => status === 403 && /cannot|attempting to grant/.test(answer))
    .map(({ function: name, answer }) => `${name}: ${answer}`);

/** What stands at a path inside an object. */
export const part = (object: unknown, ...path: readonly string[]): unknown => {
  let here = object;
  for (const step of path) here = typeof here === 'object' && here !== null ? Reflect.get(here, step) : undefined;
  return here;
};

/** A condition in an object's status. */
export const conditionOf = (object: unknown, type: string): Record<string, unknown> | undefined => {
  const conditions = part(object, 'status', 'conditions');
  return Array.isArray(conditions) ? conditions.find((condition) => condition.type === type) : undefined;
};
