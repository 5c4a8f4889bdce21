/** One event, two faces: the core group's and that of events.k8s.io. Stored as the core group's. */
import type { Json, KubeObject } from '../object.ts';
import { builtinKind, type Kind } from './kind.ts';

const CORE_TO_NEW: Readonly<Record<string, string>> = {
  involvedObject: 'regarding',
  message: 'note',
  source: 'deprecatedSource',
  firstTimestamp: 'deprecatedFirstTimestamp',
  lastTimestamp: 'deprecatedLastTimestamp',
  count: 'deprecatedCount',
  reportingComponent: 'reportingController',
};

const NEW_TO_CORE = Object.fromEntries(Object.entries(CORE_TO_NEW).map(([core, renamed]) => [renamed, core]));

const renamed = (event: KubeObject, names: Readonly<Record<string, string>>, apiVersion: string): KubeObject => {
  const fields = Object.entries(event).map(([name, value]): [string, Json] => [names[name] ?? name, value]);
  return { ...Object.fromEntries(fields), apiVersion, kind: 'Event', metadata: event.metadata };
};

/** `events.k8s.io/v1`, kept in the collection of the core group's events. */
export const EVENT_KIND: Kind = {
  ...builtinKind('events.k8s.io/v1', 'Event', { plural: 'events', shortNames: ['ev'], allowsCreateOnUpdate: true }),
  stored: {
    group: '',
    encode: (event) => renamed(event, NEW_TO_CORE, 'v1'),
    decode: (event) => renamed(event, CORE_TO_NEW, 'events.k8s.io/v1'),
  },
};
