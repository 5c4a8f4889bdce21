/** Deployments: a ReplicaSet per pod template, the newest one scaled up and the others down. */
import { timestamp } from '../cluster.ts';
import { clone, equal, listOf, objectOf, textOf, type JsonObject, type KubeObject } from '../object.ts';
import type { Controller, Hand } from './controller.ts';
import { withTransitions } from './conditions.ts';
import { isControlledBy, ownerReferenceTo, replicasOf, statusNumber, templateHash } from './owned.ts';

const REVISION = 'deployment.kubernetes.io/revision';
const HASH_LABEL = 'pod-template-hash';

const templateOf = (object: KubeObject): JsonObject => {
  const template = clone(objectOf(objectOf(object['spec'])['template']));
  const metadata = objectOf(template['metadata']);
  const { [HASH_LABEL]: _hash, ...labels } = objectOf(metadata['labels']);
  return { ...template, metadata: { ...metadata, labels } };
};

const setsOf = ({ cluster }: Hand, deployment: KubeObject): KubeObject[] =>
  cluster.store
    .list('apps/replicasets', `${deployment.metadata.namespace ?? ''}/`)
    .filter((set) => isControlledBy(set, deployment));

const revisionOf = (set: KubeObject): number => Number(set.metadata.annotations?.[REVISION] ?? 0);

const createSet = (hand: Hand, deployment: KubeObject, revision: number): KubeObject => {
  const template = templateOf(deployment);
  const hash = templateHash(template);
  const metadata = objectOf(template['metadata']);
  const labels = { ...objectOf(metadata['labels']), [HASH_LABEL]: hash };
  const selector = clone(objectOf(objectOf(deployment['spec'])['selector']));
  selector['matchLabels'] = { ...objectOf(selector['matchLabels']), [HASH_LABEL]: hash };
  return hand.create(
    {
      apiVersion: 'apps/v1',
      kind: 'ReplicaSet',
      metadata: {
        name: `${deployment.metadata.name ?? ''}-${hash}`,
        labels,
        annotations: { [REVISION]: String(revision) },
        ownerReferences: [ownerReferenceTo(deployment)],
      },
      spec: { replicas: 0, selector, template: { ...template, metadata: { ...metadata, labels } } },
    },
    deployment.metadata.namespace ?? '',
  );
};

const scaleTo = (hand: Hand, set: KubeObject, replicas: number): KubeObject =>
  replicasOf(set) === replicas
    ? set
    : hand.change(set, '', (copy) => {
        objectOf(copy['spec'])['replicas'] = replicas;
      });

/** `25%` or `2`, of the wanted replicas. */
const portion = (value: unknown, of: number, round: (number: number) => number): number => {
  const text = textOf(value);
  return text.endsWith('%') ? round((Number(text.slice(0, -1)) / 100) * of) : Number(text === '' ? 0 : text);
};

const sum = (sets: readonly KubeObject[], field: string): number =>
  sets.reduce((total, set) => total + statusNumber(set, field), 0);

/** How far the old sets may shrink and the new one may grow, by the strategy. */
const roll = (hand: Hand, deployment: KubeObject, newest: KubeObject, older: readonly KubeObject[]): void => {
  const wanted = replicasOf(deployment);
  const strategy = objectOf(objectOf(deployment['spec'])['strategy']);
  const oldReplicas = older.reduce((total, set) => total + replicasOf(set), 0);
  if (strategy['type'] === 'Recreate') {
    for (const set of older) scaleTo(hand, set, 0);
    if (sum(older, 'replicas') === 0) scaleTo(hand, newest, wanted);
    return;
  }
  const rolling = objectOf(strategy['rollingUpdate']);
  const surge = portion(rolling['maxSurge'], wanted, Math.ceil);
  const unavailable = portion(rolling['maxUnavailable'], wanted, Math.floor);
  const most = wanted + Math.max(surge, unavailable === 0 && surge === 0 ? 1 : 0);
  scaleTo(
    hand,
    newest,
    older.length === 0 ? wanted : Math.min(wanted, Math.max(most - oldReplicas, replicasOf(newest))),
  );
  let spare = sum([...older, newest], 'availableReplicas') - (wanted - unavailable);
  for (const set of older) {
    const broken = replicasOf(set) - statusNumber(set, 'availableReplicas');
    const gone = Math.min(replicasOf(set), Math.max(broken, 0) + Math.max(spare, 0));
    spare -= Math.max(gone - broken, 0);
    scaleTo(hand, set, replicasOf(set) - gone);
  }
};

const conditionsOf = (deployment: KubeObject, newest: KubeObject, available: number): JsonObject[] => {
  const wanted = replicasOf(deployment);
  const rolling = objectOf(objectOf(objectOf(deployment['spec'])['strategy'])['rollingUpdate']);
  const least = wanted - portion(rolling['maxUnavailable'], wanted, Math.floor);
  const isComplete = statusNumber(newest, 'availableReplicas') === wanted && replicasOf(newest) === wanted;
  const name = newest.metadata.name ?? '';
  const failure = listOf(objectOf(newest['status'])['conditions'])
    .map(objectOf)
    .filter(({ type }) => type === 'ReplicaFailure');
  return [
    available >= least
      ? {
          type: 'Available',
          status: 'True',
          reason: 'MinimumReplicasAvailable',
          message: 'Deployment has minimum availability.',
        }
      : {
          type: 'Available',
          status: 'False',
          reason: 'MinimumReplicasUnavailable',
          message: 'Deployment does not have minimum availability.',
        },
    isComplete
      ? {
          type: 'Progressing',
          status: 'True',
          reason: 'NewReplicaSetAvailable',
          message: `ReplicaSet "${name}" has successfully progressed.`,
        }
      : {
          type: 'Progressing',
          status: 'True',
          reason: 'ReplicaSetUpdated',
          message: `ReplicaSet "${name}" is progressing.`,
        },
    ...failure.map(({ status, reason, message }) => ({
      type: 'ReplicaFailure',
      status: status ?? '',
      reason: reason ?? '',
      message: message ?? '',
    })),
  ];
};

const report = (hand: Hand, deployment: KubeObject, newest: KubeObject, older: readonly KubeObject[]): void => {
  const all = [...older, newest];
  const available = sum(all, 'availableReplicas');
  const unavailable = Math.max(replicasOf(deployment) - available, 0);
  const counts: JsonObject = {
    observedGeneration: deployment.metadata.generation ?? 0,
    replicas: sum(all, 'replicas'),
    updatedReplicas: statusNumber(newest, 'replicas'),
    readyReplicas: sum(all, 'readyReplicas'),
    availableReplicas: available,
    unavailableReplicas: unavailable,
  };
  const before = listOf(objectOf(deployment['status'])['conditions']).map(objectOf);
  const at = timestamp(hand.cluster);
  const conditions = withTransitions(before, conditionsOf(deployment, newest, available), at).map((condition) => {
    const old = before.find(({ type }) => type === condition['type']);
    return {
      ...condition,
      lastUpdateTime: old?.['reason'] === condition['reason'] ? (old?.['lastUpdateTime'] ?? at) : at,
    };
  });
  const nonZero = Object.fromEntries(Object.entries(counts).filter(([, count]) => count !== 0));
  const status: JsonObject = { ...nonZero, conditions };
  if (equal(deployment['status'], status)) return;
  hand.change(deployment, 'status', (copy) => {
    copy['status'] = status;
  });
};

const reconcileOne = (hand: Hand, deployment: KubeObject): void => {
  const sets = setsOf(hand, deployment);
  const template = templateOf(deployment);
  const latest = Math.max(0, ...sets.map(revisionOf));
  const matching = sets.find((set) => equal(templateOf(set), template));
  const isNew = matching === undefined;
  const newest = matching ?? createSet(hand, deployment, latest + 1);
  const older = sets.filter((set) => set !== matching);
  const revision = String(isNew ? latest + 1 : revisionOf(newest));
  let current = deployment;
  if (current.metadata.annotations?.[REVISION] !== revision) {
    // Through status, which does not raise the generation.
    current = hand.change(current, 'status', ({ metadata }) => {
      metadata.annotations = { ...metadata.annotations, [REVISION]: revision };
    });
  }
  roll(hand, current, newest, older);
  report(hand, current, newest, older);
};

export const DEPLOYMENT_CONTROLLER: Controller = {
  name: 'kube-controller-manager',
  watches: ({ collection }) => collection === 'apps/deployments' || collection === 'apps/replicasets',
  reconcile: (hand) => {
    for (const deployment of hand.cluster.store.list('apps/deployments')) {
      if (deployment.metadata.deletionTimestamp === undefined) reconcileOne(hand, deployment);
    }
    return undefined;
  },
};
