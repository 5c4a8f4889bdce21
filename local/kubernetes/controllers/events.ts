import { nameSuffix, timestamp } from '../cluster.ts';
import { StatusError } from '../status-error.ts';
import type { KubeObject } from '../object.ts';
import type { Hand } from './controller.ts';

/** Tells of something that happened to an object, as controllers do. Lost when its namespace is going. */
export const recordEvent = (
  hand: Hand,
  about: KubeObject,
  type: 'Normal' | 'Warning',
  reason: string,
  message: string,
): void => {
  const { name = '', namespace = 'default', uid = '', resourceVersion = '' } = about.metadata;
  const at = timestamp(hand.cluster);
  const event = {
    apiVersion: 'v1',
    kind: 'Event',
    metadata: { name: `${name}.${nameSuffix(hand.cluster)}${nameSuffix(hand.cluster)}` },
    involvedObject: { apiVersion: about.apiVersion, kind: about.kind, name, namespace, uid, resourceVersion },
    reason,
    message,
    type,
    firstTimestamp: at,
    lastTimestamp: at,
    count: 1,
    source: { component: 'stand-in' },
  };
  try {
    hand.create(event, namespace);
  } catch (error) {
    if (!(error instanceof StatusError)) throw error;
  }
};
