/** Namespaces: what every new one gets, and how one comes to its end. */
import { timestamp } from '../cluster.ts';
import { collectionOf } from '../kinds/kind.ts';
import { listOf, objectOf, type JsonObject, type KubeObject } from '../object.ts';
import { keyFor } from '../store/store.ts';
import { withTransitions } from './conditions.ts';
import type { Controller, Hand } from './controller.ts';

const CERTIFICATE = '-----BEGIN CERTIFICATE-----\nstand-in\n-----END CERTIFICATE-----\n';

const furnish = ({ cluster, create }: Hand, namespace: string): void => {
  if (cluster.store.get('/serviceaccounts', keyFor(namespace, 'default')) === undefined) {
    create({ apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'default' } }, namespace);
  }
  if (cluster.store.get('/configmaps', keyFor(namespace, 'kube-root-ca.crt')) === undefined) {
    const content = { metadata: { name: 'kube-root-ca.crt' }, data: { 'ca.crt': CERTIFICATE } };
    create({ apiVersion: 'v1', kind: 'ConfigMap', ...content }, namespace);
  }
};

type Remainder = { readonly resource: string; readonly objects: readonly KubeObject[] };

const contentOf = ({ cluster }: Hand, namespace: string): Remainder[] =>
  cluster.registry
    .all()
    .filter((kind) => kind.isNamespaced && kind.stored === undefined)
    .map((kind) => ({
      // The real message joins resource and group with a dot, also for the group without a name.
      resource: `${kind.plural}.${kind.group}`,
      objects: cluster.store.list(collectionOf(kind), `${namespace}/`),
    }))
    .filter(({ objects }) => objects.length > 0);

const countFinalizers = (remainders: readonly Remainder[]): [string, number][] => {
  const counts = new Map<string, number>();
  for (const finalizer of remainders.flatMap(({ objects }) =>
    objects.flatMap((one) => one.metadata.finalizers ?? []),
  )) {
    counts.set(finalizer, (counts.get(finalizer) ?? 0) + 1);
  }
  return [...counts].toSorted(([a], [b]) => (a < b ? -1 : 1));
};

const remainingConditions = (remainders: readonly Remainder[]): JsonObject[] => {
  const resources = remainders
    .map(({ resource, objects }) => `${resource} has ${objects.length} resource instances`)
    .toSorted();
  const finalizers = countFinalizers(remainders).map(([name, count]) => `${name} in ${count} resource instances`);
  return [
    {
      type: 'NamespaceDeletionDiscoveryFailure',
      status: 'False',
      reason: 'ResourcesDiscovered',
      message: 'All resources successfully discovered',
    },
    {
      type: 'NamespaceDeletionGroupVersionParsingFailure',
      status: 'False',
      reason: 'ParsedGroupVersions',
      message: 'All legacy kube types successfully parsed',
    },
    {
      type: 'NamespaceDeletionContentFailure',
      status: 'False',
      reason: 'ContentDeleted',
      message: 'All content successfully deleted, may be waiting on finalization',
    },
    {
      type: 'NamespaceContentRemaining',
      status: 'True',
      reason: 'SomeResourcesRemain',
      message: `Some resources are remaining: ${resources.join(', ')}`,
    },
    finalizers.length === 0
      ? {
          type: 'NamespaceFinalizersRemaining',
          status: 'False',
          reason: 'ContentHasNoFinalizers',
          message: 'All content-preserving finalizers finished',
        }
      : {
          type: 'NamespaceFinalizersRemaining',
          status: 'True',
          reason: 'SomeFinalizersRemain',
          message: `Some content in the namespace has finalizers remaining: ${finalizers.join(', ')}`,
        },
  ];
};

const terminate = (hand: Hand, namespace: KubeObject): void => {
  const { cluster } = hand;
  const name = namespace.metadata.name ?? '';
  for (const { objects } of contentOf(hand, name)) {
    for (const object of objects) if (object.metadata.deletionTimestamp === undefined) hand.remove(object);
  }
  const remainders = contentOf(hand, name);
  if (remainders.length > 0) {
    hand.change(namespace, 'status', (copy) => {
      const before = listOf(objectOf(copy['status'])['conditions']).map(objectOf);
      const conditions = withTransitions(before, remainingConditions(remainders), timestamp(cluster));
      copy['status'] = { ...objectOf(copy['status']), conditions };
    });
    return;
  }
  const others = listOf(objectOf(namespace['spec'])['finalizers']).filter((finalizer) => finalizer !== 'kubernetes');
  if (others.length === 0 && (namespace.metadata.finalizers ?? []).length === 0) {
    cluster.store.remove('/namespaces', name);
  } else if (others.length < listOf(objectOf(namespace['spec'])['finalizers']).length) {
    const spec = { ...objectOf(namespace['spec']) };
    if (others.length > 0) spec['finalizers'] = others;
    else delete spec['finalizers'];
    cluster.store.put('/namespaces', { ...namespace, spec });
  }
};

export const NAMESPACE_CONTROLLER: Controller = {
  name: 'kube-controller-manager',
  watches: ({ collection, object, type }) =>
    collection === '/namespaces' ||
    (type === 'DELETED' && object.metadata.namespace !== undefined) ||
    ['kube-root-ca.crt', 'default'].includes(object.metadata.name ?? ''),
  reconcile: (hand) => {
    for (const namespace of hand.cluster.store.list('/namespaces')) {
      if (namespace.metadata.deletionTimestamp === undefined) furnish(hand, namespace.metadata.name ?? '');
      else terminate(hand, namespace);
    }
    return undefined;
  },
};
