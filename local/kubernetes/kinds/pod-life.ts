import { listOf, objectOf, type KubeObject } from '../object.ts';

/** Ended, or past the time it was given to end: such a pod is not charged to a quota any more. */
export const isRunningOut = (pod: KubeObject, now: number): boolean => {
  const phase = objectOf(pod['status'])['phase'];
  if (phase === 'Failed' || phase === 'Succeeded') return true;
  const { deletionTimestamp, deletionGracePeriodSeconds } = pod.metadata;
  if (deletionTimestamp === undefined || deletionGracePeriodSeconds === undefined) return false;
  return now > Date.parse(deletionTimestamp) + deletionGracePeriodSeconds * 1000;
};

const hasCondition = (object: KubeObject, type: string): boolean =>
  listOf(objectOf(object['status'])['conditions'])
    .map(objectOf)
    .some((condition) => condition['type'] === type && condition['status'] === 'True');

/** Whether a pod, or a node, says that it is ready. */
export const isReady = (object: KubeObject): boolean => hasCondition(object, 'Ready');
