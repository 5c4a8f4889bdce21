/** What a fresh cluster holds before anyone writes: the system's namespaces, and the roles every cluster has. */
import roles from './access/bootstrap.json' with { type: 'json' };

import { SUPERUSERS, type User } from './access/user.ts';
import { persistCreate } from './api/persist.ts';
import type { Write } from './write.ts';
import { shapeObject } from './api/decode.ts';
import type { Cluster } from './cluster.ts';
import type { JsonObject } from './object.ts';

const SYSTEM: User = { name: 'system:apiserver', groups: [SUPERUSERS] };
const NAMESPACES = ['default', 'kube-system', 'kube-public', 'kube-node-lease'];
const RBAC = 'rbac.authorization.k8s.io';

const create = (cluster: Cluster, apiVersion: string, kindName: string, content: JsonObject): void => {
  const kind = cluster.registry.findKind(apiVersion, kindName);
  if (kind === undefined) throw new Error(`no kind ${apiVersion} ${kindName}`);
  const write: Write = { cluster, kind, subresource: '', user: SYSTEM, manager: 'kube-apiserver', isDryRun: false };
  persistCreate(write, shapeObject(kind, content).object, '');
};

export const bootstrap = (cluster: Cluster): void => {
  for (const name of NAMESPACES) create(cluster, 'v1', 'Namespace', { metadata: { name } });
  for (const { name, rules, ...role } of roles.clusterRoles) {
    const labels = { ...role.labels } as JsonObject;
    create(cluster, `${RBAC}/v1`, 'ClusterRole', {
      metadata: { name, labels },
      rules: structuredClone(rules) as JsonObject[],
    });
  }
  for (const { name, role, subjects } of roles.clusterRoleBindings) {
    create(cluster, `${RBAC}/v1`, 'ClusterRoleBinding', {
      metadata: { name },
      roleRef: { apiGroup: RBAC, kind: 'ClusterRole', name: role },
      subjects: subjects.map((subject) => ({ apiGroup: RBAC, kind: 'Group', name: subject })),
    });
  }
};
