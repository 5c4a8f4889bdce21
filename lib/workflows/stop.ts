import { CONFIG_MAP } from '../clients/kubernetes/kinds.ts';
import type { Kubernetes } from '../clients/kubernetes/kubernetes.ts';
import { SYSTEM_NAMESPACE } from '../model/group.ts';

/** The cluster-wide stop: a ConfigMap of this name in `headgate-system` whose `data.stopped` is `true`. */
export const STOP_NAME = 'headgate-stop';

/** Why Headgate must not write now, or undefined. Whoever cannot read the stop must not write either: errors pass through. */
export const readStop = async (kubernetes: Kubernetes): Promise<string | undefined> => {
  const stop = await kubernetes.get(CONFIG_MAP, { namespace: SYSTEM_NAMESPACE, name: STOP_NAME });
  return stop?.data?.['stopped'] === 'true' ? (stop.data['reason'] ?? 'stopped by an admin') : undefined;
};
