import { timestamp, type Cluster } from '../cluster.ts';
import { listOf, objectOf, type JsonObject, type KubeObject } from '../object.ts';
import { withTransitions } from './conditions.ts';

/** A pod's conditions with one of them set, and the time at which it turned. */
export const withCondition = (cluster: Cluster, pod: KubeObject, condition: JsonObject): JsonObject[] => {
  const before = listOf(objectOf(pod['status'])['conditions']).map(objectOf);
  const others = before.filter(({ type }) => type !== condition['type']);
  return [...others, ...withTransitions(before, [condition], timestamp(cluster))];
};

/** Puts a pod on a node: what the binding subresource may set, and an update may not. */
export const bindPod = (cluster: Cluster, pod: KubeObject, nodeName: string): void => {
  const spec = { ...objectOf(pod['spec']), nodeName };
  const conditions = withCondition(cluster, pod, { type: 'PodScheduled', status: 'True' });
  cluster.store.put('/pods', { ...pod, spec, status: { ...objectOf(pod['status']), conditions } });
};
