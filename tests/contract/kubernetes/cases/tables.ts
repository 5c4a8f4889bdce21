import assert from 'node:assert/strict';

import { assertCode, contract, itemsOf, textOf, type Answer, type Api, type ContractCase } from '../contract.ts';
import { configMap, configMaps, deployment, deployments, installWidgets, pods, widget, widgets } from '../fixtures.ts';

const AS_TABLE = { headers: { accept: 'application/json;as=Table;v=v1;g=meta.k8s.io,application/json' } };
const AS_METADATA = {
  headers: { accept: 'application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io,application/json' },
};

const columns = (answer: Answer): string[] =>
  itemsOf(answer.body['columnDefinitions']).map(({ name, type, format, priority }) =>
    [name, type, format, priority].map(textOf).join('|'),
  );

const cells = (answer: Answer): readonly unknown[] => itemsOf(answer.body['rows']?.[0]?.['cells']);

/** How old something is: the one cell that is not the same on both sides. */
const AGE = /^\d+s$/;

const shown = (name: string, path: (api: Api) => string, expected: readonly string[]): ContractCase =>
  contract(`a table of ${name} has the columns of kubectl`, async (api) => {
    const table = await api.get(path(api), AS_TABLE);
    assertCode(table, 200);
    assert.equal(table.body['kind'], 'Table');
    assert.equal(table.body['apiVersion'], 'meta.k8s.io/v1');
    assert.deepEqual(columns(table), expected);
  });

const inNamespace =
  (resource: string, group = 'api/v1') =>
  (api: Api): string =>
    `/${group}/namespaces/${api.namespace}/${resource}`;

/** Tables and bare metadata. */
export const TABLE_CASES: readonly ContractCase[] = [
  shown('pods', pods, [
    'Name|string|name|0', 'Ready|string||0', 'Status|string||0', 'Restarts|string||0', 'Age|string||0', 'IP|string||1',
    'Node|string||1', 'Nominated Node|string||1', 'Readiness Gates|string||1',
  ]), // prettier-ignore
  shown('deployments', deployments, [
    'Name|string|name|0', 'Ready|string||0', 'Up-to-date|string||0', 'Available|string||0', 'Age|string||0',
    'Containers|string||1', 'Images|string||1', 'Selector|string||1',
  ]), // prettier-ignore
  shown('resource quotas', inNamespace('resourcequotas'), [
    'Name|string|name|0', 'Request|string||0', 'Limit|string||0', 'Age|string||0',
  ]), // prettier-ignore
  shown('namespaces', () => '/api/v1/namespaces', ['Name|string|name|0', 'Status|string||0', 'Age|string||0']),
  shown('services', inNamespace('services'), [
    'Name|string|name|0', 'Type|string||0', 'Cluster-IP|string||0', 'External-IP|string||0', 'Port(s)|string||0',
    'Age|string||0', 'Selector|string||1',
  ]), // prettier-ignore
  shown('events', inNamespace('events'), [
    'Last Seen|string||0', 'Type|string||0', 'Reason|string||0', 'Object|string||0', 'Subobject|string||1',
    'Source|string||1', 'Message|string||0', 'First Seen|string||1', 'Count|string||1', 'Name|string|name|1',
  ]), // prettier-ignore
  shown('role bindings', inNamespace('rolebindings', 'apis/rbac.authorization.k8s.io/v1'), [
    'Name|string|name|0', 'Role|string||0', 'Age|string||0', 'Users|string||1', 'Groups|string||1', 'ServiceAccounts|string||1',
  ]), // prettier-ignore
  shown('nodes', () => '/api/v1/nodes', [
    'Name|string|name|0', 'Status|string||0', 'Roles|string||0', 'Age|string||0', 'Version|string||0', 'Internal-IP|string||1',
    'External-IP|string||1', 'OS-Image|string||1', 'Kernel-Version|string||1', 'Container-Runtime|string||1',
  ]), // prettier-ignore
  contract('a row carries the metadata of its object', async (api) => {
    await api.send('POST', configMaps(api), configMap('a', { x: '1', y: '2' }, { labels: { mine: 'yes' } }));
    const table = await api.get(`${configMaps(api)}?labelSelector=mine`, AS_TABLE);
    const [name, count, age] = itemsOf(table.body['rows']?.[0]?.['cells']);
    assert.equal(name, 'a');
    assert.equal(count, 2);
    assert.match(textOf(age), AGE);
    const object = table.body['rows']?.[0]?.['object'];
    assert.equal(object?.['kind'], 'PartialObjectMetadata');
    assert.equal(object?.['metadata']?.['name'], 'a');
    assert.equal(object?.['data'], undefined);
    assert.match(textOf(table.body['metadata']?.['resourceVersion']), /^\d+$/);
  }),
  contract('a row carries all of its object or none of it when asked so', async (api) => {
    await api.send('POST', configMaps(api), configMap('a', { x: '1' }));
    const whole = await api.get(`${configMaps(api)}/a?includeObject=Object`, AS_TABLE);
    assert.deepEqual(whole.body['rows']?.[0]?.['object']?.['data'], { x: '1' });
    const none = await api.get(`${configMaps(api)}/a?includeObject=None`, AS_TABLE);
    assert.equal(none.body['rows']?.[0]?.['object'] ?? null, null);
  }),
  contract('a custom table has the columns of its definition', async (api) => {
    await installWidgets(api);
    await api.send('POST', widgets(api), widget('w', { size: 3 }));
    await api.patch(`${widgets(api)}/w/status`, {
      status: {
        conditions: [
          { type: 'Other', status: 'False' },
          { type: 'Ready', status: 'True' },
        ],
      },
    });
    await api.send('POST', widgets(api), widget('x', { size: 4, color: 'blue' }));
    const table = await api.get(widgets(api), AS_TABLE);
    assert.deepEqual(columns(table), [
      'Name|string|name|0',
      'Size|integer||0',
      'Color|string||1',
      'Ready|string||0',
      'Age|date||0',
    ]);
    assert.equal(
      table.body['columnDefinitions']?.[1]?.['description'],
      'Custom resource definition column (in JSONPath format): .spec.size',
    );
    const [first, second] = [itemsOf(table.body['rows']?.[0]?.['cells']), itemsOf(table.body['rows']?.[1]?.['cells'])];
    assert.deepEqual(first.slice(0, 4), ['w', 3, 'red', 'True']);
    assert.match(textOf(first[4]), AGE);
    assert.deepEqual(second.slice(0, 4), ['x', 4, 'blue', null]);
  }),
  contract('a Deployment shows how many are ready', async (api) => {
    await api.send('POST', deployments(api), deployment('d', 0));
    const table = await api.get(`${deployments(api)}/d`, AS_TABLE);
    const row = cells(table);
    assert.deepEqual(row.slice(0, 4), ['d', '0/0', 0, 0]);
    assert.deepEqual(row.slice(5), ['main', 'example/image:1', 'app=d']);
  }),
  contract('a quota shows what is used of what', async (api) => {
    const quotas = `/api/v1/namespaces/${api.namespace}/resourcequotas`;
    await api.send('POST', quotas, {
      metadata: { name: 'q' },
      spec: { hard: { 'limits.cpu': '2', 'limits.memory': '4Gi', pods: '3' } },
    });
    await api.eventually(`${quotas}/q`, ({ body }) => body['status']?.['used'] !== undefined);
    const table = await api.get(quotas, AS_TABLE);
    assert.deepEqual(cells(table).slice(0, 3), ['q', 'pods: 0/3', 'limits.cpu: 0/2, limits.memory: 0/4Gi']);
  }),
  contract('a list of bare metadata leaves everything else out', async (api) => {
    await api.send('POST', configMaps(api), configMap('a', { x: '1' }, { labels: { mine: 'yes' } }));
    const list = await api.get(`${configMaps(api)}?labelSelector=mine`, AS_METADATA);
    assert.equal(list.body['kind'], 'PartialObjectMetadataList');
    assert.equal(list.body['items']?.[0]?.['metadata']?.['name'], 'a');
    assert.equal(list.body['items']?.[0]?.['data'], undefined);
  }),
  contract('discovery names resources, their short names, verbs and subresources', async (api) => {
    await installWidgets(api);
    const find = async (path: string, name: string) =>
      itemsOf((await api.get(path)).body['resources']).find((one) => textOf(one['name']) === name);
    assert.deepEqual(await find('/api/v1', 'pods'), {
      name: 'pods',
      singularName: 'pod',
      namespaced: true,
      kind: 'Pod',
      verbs: ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch'],
      shortNames: ['po'],
      categories: ['all'],
      ...hashOf(await find('/api/v1', 'pods')),
    });
    const scale = await find('/apis/apps/v1', 'deployments/scale');
    assert.deepEqual(scale, {
      name: 'deployments/scale',
      singularName: '',
      namespaced: true,
      group: 'autoscaling',
      version: 'v1',
      kind: 'Scale',
      verbs: ['get', 'patch', 'update'],
    });
    await api.eventually('/apis/example.com/v1', ({ status }) => status === 200);
    const custom = await find('/apis/example.com/v1', 'widgets');
    assert.deepEqual(custom?.['shortNames'], ['wd']);
    assert.deepEqual(custom?.['categories'], ['all']);
    assert.equal((await find('/apis/example.com/v1', 'widgets/status'))?.['kind'], 'Widget');
  }),
  contract('aggregated discovery names the same', async (api) => {
    await installWidgets(api);
    const accept = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList';
    const groups = await api.get('/apis', { headers: { accept } });
    assert.equal(groups.body['kind'], 'APIGroupDiscoveryList');
    assert.ok((groups.headers.get('content-type') ?? '').includes('as=APIGroupDiscoveryList'));
    const apps = itemsOf(groups.body['items']).find((one) => textOf(one['metadata']?.['name']) === 'apps');
    const resources = itemsOf(apps?.['versions']?.[0]?.['resources']);
    const deploymentsFound = resources.find((one) => textOf(one['resource']) === 'deployments');
    assert.equal(deploymentsFound?.['scope'], 'Namespaced');
    assert.deepEqual(deploymentsFound?.['shortNames'], ['deploy']);
    assert.deepEqual(
      itemsOf(deploymentsFound?.['subresources']).map((one) => textOf(one['subresource'])),
      ['scale', 'status'],
    );
  }),
];

/** The real server adds a hash of how it stores a kind. */
const hashOf = (resource: unknown): Record<string, unknown> => {
  const hash: unknown = Object.entries(resource ?? {}).find(([key]) => key === 'storageVersionHash')?.[1];
  return hash === undefined ? {} : { storageVersionHash: hash };
};
