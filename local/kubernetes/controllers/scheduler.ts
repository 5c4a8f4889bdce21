/** First fit: each pending pod on the first node, by name, that takes it; Pending with the reasons when none does. */
import { podResources } from '../kinds/pod-resources.ts';
import { isReady, isRunningOut } from '../kinds/pod-life.ts';
import { equal, listOf, objectOf, stringOf, type JsonObject, type KubeObject } from '../object.ts';
import { add, amountsOf, combine, ZERO, type Amounts } from '../quantity.ts';
import { bindPod, withCondition } from './bind-pod.ts';
import type { Controller, Hand } from './controller.ts';
import { recordEvent } from './events.ts';

const POD = { nanos: 1_000_000_000n, format: 'decimal' } as const;

/** What a pod takes of a node: what it requests, and one of the node's places for pods. */
const demandOf = (pod: KubeObject): Amounts => ({ ...podResources(pod, 'requests'), pods: POD });

const tolerates = (pod: KubeObject, taint: JsonObject): boolean =>
  listOf(objectOf(pod['spec'])['tolerations'])
    .map(objectOf)
    .some(({ key, operator, value, effect }) => {
      const isEffect = effect === undefined || effect === taint['effect'];
      if (operator === 'Exists') return isEffect && (key === undefined || key === taint['key']);
      return isEffect && key === taint['key'] && (value ?? '') === (taint['value'] ?? '');
    });

const matchesNodeSelector = (pod: KubeObject, node: KubeObject): boolean =>
  Object.entries(objectOf(objectOf(pod['spec'])['nodeSelector'])).every(
    ([key, value]) => node.metadata.labels?.[key] === value,
  );

/** Why a node cannot take a pod, in the scheduler's words; none when it can. */
const refusals = (pod: KubeObject, node: KubeObject, used: Amounts): string[] => {
  const spec = objectOf(node['spec']);
  if (spec['unschedulable'] === true) return ['node(s) were unschedulable'];
  const taints = listOf(spec['taints']).map(objectOf);
  const taint = taints.find((one) => one['effect'] !== 'PreferNoSchedule' && !tolerates(pod, one));
  if (taint !== undefined) return [`node(s) had untolerated taint(s)`];
  if (!matchesNodeSelector(pod, node)) return ["node(s) didn't match Pod's node affinity/selector"];
  const free = amountsOf(objectOf(objectOf(node['status'])['allocatable']));
  return Object.entries(demandOf(pod)).flatMap(([name, wanted]) => {
    const room = (free[name] ?? ZERO).nanos - (used[name] ?? ZERO).nanos;
    if (wanted.nanos === 0n || wanted.nanos <= room) return [];
    return [name === 'pods' ? 'Too many pods' : `Insufficient ${name}`];
  });
};

const unschedulableText = (reasons: readonly (readonly string[])[]): string => {
  if (reasons.length === 0) return 'no nodes available to schedule pods';
  const counts = new Map<string, number>();
  for (const reason of reasons.flat()) counts.set(reason, (counts.get(reason) ?? 0) + 1);
  const list = [...counts].map(([reason, count]) => `${count} ${reason}`).toSorted();
  return `0/${reasons.length} nodes are available: ${list.join(', ')}.`;
};

const report = (hand: Hand, pod: KubeObject, condition: JsonObject): void => {
  const conditions = withCondition(hand.cluster, pod, condition);
  if (equal(objectOf(pod['status'])['conditions'], conditions)) return;
  hand.change(pod, 'status', (copy) => {
    copy['status'] = { ...objectOf(copy['status']), conditions };
  });
};

const isWaiting = (pod: KubeObject): boolean =>
  stringOf(objectOf(pod['spec'])['nodeName']) === '' && pod.metadata.deletionTimestamp === undefined;

const usedOn = (pods: readonly KubeObject[], node: KubeObject, now: number): Amounts =>
  pods
    .filter((pod) => objectOf(pod['spec'])['nodeName'] === node.metadata.name && !isRunningOut(pod, now))
    .reduce<Amounts>((sum, pod) => combine(sum, demandOf(pod), add), {});

export const SCHEDULER: Controller = {
  name: 'kube-scheduler',
  watches: ({ collection }) => collection === '/pods' || collection === '/nodes',
  reconcile: (hand) => {
    const { store, now } = hand.cluster;
    const pods = store.list('/pods');
    const waiting = pods
      .filter(isWaiting)
      .toSorted((a, b) => ((a.metadata.creationTimestamp ?? '') < (b.metadata.creationTimestamp ?? '') ? -1 : 1));
    if (waiting.length === 0) return undefined;
    const nodes = store.list('/nodes').filter(isReady);
    const used = new Map(nodes.map((node) => [node, usedOn(pods, node, now())]));
    for (const pod of waiting) {
      const reasons = nodes.map((node) => refusals(pod, node, used.get(node) ?? {}));
      const node = nodes[reasons.findIndex((reason) => reason.length === 0)];
      if (node === undefined) {
        const message = unschedulableText(reasons);
        const wasTold = listOf(objectOf(pod['status'])['conditions']).some(
          (one) => objectOf(one)['message'] === message,
        );
        if (!wasTold) recordEvent(hand, pod, 'Warning', 'FailedScheduling', message);
        report(hand, pod, { type: 'PodScheduled', status: 'False', reason: 'Unschedulable', message });
      } else {
        bindPod(hand.cluster, pod, node.metadata.name ?? '');
        used.set(node, combine(used.get(node) ?? {}, demandOf(pod), add));
      }
    }
    return undefined;
  },
};
