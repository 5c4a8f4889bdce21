import assert from 'node:assert/strict';

import { assertCode, assertStatus, contract, textOf, type Api, type ContractCase } from '../contract.ts';
import { configMap, configMaps, deployments, installWidgets, widget, widgets } from '../fixtures.ts';

const RBAC = '/apis/rbac.authorization.k8s.io/v1';
const roles = (api: Api): string => `${RBAC}/namespaces/${api.namespace}/roles`;
const bindings = (api: Api): string => `${RBAC}/namespaces/${api.namespace}/rolebindings`;

type Rule = {
  readonly apiGroups?: readonly string[];
  readonly resources?: readonly string[];
  readonly verbs: readonly string[];
  readonly resourceNames?: readonly string[];
};

const GROUP = 'rbac.authorization.k8s.io';

/** Gives a user rules in the case's namespace. */
const allow = async (api: Api, user: string, ...rules: readonly Rule[]): Promise<Api> => {
  const name = `may-${user}`;
  const all = rules.map((rule) => ({ apiGroups: [''], resources: ['configmaps'], ...rule }));
  assertCode(await api.send('POST', roles(api), { metadata: { name }, rules: all }), 201);
  const binding = {
    metadata: { name },
    roleRef: { kind: 'Role', name, apiGroup: GROUP },
    subjects: [{ kind: 'User', name: user }],
  };
  assertCode(await api.send('POST', bindings(api), binding), 201);
  return api.as(user);
};

/** Waits until a new role or binding is seen: the real server takes a moment. */
const until = async (api: Api, path: string): Promise<void> => {
  await api.eventually(path, ({ status }) => status !== 403);
};

/** Who may do what, and what is said to those who may not. */
export const ACCESS_CASES: readonly ContractCase[] = [
  contract('an unknown token is unauthorized', async (api) => {
    const answer = await api.send('GET', configMaps(api), undefined, {
      headers: { authorization: 'Bearer nobody', 'impersonate-user': '' },
    });
    assertStatus(answer, 401, 'Unauthorized', 'Unauthorized');
  }),
  contract('a list in a namespace is refused with user, verb, resource and namespace', async (api) => {
    const answer = await api.as('jane').get(configMaps(api));
    assertStatus(
      answer,
      403,
      'Forbidden',
      `configmaps is forbidden: User "jane" cannot list resource "configmaps" in API group "" in the namespace "${api.namespace}"`,
    );
    assert.deepEqual(answer.body['details'], { kind: 'configmaps' });
  }),
  contract('a read of one object is refused by its name', async (api) => {
    const answer = await api.as('jane').get(`${deployments(api)}/d`);
    assertStatus(
      answer,
      403,
      'Forbidden',
      `deployments.apps "d" is forbidden: User "jane" cannot get resource "deployments" in API group "apps" in the namespace "${api.namespace}"`,
    );
    assert.deepEqual(answer.body['details'], { name: 'd', group: 'apps', kind: 'deployments' });
  }),
  contract('a list over all namespaces is refused at the cluster scope', async (api) => {
    assertStatus(
      await api.as('jane').get('/api/v1/configmaps'),
      403,
      'Forbidden',
      'configmaps is forbidden: User "jane" cannot list resource "configmaps" in API group "" at the cluster scope',
    );
  }),
  contract('a subresource is refused by its own name', async (api) => {
    assertStatus(
      await api.as('jane').get(`/api/v1/namespaces/${api.namespace}/services/s:80/proxy/x`),
      403,
      'Forbidden',
      `services "s:80" is forbidden: User "jane" cannot get resource "services/proxy" in API group "" in the namespace "${api.namespace}"`,
    );
  }),
  contract('a path that is no resource is refused as a path', async (api) => {
    assertStatus(
      await api.as('jane').get('/metrics'),
      403,
      'Forbidden',
      'forbidden: User "jane" cannot get path "/metrics"',
    );
  }),
  contract('discovery is open to everyone who is known', async (api) => {
    assertCode(await api.as('jane', 'system:authenticated').get('/api/v1'), 200);
  }),
  contract('a role lets its user do what it says and no more', async (api) => {
    const jane = await allow(api, 'jane', { verbs: ['get', 'create'] });
    await until(jane, `${configMaps(api)}/a`);
    assertCode(await jane.send('POST', configMaps(api), configMap('a', {})), 201);
    assertCode(await jane.get(`${configMaps(api)}/a`), 200);
    assertCode(await jane.get(configMaps(api)), 403);
    assertCode(await jane.send('DELETE', `${configMaps(api)}/a`), 403);
    assertCode(await jane.patch(`${configMaps(api)}/a`, {}), 403);
  }),
  contract('a role for named objects holds for those alone', async (api) => {
    await api.send('POST', configMaps(api), configMap('a', {}));
    await api.send('POST', configMaps(api), configMap('b', {}));
    const jane = await allow(api, 'jane', { verbs: ['get'], resourceNames: ['a'] });
    await until(jane, `${configMaps(api)}/a`);
    assertCode(await jane.get(`${configMaps(api)}/b`), 403);
  }),
  contract('an apply that creates needs the right to create', async (api) => {
    const jane = await allow(api, 'jane', { verbs: ['patch', 'get'] });
    await until(jane, `${configMaps(api)}/a`);
    assertStatus(
      await jane.apply(`${configMaps(api)}/a`, 'one', configMap('a', {})),
      403,
      'Forbidden',
      `configmaps "a" is forbidden: User "jane" cannot create resource "configmaps" in API group "" in the namespace "${api.namespace}"`,
    );
  }),
  contract('status has a right of its own', async (api) => {
    await installWidgets(api);
    await api.send('POST', widgets(api), widget('w', { size: 1 }));
    const jane = await allow(api, 'jane', {
      apiGroups: ['example.com'],
      resources: ['widgets/status'],
      verbs: ['patch'],
    });
    await jane.eventually(`${widgets(api)}/w/status`, () => true);
    const path = `${widgets(api)}/w/status`;
    let answer = await jane.patch(path, { status: { phase: 'x' } });
    for (let attempt = 0; attempt < 50 && answer.status === 403; attempt += 1) {
      await api.eventually(`${widgets(api)}/w`, () => true);
      answer = await jane.patch(path, { status: { phase: 'x' } });
    }
    assertCode(answer, 200);
    assertStatus(
      await jane.patch(`${widgets(api)}/w`, { spec: { size: 2 } }),
      403,
      'Forbidden',
      `widgets.example.com "w" is forbidden: User "jane" cannot patch resource "widgets" in API group "example.com" in the namespace "${api.namespace}"`,
    );
  }),
  contract('a group has the rights that are bound to it', async (api) => {
    const name = 'readers';
    const binding = {
      metadata: { name },
      roleRef: { kind: 'ClusterRole', name: 'view', apiGroup: GROUP },
      subjects: [{ kind: 'Group', name: 'team' }],
    };
    assertCode(await api.send('POST', bindings(api), binding), 201);
    const member = api.as('joe', 'team');
    await until(member, configMaps(api));
    assertCode(await member.get(configMaps(api)), 200);
    assertCode(await member.send('POST', configMaps(api), configMap('a', {})), 403);
    assertCode(await member.get(`/api/v1/namespaces/${api.namespace}/secrets`), 403);
  }),
  contract('a service account acts with its token', async (api) => {
    const accounts = `/api/v1/namespaces/${api.namespace}/serviceaccounts`;
    assertCode(await api.send('POST', accounts, { metadata: { name: 'worker' } }), 201);
    const minted = await api.send('POST', `${accounts}/worker/token`, {
      spec: { audiences: ['https://kubernetes.default.svc'] },
    });
    assertCode(minted, 201);
    const token = textOf(minted.body['status']?.['token']);
    const answer = await api.get(configMaps(api), { headers: { authorization: `Bearer ${token}` } });
    assertStatus(
      answer,
      403,
      'Forbidden',
      `configmaps is forbidden: User "system:serviceaccount:${api.namespace}:worker" cannot list resource "configmaps" in API group "" in the namespace "${api.namespace}"`,
    );
  }),
  contract('a service account can be bound', async (api) => {
    const user = `system:serviceaccount:${api.namespace}:worker`;
    const binding = {
      metadata: { name: 'worker' },
      roleRef: { kind: 'ClusterRole', name: 'view', apiGroup: GROUP },
      subjects: [{ kind: 'ServiceAccount', name: 'worker', namespace: api.namespace }],
    };
    assertCode(await api.send('POST', bindings(api), binding), 201);
    await until(api.as(user), configMaps(api));
    assertCode(await api.as(user).get(configMaps(api)), 200);
  }),
  contract('a review says what the asker may do', async (api) => {
    const review = await api
      .as('jane', 'system:authenticated')
      .send('POST', '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews', {
        spec: { resourceAttributes: { verb: 'get', resource: 'pods', namespace: api.namespace } },
      });
    assertCode(review, 201);
    assert.equal(review.body['status']?.['allowed'], false);
  }),
  contract('a role cannot be given what its giver does not have', async (api) => {
    const jane = await allow(api, 'jane', {
      apiGroups: [GROUP],
      resources: ['roles', 'rolebindings'],
      verbs: ['create', 'get'],
    });
    await until(jane, `${roles(api)}/none`);
    const role = {
      metadata: { name: 'more' },
      rules: [{ apiGroups: [''], resources: ['pods'], verbs: ['get', 'list'] }],
    };
    assertStatus(
      await jane.send('POST', roles(api), role),
      403,
      'Forbidden',
      /^roles\.rbac\.authorization\.k8s\.io "more" is forbidden: user "jane" \(groups=\["system:authenticated"\]\) is attempting to grant RBAC permissions not currently held:\n\{APIGroups:\[""\], Resources:\["pods"\], Verbs:\["get" "list"\]\}$/,
    );
    const binding = {
      metadata: { name: 'more' },
      roleRef: { kind: 'ClusterRole', name: 'view', apiGroup: GROUP },
      subjects: [{ kind: 'User', name: 'joe' }],
    };
    assertStatus(
      await jane.send('POST', bindings(api), binding),
      403,
      'Forbidden',
      /^rolebindings\.rbac\.authorization\.k8s\.io "more" is forbidden: user "jane" \(groups=\["system:authenticated"\]\) is attempting to grant RBAC permissions not currently held:\n/,
    );
  }),
  contract('the verb bind lets a role be bound that the giver does not have', async (api) => {
    const name = `bind-${api.namespace}`;
    const role = {
      metadata: { name },
      rules: [{ apiGroups: [GROUP], resources: ['clusterroles'], verbs: ['bind'], resourceNames: ['view'] }],
    };
    assertCode(await api.send('POST', `${RBAC}/clusterroles`, role), 201);
    const all = {
      metadata: { name },
      roleRef: { kind: 'ClusterRole', name, apiGroup: GROUP },
      subjects: [{ kind: 'User', name: 'jane' }],
    };
    assertCode(await api.send('POST', `${RBAC}/clusterrolebindings`, all), 201);
    const jane = await allow(api, 'jane', {
      apiGroups: [GROUP],
      resources: ['rolebindings'],
      verbs: ['create', 'get'],
    });
    await until(jane, `${bindings(api)}/none`);
    const view = {
      metadata: { name: 'view' },
      roleRef: { kind: 'ClusterRole', name: 'view', apiGroup: GROUP },
      subjects: [{ kind: 'User', name: 'joe' }],
    };
    assertCode(await jane.send('POST', bindings(api), view), 201);
    const edit = {
      metadata: { name: 'edit' },
      roleRef: { kind: 'ClusterRole', name: 'edit', apiGroup: GROUP },
      subjects: [{ kind: 'User', name: 'joe' }],
    };
    assertCode(await jane.send('POST', bindings(api), edit), 403);
    await api.send('DELETE', `${RBAC}/clusterrolebindings/${name}`);
    await api.send('DELETE', `${RBAC}/clusterroles/${name}`);
  }),
  contract('the role of a binding cannot be changed', async (api) => {
    const binding = {
      metadata: { name: 'b' },
      roleRef: { kind: 'ClusterRole', name: 'view', apiGroup: GROUP },
      subjects: [],
    };
    assertCode(await api.send('POST', bindings(api), binding), 201);
    assertStatus(
      await api.patch(`${bindings(api)}/b`, { roleRef: { name: 'edit' } }),
      422,
      'Invalid',
      /^RoleBinding\.rbac\.authorization\.k8s\.io "b" is invalid: roleRef: Invalid value: .*: cannot change roleRef$/,
    );
  }),
  contract('a rule without verbs is refused', async (api) => {
    assertStatus(
      await api.send('POST', roles(api), {
        metadata: { name: 'r' },
        rules: [{ apiGroups: [''], resources: ['pods'] }],
      }),
      422,
      'Invalid',
      'Role.rbac.authorization.k8s.io "r" is invalid: rules[0].verbs: Required value: verbs must contain at least one value',
    );
  }),
];
