/** StatefulSets: numbered pods, made in order and taken away from the end. */
import { equal, objectOf, type JsonObject, type KubeObject } from '../object.ts';
import { StatusError } from '../status-error.ts';
import type { Controller, Hand } from './controller.ts';
import { isControlledBy, replicasOf, templateHash } from './owned.ts';
import { isReady } from '../kinds/pod-life.ts';
import { createPod } from './replica-sets.ts';

const REVISION_LABEL = 'controller-revision-hash';

const ordinalOf = (pod: KubeObject): number => Number(/-(\d+)$/.exec(pod.metadata.name ?? '')?.[1] ?? -1);

const revisionOf = (set: KubeObject): string =>
  `${set.metadata.name ?? ''}-${templateHash(objectOf(objectOf(set['spec'])['template']))}`;

const allPodsOf = ({ cluster }: Hand, set: KubeObject): KubeObject[] =>
  cluster.store.list('/pods', `${set.metadata.namespace ?? ''}/`).filter((pod) => isControlledBy(pod, set));

const createOrdinal = (hand: Hand, set: KubeObject, ordinal: number): void => {
  const name = `${set.metadata.name ?? ''}-${ordinal}`;
  const labels = {
    'statefulset.kubernetes.io/pod-name': name,
    'apps.kubernetes.io/pod-index': String(ordinal),
    [REVISION_LABEL]: revisionOf(set),
  };
  try {
    createPod(hand, set, name, labels);
  } catch (error) {
    // Refused (a quota, say): tried again when something changes.
    if (!(error instanceof StatusError)) throw error;
  }
};

const isGoing = (pod: KubeObject): boolean => pod.metadata.deletionTimestamp !== undefined;

/** One step: make the next pod, or take the last surplus or outdated one away. In order, one waits for the other. */
const step = (hand: Hand, set: KubeObject): void => {
  const wanted = replicasOf(set);
  const isParallel = objectOf(set['spec'])['podManagementPolicy'] === 'Parallel';
  const pods = allPodsOf(hand, set);
  const byOrdinal = new Map(pods.map((pod) => [ordinalOf(pod), pod]));
  const numbers = Array.from({ length: wanted }, (_, ordinal) => ordinal);
  for (const ordinal of numbers) {
    const pod = byOrdinal.get(ordinal);
    if (pod === undefined) createOrdinal(hand, set, ordinal);
    if (!isParallel && (pod === undefined || !isReady(pod) || isGoing(pod))) return;
  }
  const surplus = pods.filter((pod) => ordinalOf(pod) >= wanted).toSorted((a, b) => ordinalOf(b) - ordinalOf(a));
  for (const pod of isParallel ? surplus : surplus.slice(0, 1)) if (!isGoing(pod)) hand.remove(pod);
  if (surplus.length > 0) return;
  const strategy = objectOf(objectOf(set['spec'])['updateStrategy']);
  const partition = Number(objectOf(strategy['rollingUpdate'])['partition'] ?? 0);
  if (strategy['type'] !== 'RollingUpdate' || pods.some((pod) => isGoing(pod) || !isReady(pod))) return;
  const outdated = pods
    .filter((pod) => ordinalOf(pod) >= partition && pod.metadata.labels?.[REVISION_LABEL] !== revisionOf(set))
    .toSorted((a, b) => ordinalOf(b) - ordinalOf(a));
  if (outdated[0] !== undefined) hand.remove(outdated[0]);
};

const report = (hand: Hand, set: KubeObject): void => {
  const pods = allPodsOf(hand, set).filter((pod) => !isGoing(pod));
  const revision = revisionOf(set);
  const ready = pods.filter(isReady).length;
  const updated = pods.filter((pod) => pod.metadata.labels?.[REVISION_LABEL] === revision).length;
  const before = objectOf(set['status']);
  const isSettled = updated === pods.length && pods.length === replicasOf(set);
  const counts: JsonObject = {
    readyReplicas: ready,
    currentReplicas: pods.filter(
      (pod) => pod.metadata.labels?.[REVISION_LABEL] === (before['currentRevision'] ?? revision),
    ).length,
    updatedReplicas: updated,
  };
  const status: JsonObject = {
    observedGeneration: set.metadata.generation ?? 0,
    replicas: pods.length,
    ...Object.fromEntries(Object.entries(counts).filter(([, count]) => count !== 0)),
    currentRevision: isSettled ? revision : (before['currentRevision'] ?? revision),
    updateRevision: revision,
    collisionCount: 0,
    availableReplicas: ready,
  };
  if (equal(before, status)) return;
  hand.change(set, 'status', (copy) => {
    copy['status'] = status;
  });
};

export const STATEFUL_SET_CONTROLLER: Controller = {
  name: 'kube-controller-manager',
  watches: ({ collection }) => ['apps/statefulsets', '/pods', '/resourcequotas'].includes(collection),
  reconcile: (hand) => {
    for (const set of hand.cluster.store.list('apps/statefulsets')) {
      if (set.metadata.deletionTimestamp !== undefined) continue;
      step(hand, set);
      report(hand, set);
    }
    return undefined;
  },
};
