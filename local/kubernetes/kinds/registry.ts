import type { KubeObject } from '../object.ts';
import type { Store } from '../store/store.ts';
import { CORE_KINDS } from './core.ts';
import { CRD_KIND, kindsOf } from './custom.ts';
import { EVENT_KIND } from './events.ts';
import { apiVersionOf, collectionOf, type Kind } from './kind.ts';
import { RBAC_KINDS } from './rbac.ts';
import { WORKLOAD_KINDS } from './workloads.ts';

const BUILTIN: readonly Kind[] = [...CORE_KINDS, ...WORKLOAD_KINDS, ...RBAC_KINDS, EVENT_KIND, CRD_KIND];

/** Every kind that is served now: the built-in ones, and what the stored CRDs define. */
export type Registry = {
  all(): readonly Kind[];
  find(group: string, version: string, plural: string): Kind | undefined;
  findKind(apiVersion: string, kind: string): Kind | undefined;
};

export const createRegistry = (store: Store): Registry => {
  const crds = collectionOf(CRD_KIND);
  let kinds: readonly Kind[] = [];
  let byPath = new Map<string, Kind>();
  let byKind = new Map<string, Kind>();

  const refresh = (): void => {
    const custom = store.list(crds).filter((crd: KubeObject) => crd.metadata.deletionTimestamp === undefined);
    kinds = [...BUILTIN, ...custom.flatMap(kindsOf)];
    byPath = new Map(kinds.map((kind) => [`${apiVersionOf(kind)}/${kind.plural}`, kind]));
    byKind = new Map(kinds.map((kind) => [`${apiVersionOf(kind)}/${kind.kind}`, kind]));
  };
  refresh();
  store.subscribe(({ collection }) => {
    if (collection === crds) refresh();
  });

  return {
    all: () => kinds,
    find: (group, version, plural) => byPath.get(`${apiVersionOf({ group, version })}/${plural}`),
    findKind: (apiVersion, kind) => byKind.get(`${apiVersion}/${kind}`),
  };
};
