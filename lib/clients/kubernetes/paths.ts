import type { ObjectKey } from '../../model/kubernetes-object.ts';
import { HeadgateError } from '../../runtime/errors.ts';
import type { Kind } from './kinds.ts';

/** Where a kind's objects lie: of one namespace, or of all (of the cluster) when none is named. */
export const collectionPathOf = (kind: Kind, namespace?: string): string => {
  const group = `/${kind.apiVersion.includes('/') ? 'apis' : 'api'}/${kind.apiVersion}`;
  const within = kind.namespaced && namespace !== undefined ? `/namespaces/${segment(namespace)}` : '';
  return `${group}${within}/${kind.plural}`;
};

/** Where one object lies. A namespaced kind needs its namespace. */
export const pathOf = (kind: Kind, key: ObjectKey): string => {
  if (kind.namespaced && key.namespace === undefined) {
    throw new HeadgateError('Invalid', `${kind.kind} ${key.name}: its namespace is missing`);
  }
  return `${collectionPathOf(kind, key.namespace)}/${segment(key.name)}`;
};

/** Names may come from a message: one that is no name would make a path to another place. */
const segment = (name: string): string => {
  if (!/^[A-Za-z0-9][-.:\w]*$/.test(name)) throw new HeadgateError('Invalid', `not a name: ${JSON.stringify(name)}`);
  return name;
};
