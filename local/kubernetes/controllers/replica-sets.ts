/** ReplicaSets: as many pods as asked for, as far as admission lets them be. */
import { timestamp } from '../cluster.ts';
import { clone, equal, listOf, objectOf, stringOf, type JsonObject, type KubeObject } from '../object.ts';
import { StatusError } from '../status-error.ts';
import { nameSuffix } from '../cluster.ts';
import type { Controller, Hand } from './controller.ts';
import { recordEvent } from './events.ts';
import { withTransitions } from './conditions.ts';
import { isControlledBy, ownerReferenceTo, replicasOf } from './owned.ts';
import { isReady } from '../kinds/pod-life.ts';

const DELETION_COST = 'controller.kubernetes.io/pod-deletion-cost';

export const createPod = (hand: Hand, owner: KubeObject, name: string, labels: JsonObject = {}): KubeObject => {
  const template = clone(objectOf(objectOf(owner['spec'])['template']));
  const metadata = objectOf(template['metadata']);
  return hand.create(
    {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: {
        ...metadata,
        name,
        labels: { ...objectOf(metadata['labels']), ...labels },
        ownerReferences: [ownerReferenceTo(owner)],
      },
      spec: objectOf(template['spec']),
    },
    owner.metadata.namespace ?? '',
  );
};

/** Who goes first: not bound, not running, not ready, cheap to delete, young (controller_utils.ActivePodsWithRanks). */
const byWhoGoesFirst = (a: KubeObject, b: KubeObject): number => {
  const ranks = (pod: KubeObject): number[] => [
    objectOf(pod['spec'])['nodeName'] === undefined ? 0 : 1,
    objectOf(pod['status'])['phase'] === 'Running' ? 1 : 0,
    isReady(pod) ? 1 : 0,
    Number(pod.metadata.annotations?.[DELETION_COST] ?? 0),
    -Date.parse(pod.metadata.creationTimestamp ?? ''),
  ];
  const [left, right] = [ranks(a), ranks(b)];
  for (const [index, rank] of left.entries()) {
    const difference = rank - (right[index] ?? 0);
    if (difference !== 0) return difference;
  }
  return (a.metadata.name ?? '') < (b.metadata.name ?? '') ? -1 : 1;
};

const isActive = (pod: KubeObject): boolean =>
  pod.metadata.deletionTimestamp === undefined &&
  !['Failed', 'Succeeded'].includes(stringOf(objectOf(pod['status'])['phase']));

export const podsOf = ({ cluster }: Hand, owner: KubeObject): KubeObject[] =>
  cluster.store
    .list('/pods', `${owner.metadata.namespace ?? ''}/`)
    .filter((pod) => isControlledBy(pod, owner) && isActive(pod));

/** Makes the pods that are missing; the first refusal ends it and is its result. */
const createMissing = (hand: Hand, set: KubeObject, missing: number): string | undefined => {
  const prefix = `${set.metadata.name ?? ''}-`.slice(0, 58);
  for (let made = 0; made < missing; made += 1) {
    try {
      createPod(hand, set, prefix + nameSuffix(hand.cluster));
    } catch (error) {
      if (!(error instanceof StatusError)) throw error;
      return error.message;
    }
  }
  return undefined;
};

const report = (hand: Hand, set: KubeObject, failure: string | undefined): void => {
  const pods = podsOf(hand, set);
  const ready = pods.filter(isReady).length;
  const condition = { type: 'ReplicaFailure', status: 'True', reason: 'FailedCreate', message: failure ?? '' };
  const before = listOf(objectOf(set['status'])['conditions']).map(objectOf);
  // The first refusal is kept: its message names a pod, and every try makes up another name.
  const first = before.find(({ type }) => type === 'ReplicaFailure') ?? condition;
  const conditions = failure === undefined ? [] : withTransitions(before, [first], timestamp(hand.cluster));
  const status: JsonObject = {
    replicas: pods.length,
    ...(pods.length === 0 ? {} : { fullyLabeledReplicas: pods.length }),
    ...(ready === 0 ? {} : { readyReplicas: ready, availableReplicas: ready }),
    observedGeneration: set.metadata.generation ?? 0,
    ...(conditions.length === 0 ? {} : { conditions }),
  };
  if (equal(set['status'], status)) return;
  const hadFailed = before.some(({ type }) => type === 'ReplicaFailure');
  if (failure !== undefined && !hadFailed)
    recordEvent(hand, set, 'Warning', 'FailedCreate', `Error creating: ${failure}`);
  hand.change(set, 'status', (copy) => {
    copy['status'] = status;
  });
};

const reconcileOne = (hand: Hand, set: KubeObject): void => {
  const pods = podsOf(hand, set);
  const surplus = pods.length - replicasOf(set);
  for (const pod of pods.toSorted(byWhoGoesFirst).slice(0, Math.max(surplus, 0))) hand.remove(pod);
  report(hand, set, surplus < 0 ? createMissing(hand, set, -surplus) : undefined);
};

export const REPLICA_SET_CONTROLLER: Controller = {
  name: 'kube-controller-manager',
  // Quotas and limit ranges decide what may be created: a change of them is a reason to try again.
  watches: ({ collection }) => ['apps/replicasets', '/pods', '/resourcequotas', '/limitranges'].includes(collection),
  reconcile: (hand) => {
    for (const set of hand.cluster.store.list('apps/replicasets')) {
      if (set.metadata.deletionTimestamp === undefined) reconcileOne(hand, set);
    }
    return undefined;
  },
};
