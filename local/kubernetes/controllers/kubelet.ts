/** The nodes' part: bound pods start after a while, and end when they are deleted or their node is gone. */
import { timestamp } from '../cluster.ts';
import { listOf, objectOf, stringOf, type JsonObject, type KubeObject } from '../object.ts';
import { keyOf } from '../store/store.ts';
import type { Controller, Hand } from './controller.ts';
import { isReady } from '../kinds/pod-life.ts';

export type PodTimes = {
  /** From being bound to a node to being ready. */
  readonly startMillis: number;
  /** From being asked to end to being gone; never longer than the grace period. */
  readonly stopMillis: number;
};

/** When a pod was bound; one that came bound was so from its beginning. */
const boundAt = (pod: KubeObject): number => {
  const condition = listOf(objectOf(pod['status'])['conditions'])
    .map(objectOf)
    .find(({ type }) => type === 'PodScheduled');
  return Date.parse(stringOf(condition?.['lastTransitionTime']) || (pod.metadata.creationTimestamp ?? ''));
};

const startedStatus = (hand: Hand, pod: KubeObject, podIP: string): JsonObject => {
  const at = timestamp(hand.cluster);
  const scheduled = listOf(objectOf(pod['status'])['conditions']).filter(
    (one) => objectOf(one)['type'] === 'PodScheduled',
  );
  const isTrue = (type: string): JsonObject => ({ type, status: 'True', lastTransitionTime: at });
  const containers = listOf(objectOf(pod['spec'])['containers']).map(objectOf);
  return {
    ...objectOf(pod['status']),
    phase: 'Running',
    conditions: [...scheduled, ...['Initialized', 'ContainersReady', 'Ready'].map(isTrue)],
    hostIP: '10.0.0.1',
    podIP,
    podIPs: [{ ip: podIP }],
    startTime: at,
    containerStatuses: containers.map((container) => ({
      name: container['name'] ?? '',
      image: container['image'] ?? '',
      imageID: '',
      ready: true,
      started: true,
      restartCount: 0,
      state: { running: { startedAt: at } },
    })),
  };
};

/** Pods that run have addresses of their own, the lowest that is free first. */
const freeAddress = (taken: ReadonlySet<string>): string => {
  for (let number = 2; ; number += 1) {
    const address = `10.244.${Math.floor(number / 256)}.${number % 256}`;
    if (!taken.has(address)) return address;
  }
};

const addressesOf = (pods: readonly KubeObject[]): Set<string> =>
  new Set(pods.map((pod) => stringOf(objectOf(pod['status'])['podIP'])));

const isPending = (pod: KubeObject): boolean => objectOf(pod['status'])['phase'] === 'Pending';

const endsAt = ({ metadata }: KubeObject, stopMillis: number): number => {
  const graceMillis = (metadata.deletionGracePeriodSeconds ?? 0) * 1000;
  return Date.parse(metadata.deletionTimestamp ?? '') - graceMillis + Math.min(stopMillis, graceMillis);
};

/** When a pod is due for its next change of state; undefined when there is none. */
const dueOf = (pod: KubeObject, times: PodTimes): number | undefined => {
  if (pod.metadata.deletionTimestamp !== undefined) return endsAt(pod, times.stopMillis);
  return isPending(pod) ? boundAt(pod) + times.startMillis : undefined;
};

const advance = (hand: Hand, pod: KubeObject): void => {
  const { store } = hand.cluster;
  if (pod.metadata.deletionTimestamp === undefined) {
    const status = startedStatus(hand, pod, freeAddress(addressesOf(store.list('/pods'))));
    hand.change(pod, 'status', (copy) => {
      copy['status'] = status;
    });
  } else if ((pod.metadata.finalizers ?? []).length === 0) {
    store.remove('/pods', keyOf(pod));
  }
};

/** Runs pods on every node that is ready. A pod on a node that is not stays as it is; on one that is gone it goes. */
export const createKubelet = (times: PodTimes): Controller => ({
  name: 'kubelet',
  watches: ({ collection }) => collection === '/pods' || collection === '/nodes',
  reconcile: (hand) => {
    const { store, now } = hand.cluster;
    const nodes = new Map(store.list('/nodes').map((node) => [node.metadata.name, node]));
    let nextDue: number | undefined;
    for (const pod of store.list('/pods')) {
      const nodeName = stringOf(objectOf(pod['spec'])['nodeName']);
      if (nodeName === '') continue;
      const node = nodes.get(nodeName);
      const due = dueOf(pod, times);
      if (node === undefined) hand.remove(pod, { gracePeriodSeconds: 0 });
      else if (due === undefined || !isReady(node)) continue;
      else if (due <= now()) advance(hand, pod);
      else nextDue = Math.min(nextDue ?? due, due);
    }
    return nextDue;
  },
});
