/** The garbage collector: dependents go with their owners, as the propagation asked for says. */
import type { KubeObject, OwnerReference } from '../object.ts';
import type { Controller, Hand } from './controller.ts';

const ORPHAN = 'orphan';
const FOREGROUND = 'foregroundDeletion';

type Graph = {
  readonly objects: readonly KubeObject[];
  readonly byUid: ReadonlyMap<string, KubeObject>;
};

const graphOf = ({ cluster }: Hand): Graph => {
  const objects = cluster.store.collections().flatMap((collection) => cluster.store.list(collection));
  return { objects, byUid: new Map(objects.map((object) => [object.metadata.uid ?? '', object])) };
};

const isWaiting = (owner: KubeObject): boolean =>
  owner.metadata.deletionTimestamp !== undefined && owner.metadata.finalizers?.includes(FOREGROUND) === true;

/** An owner is absent when nothing has its uid, or when it lives in another namespace. */
const ownerOf = (graph: Graph, dependent: KubeObject, reference: OwnerReference): KubeObject | undefined => {
  const owner = graph.byUid.get(reference.uid);
  const namespace = owner?.metadata.namespace;
  return namespace === undefined || namespace === dependent.metadata.namespace ? owner : undefined;
};

const dependentsOf = (graph: Graph, owner: KubeObject): KubeObject[] =>
  graph.objects.filter(
    (object) => object.metadata.ownerReferences?.some(({ uid }) => uid === owner.metadata.uid) === true,
  );

const withoutReferences = (hand: Hand, object: KubeObject, isGone: (reference: OwnerReference) => boolean): void => {
  hand.change(object, '', ({ metadata }) => {
    const kept = (metadata.ownerReferences ?? []).filter((reference) => !isGone(reference));
    if (kept.length > 0) metadata.ownerReferences = kept;
    else delete metadata.ownerReferences;
  });
};

const withoutFinalizer = (hand: Hand, object: KubeObject, finalizer: string): void => {
  hand.change(object, '', ({ metadata }) => {
    metadata.finalizers = (metadata.finalizers ?? []).filter((one) => one !== finalizer);
  });
};

/** A dependent goes when none of its owners is there to stay. */
const collect = (hand: Hand, graph: Graph, object: KubeObject): void => {
  const references = object.metadata.ownerReferences ?? [];
  const { registry } = hand.cluster;
  const isKnown = ({ apiVersion, kind }: OwnerReference): boolean => registry.findKind(apiVersion, kind) !== undefined;
  if (object.metadata.deletionTimestamp !== undefined || !references.every(isKnown)) return;
  const isAbsent = (reference: OwnerReference): boolean => ownerOf(graph, object, reference) === undefined;
  const isGoing = (reference: OwnerReference): boolean => {
    const owner = ownerOf(graph, object, reference);
    return owner !== undefined && isWaiting(owner);
  };
  const isSolid = (reference: OwnerReference): boolean => !isAbsent(reference) && !isGoing(reference);
  if (references.some(isSolid)) {
    if (!references.every(isSolid)) withoutReferences(hand, object, (reference) => !isSolid(reference));
    return;
  }
  const isForeground = references.some(isGoing) && dependentsOf(graph, object).length > 0;
  hand.remove(object, { propagationPolicy: isForeground ? 'Foreground' : 'Background' });
};

/** Whether an owner that waits may go: nothing that blocks it is left, or it leaves its dependents behind. */
const mayRelease = (graph: Graph, owner: KubeObject): boolean =>
  owner.metadata.finalizers?.includes(ORPHAN) === true ||
  !dependentsOf(graph, owner).some(({ metadata }) =>
    metadata.ownerReferences?.some((one) => one.uid === owner.metadata.uid && one.blockOwnerDeletion === true),
  );

const release = (hand: Hand, graph: Graph, owner: KubeObject): void => {
  const isOrphaning = owner.metadata.finalizers?.includes(ORPHAN) === true;
  if (isOrphaning) {
    for (const dependent of dependentsOf(graph, owner)) {
      withoutReferences(hand, dependent, ({ uid }) => uid === owner.metadata.uid);
    }
  }
  withoutFinalizer(hand, owner, isOrphaning ? ORPHAN : FOREGROUND);
};

const isHeldByCollector = ({ metadata }: KubeObject): boolean =>
  metadata.deletionTimestamp !== undefined &&
  metadata.finalizers?.some((finalizer) => finalizer === ORPHAN || finalizer === FOREGROUND) === true;

export const GARBAGE_COLLECTOR: Controller = {
  name: 'kube-controller-manager',
  watches: ({ type, object }) =>
    type === 'DELETED' || (object.metadata.ownerReferences ?? []).length > 0 || isHeldByCollector(object),
  reconcile: (hand) => {
    const graph = graphOf(hand);
    for (const object of graph.objects)
      if ((object.metadata.ownerReferences ?? []).length > 0) collect(hand, graph, object);
    const after = graphOf(hand);
    // One at a time: letting go changes the graph, and wakes the collector again.
    const held = after.objects.find((object) => isHeldByCollector(object) && mayRelease(after, object));
    if (held !== undefined) release(hand, after, held);
    return undefined;
  },
};
