/** `pods/NAME/binding` and `pods/NAME/eviction`: what schedulers and drains create. */
import { bindPod } from '../controllers/bind-pod.ts';
import { objectOf, parseJson, stringOf, type JsonObject, type KubeObject } from '../object.ts';
import { badRequest, conflict, notFound } from '../status-error.ts';
import { resourceOfCall, type Call } from './call.ts';
import { deleteObject } from './delete.ts';
import { readObject } from './persist.ts';
import type { Write } from '../write.ts';

const SUCCESS: JsonObject = { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', code: 201 };

const podOf = ({ cluster, kind, path }: Call): KubeObject | undefined =>
  readObject(cluster, kind, path.namespace, path.name);

/** Puts a pod on a node. @throws StatusError 404, or 409 when it is on one already */
export const createBinding = (call: Call): JsonObject => {
  const pod = podOf(call);
  if (pod === undefined) throw notFound(resourceOfCall(call), call.path.name);
  const node = stringOf(objectOf(objectOf(parseJson(call.body))['target'])['name']);
  if (node === '') throw badRequest('target.name: Required value');
  const assigned = stringOf(objectOf(pod['spec'])['nodeName']);
  if (assigned !== '') {
    const of = { group: '', resource: 'pods/binding' };
    throw conflict(of, call.path.name, `pod ${call.path.name} is already assigned to node ${JSON.stringify(assigned)}`);
  }
  bindPod(call.cluster, pod, node);
  return SUCCESS;
};

/** Deletes a pod, as a drain does. Budgets are not weighed. @throws StatusError 404 */
export const createEviction = (call: Call): JsonObject => {
  const pod = podOf(call);
  if (pod === undefined) throw notFound(resourceOfCall(call), call.path.name);
  const { cluster, kind, user } = call;
  const write: Write = { cluster, kind, subresource: '', user, manager: call.userAgent, isDryRun: false };
  const options = objectOf(objectOf(parseJson(call.body))['deleteOptions']);
  const grace = options['gracePeriodSeconds'];
  deleteObject(write, pod, grace === undefined ? {} : { gracePeriodSeconds: Number(grace) });
  return SUCCESS;
};
