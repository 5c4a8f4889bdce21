import { listOf, objectOf, type KubeObject } from '../object.ts';

const hasCondition = (object: KubeObject, type: string): boolean =>
  listOf(objectOf(object['status'])['conditions'])
    .map(objectOf)
    .some((condition) => condition['type'] === type && condition['status'] === 'True');

/** Whether a pod, or a node, says that it is ready. */
export const isReady = (object: KubeObject): boolean => hasCondition(object, 'Ready');
