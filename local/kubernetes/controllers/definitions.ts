/** When a CRD is gone, so are the objects it defined. */
import { CRD_KIND } from '../kinds/custom.ts';
import { collectionOf } from '../kinds/kind.ts';
import { keyOf } from '../store/store.ts';
import type { Controller } from './controller.ts';

const CRDS = collectionOf(CRD_KIND);

export const DEFINITION_CONTROLLER: Controller = {
  name: 'kube-apiserver',
  watches: ({ collection, type }) => collection === CRDS && type === 'DELETED',
  reconcile: ({ cluster }) => {
    const served = new Set(cluster.registry.all().map(collectionOf));
    for (const collection of cluster.store.collections()) {
      if (served.has(collection)) continue;
      for (const object of cluster.store.list(collection)) cluster.store.remove(collection, keyOf(object));
    }
    return undefined;
  },
};
