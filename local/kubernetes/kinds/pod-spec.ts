/** Defaults of pods and pod templates (kubernetes/pkg/apis/core/v1/defaults.go). */
import { isObject, type Json, type JsonObject, type KubeObject, listOf, objectOf, textOf } from '../object.ts';

/** Sets a field that is absent. */
export const fill = (object: JsonObject, field: string, value: Json): void => {
  if (object[field] === undefined || object[field] === null) object[field] = value;
};

const pullPolicy = (image: Json | undefined): string => {
  const last = textOf(image).split('/').at(-1) ?? '';
  if (last.includes('@')) return 'IfNotPresent';
  const tag = last.split(':')[1];
  return tag === undefined || tag === 'latest' ? 'Always' : 'IfNotPresent';
};

const fillProbe = (probe: Json | undefined): void => {
  if (!isObject(probe)) return;
  fill(probe, 'timeoutSeconds', 1);
  fill(probe, 'periodSeconds', 10);
  fill(probe, 'successThreshold', 1);
  fill(probe, 'failureThreshold', 3);
  if (isObject(probe['httpGet'])) {
    fill(probe['httpGet'], 'path', '/');
    fill(probe['httpGet'], 'scheme', 'HTTP');
  }
};

const fillContainer = (container: Json): void => {
  if (!isObject(container)) return;
  fill(container, 'resources', {});
  fill(container, 'terminationMessagePath', '/dev/termination-log');
  fill(container, 'terminationMessagePolicy', 'File');
  fill(container, 'imagePullPolicy', pullPolicy(container['image']));
  for (const port of listOf(container['ports'])) fill(objectOf(port), 'protocol', 'TCP');
  for (const env of listOf(container['env'])) {
    const fieldRef = objectOf(objectOf(env)['valueFrom'])['fieldRef'];
    if (isObject(fieldRef)) fill(fieldRef, 'apiVersion', 'v1');
  }
  for (const probe of ['livenessProbe', 'readinessProbe', 'startupProbe']) fillProbe(container[probe]);
};

const MODE_0644 = 420;

const fillVolume = (volume: Json): void => {
  if (!isObject(volume)) return;
  for (const source of ['configMap', 'secret', 'projected', 'downwardAPI']) {
    if (isObject(volume[source])) fill(volume[source], 'defaultMode', MODE_0644);
  }
  if (isObject(volume['hostPath'])) fill(volume['hostPath'], 'type', '');
  if (Object.keys(volume).length === 1) volume['emptyDir'] = {};
};

/** What a pod template's spec gets. */
export const fillPodSpec = (spec: JsonObject): void => {
  for (const container of [...listOf(spec['containers']), ...listOf(spec['initContainers'])]) fillContainer(container);
  for (const volume of listOf(spec['volumes'])) fillVolume(volume);
  fill(spec, 'restartPolicy', 'Always');
  fill(spec, 'terminationGracePeriodSeconds', 30);
  fill(spec, 'dnsPolicy', 'ClusterFirst');
  if (typeof spec['serviceAccountName'] === 'string') fill(spec, 'serviceAccount', spec['serviceAccountName']);
  fill(spec, 'securityContext', {});
  fill(spec, 'schedulerName', 'default-scheduler');
};

/** Requests follow limits where only limits are given: pods only, not templates. */
const requestsFromLimits = (container: Json): void => {
  const resources = objectOf(objectOf(container)['resources']);
  const limits = objectOf(resources['limits']);
  if (Object.keys(limits).length === 0) return;
  resources['requests'] = { ...limits, ...objectOf(resources['requests']) };
};

const DEFAULT_TOLERATIONS = ['node.kubernetes.io/not-ready', 'node.kubernetes.io/unreachable'];

/** What a pod gets, by defaults and by the admission plug-ins that always run (ServiceAccount, Priority, tolerations). */
export const fillPod = (pod: KubeObject): void => {
  if (!isObject(pod['spec'])) return;
  const spec = pod['spec'];
  fillPodSpec(spec);
  fill(spec, 'enableServiceLinks', true);
  for (const container of [...listOf(spec['containers']), ...listOf(spec['initContainers'])]) {
    requestsFromLimits(container);
  }
};

/** What admission adds to a new pod. */
export const admitPod = (pod: KubeObject): void => {
  const spec = objectOf(pod['spec']);
  fill(spec, 'serviceAccountName', 'default');
  fill(spec, 'serviceAccount', spec['serviceAccountName'] ?? 'default');
  fill(spec, 'priority', 0);
  fill(spec, 'preemptionPolicy', 'PreemptLowerPriority');
  const tolerations = listOf(spec['tolerations']);
  const tolerated = new Set(tolerations.map((toleration) => objectOf(toleration)['key']));
  const added = DEFAULT_TOLERATIONS.filter((key) => !tolerated.has(key)).map((key) => ({
    key,
    operator: 'Exists',
    effect: 'NoExecute',
    tolerationSeconds: 300,
  }));
  spec['tolerations'] = [...tolerations, ...added];
};

type Resources = { readonly requests: JsonObject; readonly limits: JsonObject };

export const containerResources = (container: Json): Resources => {
  const resources = objectOf(objectOf(container)['resources']);
  return { requests: objectOf(resources['requests']), limits: objectOf(resources['limits']) };
};

/** Guaranteed, Burstable or BestEffort, from cpu and memory of all containers. */
export const qosClass = (pod: KubeObject): string => {
  const spec = objectOf(pod['spec']);
  const containers = [...listOf(spec['containers']), ...listOf(spec['initContainers'])].map(containerResources);
  const names = ['cpu', 'memory'];
  const isSet = (quantity: Json | undefined): boolean =>
    quantity !== undefined && !/^0[a-zA-Z]*$/.test(textOf(quantity));
  const isBestEffort = containers.every(({ requests, limits }) =>
    names.every((name) => !isSet(requests[name]) && !isSet(limits[name])),
  );
  if (isBestEffort) return 'BestEffort';
  const isGuaranteed = containers.every(({ requests, limits }) =>
    names.every((name) => isSet(limits[name]) && textOf(requests[name] ?? limits[name]) === textOf(limits[name])),
  );
  return isGuaranteed ? 'Guaranteed' : 'Burstable';
};
