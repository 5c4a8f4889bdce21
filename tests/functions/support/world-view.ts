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

/** What differs from run to run without meaning anything. */
const INCIDENTAL = new Set(['resourceVersion', 'uid', 'creationTimestamp', 'time', 'startTime']);
const MEASURED = new Set(['busy', 'inRecordsPerSecond', 'outRecordsPerSecond', 'lagRecords', 'lagSeconds']);
/** Lists whose order tells who came first and no more. */
const UNORDERED = new Set(['managedFields', 'conditions']);
/** Seconds and records in the words of a decision. */
const FIGURE = /\b\d+(\.\d+)?\b/g;
const TIMESTAMP = /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z/g;

/**
 * All objects without versions, uids and times, so that two worlds can be compared: what was said in Events and measured in between
 * is left out.
 */
export const canonical = (world: World): Record<string, unknown> =>
  Object.fromEntries(
    [...world]
      .filter(([path]) => !path.startsWith('events/'))
      .map(([path, object]) => [path, withoutIncidents(essenceOf(path, object))]),
  );

const essenceOf = (path: string, object: Shown): unknown => {
  if (path.includes('/history-')) return withoutSamples(object);
  if (path.startsWith('managedjobs/')) return withoutFigures(object);
  return path.startsWith('tenantrequests/') ? withoutChanges(object) : object;
};

const withoutIncidents = (value: unknown): unknown => {
  if (typeof value === 'string') return value.replaceAll(TIMESTAMP, 'T');
  if (Array.isArray(value)) return value.map(withoutIncidents);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([name]) => !INCIDENTAL.has(name) && !MEASURED.has(name))
      .map(([name, inner]) => [name, UNORDERED.has(name) ? sorted(withoutIncidents(inner)) : withoutIncidents(inner)]),
  );
};

const sorted = (list: unknown): unknown =>
  Array.isArray(list) ? list.map((item) => JSON.stringify(item)).toSorted((a, b) => a.localeCompare(b)) : list;

/** An outcome names what the run wrote that reached the end; what one before it wrote is not known to it. */
const withoutChanges = (object: Shown) => {
  const { changed: _, message, ...status } = part(object, 'status') as Record<string, unknown>;
  return { ...object, status: { ...status, ...(status['outcome'] !== 'accepted' && { message }) } };
};

const withoutFigures = (object: Shown) => {
  const status = part(object, 'status') as Record<string, unknown> | undefined;
  const decision = status?.['lastDecision'] as Record<string, unknown> | undefined;
  const message = String(decision?.['message']).replaceAll(FIGURE, 'N');
  return { ...object, status: { ...status, lastDecision: { ...decision, message } } };
};

const withoutSamples = ({ data = {}, ...object }: Shown) => ({ ...object, data: Object.keys(data) });
