import { createHash } from 'node:crypto';
import type { Event } from '../clients/kubernetes/kinds.ts';
import type { EpochMillis } from '../model/instant.ts';
import type { KubernetesObject } from '../model/kubernetes-object.ts';

/** What an Event tells. */
export type Tidings = {
  readonly type: 'Normal' | 'Warning';
  readonly reason: string;
  readonly action: string;
  readonly note: string;
};

/** `note` may hold no more. */
const NOTE_LIMIT = 1024;

/** An `events.k8s.io/v1` Event about an object, named after what it says, so that a repeat within a minute is the same one. */
export const eventFor = (about: KubernetesObject, tidings: Tidings, now: EpochMillis): Event => {
  const minute = Math.floor(now / 60_000);
  const identity = createHash('sha256')
    .update(JSON.stringify([about.metadata.uid, tidings.reason, tidings.action, minute]))
    .digest('hex');
  const { name, namespace, uid, resourceVersion } = about.metadata;
  return {
    apiVersion: 'events.k8s.io/v1',
    kind: 'Event',
    metadata: { name: `${name}.${identity.slice(0, 16)}`, namespace: namespace ?? 'default' },
    eventTime: new Date(now).toISOString().replace('Z', '000Z'),
    reportingController: 'headgate.dev/headgate',
    reportingInstance: 'headgate',
    action: tidings.action,
    reason: tidings.reason,
    type: tidings.type,
    note: tidings.note.slice(0, NOTE_LIMIT),
    regarding: { apiVersion: about.apiVersion, kind: about.kind, name, namespace, uid, resourceVersion },
  } as Event;
};
