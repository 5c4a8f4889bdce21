/** What each ResourceQuota allows and what is used of it, as admission checks it. */
import { isInScopeOf, usageOf } from '../admission/quota.ts';
import { collectionOf } from '../kinds/kind.ts';
import { equal, objectOf, type KubeObject } from '../object.ts';
import { add, amountsOf, combine, formatAmounts, ZERO, type Amounts } from '../quantity.ts';
import type { Controller, Hand } from './controller.ts';

const usedOf = ({ cluster }: Hand, quota: KubeObject, names: readonly string[]): Amounts => {
  const prefix = `${quota.metadata.namespace ?? ''}/`;
  const now = cluster.now();
  let used: Amounts = Object.fromEntries(names.map((name) => [name, ZERO]));
  for (const kind of cluster.registry.all()) {
    if (!kind.isNamespaced || kind.stored !== undefined) continue;
    for (const object of cluster.store.list(collectionOf(kind), prefix)) {
      if (!isInScopeOf(quota, kind, object)) continue;
      const own = Object.entries(usageOf(kind, object, now)).filter(([name]) => names.includes(name));
      used = combine(used, Object.fromEntries(own), add);
    }
  }
  return used;
};

const recount = (hand: Hand, quota: KubeObject): void => {
  const hard = objectOf(objectOf(quota['spec'])['hard']);
  const used = formatAmounts(usedOf(hand, quota, Object.keys(amountsOf(hard))));
  const status = objectOf(quota['status']);
  if (equal(status['hard'] ?? {}, hard) && equal(status['used'] ?? {}, used)) return;
  hand.change(quota, 'status', (copy) => {
    copy['status'] = { hard: { ...hard }, used };
  });
};

export const QUOTA_CONTROLLER: Controller = {
  name: 'kube-controller-manager',
  watches: ({ collection, type }) => collection === '/resourcequotas' || collection === '/pods' || type !== 'MODIFIED',
  reconcile: (hand) => {
    for (const quota of hand.cluster.store.list('/resourcequotas')) recount(hand, quota);
    return undefined;
  },
};
