/** What `kubectl get` shows of the built-in kinds (kubernetes/pkg/printers/internalversion). */
import { at, listOf, objectOf, stringOf, textOf, type Json, type JsonObject, type KubeObject } from '../object.ts';
import { ageOf } from './age.ts';
import type { Column } from './kind.ts';
import { isReady } from './pod-life.ts';

type Cell = Column['cell'];

const column = (name: string, cell: Cell, more: Partial<Column> = {}): Column => ({
  name,
  type: 'string',
  cell,
  ...more,
});
const wide = (name: string, cell: Cell): Column => column(name, cell, { priority: 1 });
const integer = (name: string, cell: Cell): Column => column(name, cell, { type: 'integer' });

export const NAME: Column = column('Name', ({ metadata }) => metadata.name ?? '', { format: 'name' });
export const AGE: Column = column('Age', ({ metadata }, now) => ageOf(metadata.creationTimestamp, now));
const CREATED_AT: Column = column('Created At', ({ metadata }) => metadata.creationTimestamp ?? '', { type: 'date' });

const textAt =
  (path: string, none = ''): Cell =>
  (object) =>
    textOf(at(object, path)) || none;

const numberAt =
  (path: string): Cell =>
  (object) =>
    Number(at(object, path) ?? 0);

const labelsText = (labels: JsonObject): string => {
  const pairs = Object.entries(labels).map(([key, value]) => `${key}=${textOf(value)}`);
  return pairs.length === 0 ? '<none>' : pairs.toSorted().join(',');
};

const selectorText = (selector: Json | undefined): string => {
  const { matchLabels, matchExpressions } = objectOf(selector);
  const pairs = Object.entries(objectOf(matchLabels)).map(([key, value]) => `${key}=${textOf(value)}`);
  const expressions = listOf(matchExpressions).map((expression) => {
    const { key, operator, values } = objectOf(expression);
    const list = `(${listOf(values).map(textOf).toSorted().join(',')})`;
    if (operator === 'Exists') return textOf(key);
    if (operator === 'DoesNotExist') return `!${textOf(key)}`;
    return `${textOf(key)} ${operator === 'In' ? 'in' : 'notin'} ${list}`;
  });
  const all = [...pairs, ...expressions].toSorted();
  return all.length === 0 ? '<none>' : all.join(',');
};

const containersOf = (object: KubeObject): JsonObject[] =>
  listOf(at(object, 'spec.template.spec.containers')).map(objectOf);

const names = column(
  'Containers',
  (object) =>
    containersOf(object)
      .map(({ name }) => textOf(name))
      .join(','),
  { priority: 1 },
);
const images = column(
  'Images',
  (object) =>
    containersOf(object)
      .map(({ image }) => textOf(image))
      .join(','),
  { priority: 1 },
);
const selector = wide('Selector', (object) => selectorText(at(object, 'spec.selector')));

const containerReason = (status: JsonObject, before: string): string => {
  const { waiting, terminated } = objectOf(status['state']);
  const waitingReason = stringOf(objectOf(waiting)['reason']);
  if (waitingReason !== '') return waitingReason;
  if (terminated === undefined) return before;
  const { reason, signal, exitCode } = objectOf(terminated);
  if (stringOf(reason) !== '') return stringOf(reason);
  return signal === undefined ? `ExitCode:${textOf(exitCode)}` : `Signal:${textOf(signal)}`;
};

const statusesOf = (pod: KubeObject): JsonObject[] => listOf(at(pod, 'status.containerStatuses')).map(objectOf);

const podStatus: Cell = (pod) => {
  const phase = textOf(at(pod, 'status.phase'));
  const reason = stringOf(at(pod, 'status.reason')) || phase;
  const shown = statusesOf(pod).reduceRight((text, status) => containerReason(status, text), reason);
  const isOver = phase === 'Failed' || phase === 'Succeeded';
  return pod.metadata.deletionTimestamp !== undefined && !isOver ? 'Terminating' : shown;
};

const podRestarts: Cell = (pod, now) => {
  const restarts = statusesOf(pod).reduce((sum, { restartCount }) => sum + Number(restartCount ?? 0), 0);
  const ends = statusesOf(pod)
    .map((status) => stringOf(at(status, 'lastState.terminated.finishedAt')))
    .toSorted();
  const last = ends.at(-1) ?? '';
  return restarts === 0 || last === '' ? String(restarts) : `${restarts} (${ageOf(last, now)} ago)`;
};

const servicePorts: Cell = (service) =>
  listOf(at(service, 'spec.ports'))
    .map(objectOf)
    .map(
      ({ port, nodePort, protocol }) =>
        `${textOf(port)}${nodePort === undefined ? '' : `:${textOf(nodePort)}`}/${textOf(protocol)}`,
    )
    .join(',') || '<none>';

const serviceAddress: Cell = (service) => {
  const spec = objectOf(service['spec']);
  if (spec['type'] === 'ExternalName') return textOf(spec['externalName']);
  return spec['type'] === 'LoadBalancer' ? '<pending>' : '<none>';
};

const nodeStatus: Cell = (node) => {
  const isKnown = listOf(at(node, 'status.conditions')).some((one) => objectOf(one)['type'] === 'Ready');
  const status = isKnown ? (isReady(node) ? 'Ready' : 'NotReady') : 'Unknown';
  return at(node, 'spec.unschedulable') === true ? `${status},SchedulingDisabled` : status;
};

const ROLE_LABEL = 'node-role.kubernetes.io/';

const nodeRoles: Cell = ({ metadata }) =>
  Object.keys(metadata.labels ?? {})
    .filter((label) => label.startsWith(ROLE_LABEL))
    .map((label) => label.slice(ROLE_LABEL.length))
    .toSorted()
    .join(',') || '<none>';

const nodeAddress =
  (type: string): Cell =>
  (node) => {
    const found = listOf(at(node, 'status.addresses'))
      .map(objectOf)
      .find((one) => one['type'] === type);
    return textOf(found?.['address']) || '<none>';
  };

const subjectsOf =
  (kind: string): Cell =>
  (binding) =>
    listOf(binding['subjects'])
      .map(objectOf)
      .filter((subject) => subject['kind'] === kind)
      .map(({ name, namespace }) => (namespace === undefined ? textOf(name) : `${textOf(namespace)}/${textOf(name)}`))
      .join(', ');

const BINDING: readonly Column[] = [
  NAME,
  column('Role', (binding) => `${textOf(at(binding, 'roleRef.kind'))}/${textOf(at(binding, 'roleRef.name'))}`),
  AGE,
  wide('Users', subjectsOf('User')),
  wide('Groups', subjectsOf('Group')),
  wide('ServiceAccounts', subjectsOf('ServiceAccount')),
];

const quotaText =
  (isLimit: boolean): Cell =>
  (quota) =>
    Object.entries(objectOf(at(quota, 'status.hard')))
      .filter(([name]) => name.startsWith('limits.') === isLimit)
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, hard]) => `${name}: ${textOf(objectOf(at(quota, 'status.used'))[name]) || '0'}/${textOf(hard)}`)
      .join(', ');

const sizeAt =
  (...paths: readonly string[]): Cell =>
  (object) =>
    paths.reduce((sum, path) => sum + Object.keys(objectOf(at(object, path))).length, 0);

const eventTime = (event: KubeObject, field: string): Json | undefined => event[field] ?? event['eventTime'];

const EVENT: readonly Column[] = [
  column('Last Seen', (event, now) => ageOf(event['lastTimestamp'] ?? eventTime(event, 'firstTimestamp'), now)),
  column('Type', textAt('type')),
  column('Reason', textAt('reason')),
  column(
    'Object',
    (event) => `${textOf(at(event, 'involvedObject.kind')).toLowerCase()}/${textOf(at(event, 'involvedObject.name'))}`,
  ),
  wide('Subobject', textAt('involvedObject.fieldPath')),
  wide(
    'Source',
    (event) =>
      textOf(at(event, 'source.component')) ||
      [event['reportingComponent'], event['reportingInstance']]
        .map(textOf)
        .filter((text) => text !== '')
        .join(', '),
  ),
  column('Message', (event) => textOf(event['message']).trim()),
  wide('First Seen', (event, now) => ageOf(eventTime(event, 'firstTimestamp'), now)),
  wide('Count', (event) => Number(at(event, 'series.count') ?? event['count'] ?? 1)),
  { ...NAME, priority: 1 },
];

const PLAIN: readonly Column[] = [NAME, AGE];

/** Columns by `group/plural`, as the store names collections. */
const COLUMNS: Readonly<Record<string, readonly Column[]>> = {
  '/pods': [
    NAME,
    column(
      'Ready',
      (pod) =>
        `${statusesOf(pod).filter(({ ready }) => ready === true).length}/${listOf(at(pod, 'spec.containers')).length}`,
    ),
    column('Status', podStatus),
    column('Restarts', podRestarts),
    AGE,
    wide('IP', textAt('status.podIP', '<none>')),
    wide('Node', textAt('spec.nodeName', '<none>')),
    wide('Nominated Node', textAt('status.nominatedNodeName', '<none>')),
    wide('Readiness Gates', () => '<none>'),
  ],
  '/services': [
    NAME,
    column('Type', textAt('spec.type')),
    column('Cluster-IP', textAt('spec.clusterIP', '<none>')),
    column('External-IP', serviceAddress),
    column('Port(s)', servicePorts),
    AGE,
    wide('Selector', (service) => labelsText(objectOf(at(service, 'spec.selector')))),
  ],
  '/namespaces': [NAME, column('Status', textAt('status.phase')), AGE],
  '/nodes': [
    NAME,
    column('Status', nodeStatus),
    column('Roles', nodeRoles),
    AGE,
    column('Version', textAt('status.nodeInfo.kubeletVersion')),
    wide('Internal-IP', nodeAddress('InternalIP')),
    wide('External-IP', nodeAddress('ExternalIP')),
    wide('OS-Image', textAt('status.nodeInfo.osImage', '<unknown>')),
    wide('Kernel-Version', textAt('status.nodeInfo.kernelVersion', '<unknown>')),
    wide('Container-Runtime', textAt('status.nodeInfo.containerRuntimeVersion', '<unknown>')),
  ],
  '/events': EVENT,
  '/configmaps': [NAME, column('Data', sizeAt('data', 'binaryData')), AGE],
  '/secrets': [NAME, column('Type', textAt('type')), column('Data', sizeAt('data')), AGE],
  '/serviceaccounts': PLAIN,
  '/resourcequotas': [NAME, column('Request', quotaText(false)), column('Limit', quotaText(true)), AGE],
  '/limitranges': [NAME, CREATED_AT],
  '/endpoints': [NAME, column('Endpoints', () => '<none>'), AGE],
  '/persistentvolumeclaims': [
    NAME,
    column('Status', (claim) =>
      claim.metadata.deletionTimestamp === undefined ? textOf(at(claim, 'status.phase')) : 'Terminating',
    ),
    column('Volume', textAt('spec.volumeName')),
    column('Capacity', textAt('status.capacity.storage')),
    column('Access Modes', () => ''),
    column('StorageClass', textAt('spec.storageClassName')),
    column('VolumeAttributesClass', textAt('spec.volumeAttributesClassName', '<unset>')),
    AGE,
    wide('VolumeMode', textAt('spec.volumeMode', '<unset>')),
  ],
  'apps/deployments': [
    NAME,
    column(
      'Ready',
      (one) => `${Number(at(one, 'status.readyReplicas') ?? 0)}/${Number(at(one, 'spec.replicas') ?? 0)}`,
    ),
    column('Up-to-date', numberAt('status.updatedReplicas')),
    column('Available', numberAt('status.availableReplicas')),
    AGE,
    names,
    images,
    selector,
  ],
  'apps/statefulsets': [
    NAME,
    column(
      'Ready',
      (one) => `${Number(at(one, 'status.readyReplicas') ?? 0)}/${Number(at(one, 'spec.replicas') ?? 0)}`,
    ),
    AGE,
    names,
    images,
  ],
  'apps/replicasets': [
    NAME,
    integer('Desired', numberAt('spec.replicas')),
    integer('Current', numberAt('status.replicas')),
    integer('Ready', numberAt('status.readyReplicas')),
    AGE,
    names,
    images,
    selector,
  ],
  'rbac.authorization.k8s.io/roles': [NAME, CREATED_AT],
  'rbac.authorization.k8s.io/clusterroles': [NAME, CREATED_AT],
  'rbac.authorization.k8s.io/rolebindings': BINDING,
  'rbac.authorization.k8s.io/clusterrolebindings': BINDING,
  'coordination.k8s.io/leases': [NAME, column('Holder', textAt('spec.holderIdentity')), AGE],
  'networking.k8s.io/networkpolicies': [
    NAME,
    column('Pod-Selector', (policy) => selectorText(at(policy, 'spec.podSelector'))),
    AGE,
  ],
  'policy/poddisruptionbudgets': [
    NAME,
    column('Min Available', textAt('spec.minAvailable', 'N/A')),
    column('Max Unavailable', textAt('spec.maxUnavailable', 'N/A')),
    integer('Allowed Disruptions', numberAt('status.disruptionsAllowed')),
    AGE,
  ],
  'scheduling.k8s.io/priorityclasses': [
    NAME,
    integer('Value', numberAt('value')),
    column('Global-Default', (one) => one['globalDefault'] === true, { type: 'boolean' }),
    AGE,
    column('PreemptionPolicy', textAt('preemptionPolicy')),
  ],
  'apiextensions.k8s.io/customresourcedefinitions': [NAME, CREATED_AT],
};

export const columnsOf = (collection: string): readonly Column[] => COLUMNS[collection] ?? PLAIN;
