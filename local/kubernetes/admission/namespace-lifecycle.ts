import type { Write } from '../write.ts';
import { resourceOf } from '../kinds/kind.ts';
import { objectOf, type KubeObject } from '../object.ts';
import { forbidden, notFound, StatusError } from '../status-error.ts';

const IMMORTAL = new Set(['default', 'kube-system', 'kube-public']);

/** Nothing new in a namespace that is not there, or that is going. @throws StatusError 404 or 403 */
export const assertNamespaceOpen = (write: Write, object: KubeObject): void => {
  const { namespace = '', name = '' } = object.metadata;
  if (!write.kind.isNamespaced) return;
  const home = write.cluster.store.get('/namespaces', namespace);
  if (home === undefined) throw notFound({ group: '', resource: 'namespaces' }, namespace);
  if (objectOf(home['status'])['phase'] !== 'Terminating') return;
  const error = forbidden(
    resourceOf(write.kind),
    name,
    `unable to create new content in namespace ${namespace} because it is being terminated`,
  );
  const cause = {
    reason: 'NamespaceTerminating',
    message: `namespace ${namespace} is being terminated`,
    field: 'metadata.namespace',
  };
  throw new StatusError(error.code, error.reason, error.message, { ...error.details, causes: [cause] });
};

/** @throws StatusError 403 */
export const assertDeletableNamespace = (write: Write, live: KubeObject): void => {
  const name = live.metadata.name ?? '';
  const isNamespace = write.kind.kind === 'Namespace' && write.kind.group === '';
  if (isNamespace && IMMORTAL.has(name)) {
    throw forbidden(resourceOf(write.kind), name, 'this namespace may not be deleted');
  }
};
