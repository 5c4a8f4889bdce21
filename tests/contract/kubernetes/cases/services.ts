import assert from 'node:assert/strict';

import { assertCode, assertStatus, contract, oneSided, textOf, type Api, type ContractCase } from '../contract.ts';
import { deployment, deployments } from '../fixtures.ts';

const services = (api: Api): string => `/api/v1/namespaces/${api.namespace}/services`;
const leases = (api: Api): string => `/apis/coordination.k8s.io/v1/namespaces/${api.namespace}/leases`;

const service = (name: string, ports: readonly Record<string, unknown>[]) => ({
  metadata: { name },
  spec: { selector: { app: name }, ports },
});

/** Services and their proxy, leases, events. */
export const SERVICE_CASES: readonly ContractCase[] = [
  contract('a service is completed with its type, its address and its target port', async (api) => {
    const made = await api.send('POST', services(api), service('s', [{ port: 8081 }]));
    assertCode(made, 201);
    const { spec } = made.body;
    assert.equal(spec?.['type'], 'ClusterIP');
    assert.match(textOf(spec?.['clusterIP']), /^\d+\.\d+\.\d+\.\d+$/);
    assert.deepEqual(spec?.['clusterIPs'], [spec?.['clusterIP']]);
    assert.deepEqual(spec?.['ports'], [{ protocol: 'TCP', port: 8081, targetPort: 8081 }]);
    assert.equal(spec?.['sessionAffinity'], 'None');
    assert.equal(spec?.['internalTrafficPolicy'], 'Cluster');
    assert.deepEqual(made.body['status'], { loadBalancer: {} });
  }),
  contract('a headless service has no address', async (api) => {
    const made = await api.send('POST', services(api), {
      metadata: { name: 's' },
      spec: { clusterIP: 'None', selector: { a: 'b' } },
    });
    assertCode(made, 201);
    assert.deepEqual(made.body['spec']?.['clusterIPs'], ['None']);
  }),
  contract('an update that leaves the address out keeps it', async (api) => {
    const made = await api.send('POST', services(api), service('s', [{ port: 80 }]));
    const put = await api.send('PUT', `${services(api)}/s`, service('s', [{ port: 81 }]));
    assertCode(put, 200);
    assert.equal(put.body['spec']?.['clusterIP'], made.body['spec']?.['clusterIP']);
  }),
  contract('a service without ports is refused', async (api) => {
    assertStatus(
      await api.send('POST', services(api), service('s', [])),
      422,
      'Invalid',
      'Service "s" is invalid: spec.ports: Required value',
    );
  }),
  contract('the proxy of a service that is not there is not found', async (api) => {
    assertStatus(await api.get(`${services(api)}/none:80/proxy/`), 404, 'NotFound', 'services "none" not found');
  }),
  contract('the proxy of a service without endpoints is unavailable', async (api) => {
    await api.send('POST', services(api), service('s', [{ name: 'rest', port: 80 }]));
    assertStatus(
      await api.eventually(`${services(api)}/s:rest/proxy/`, ({ status }) => status !== 404),
      503,
      'ServiceUnavailable',
      'no endpoints available for service "s"',
    );
  }),
  contract('the proxy of a port that the service does not have is unavailable', async (api) => {
    await api.send('POST', services(api), service('s', [{ name: 'rest', port: 80 }]));
    assertStatus(
      await api.eventually(`${services(api)}/s:81/proxy/`, ({ status }) => status !== 404),
      503,
      'ServiceUnavailable',
      'no service port 81 found for service "s"',
    );
  }),
  oneSided(
    'stand-in',
    'on the bare API server no pod runs; the real loops prove the way through it',
    'the proxy passes method, path, query, body and status through',
    async (api) => {
      await api.send('POST', services(api), service('echo', [{ name: 'rest', port: 8081 }]));
      await api.send('POST', '/api/v1/nodes', {
        metadata: { name: 'n' },
        status: {
          allocatable: { cpu: '4', memory: '8Gi', pods: '9' },
          conditions: [{ type: 'Ready', status: 'True' }],
        },
      });
      await api.send('POST', deployments(api), deployment('echo', 1));
      const path = `${services(api)}/echo:rest/proxy/jobs/1/config?x=1`;
      await api.eventually(path, ({ status }) => status !== 503);
      const answer = await api.send('PUT', path, { a: 1 });
      assert.equal(answer.status, 202);
      assert.deepEqual(answer.body, {
        method: 'PUT',
        url: `http://echo.${api.namespace}:8081/jobs/1/config?x=1`,
        authorization: null,
        body: '{"a":1}',
      });
    },
  ),
  contract('a lease is taken over by whoever has its newest version', async (api) => {
    const lease = {
      apiVersion: 'coordination.k8s.io/v1',
      kind: 'Lease',
      metadata: { name: 'l' },
      spec: { holderIdentity: 'a', leaseDurationSeconds: 15 },
    };
    const made = await api.send('POST', leases(api), lease);
    assertCode(made, 201);
    const taken = { ...made.body, spec: { holderIdentity: 'b', leaseDurationSeconds: 15 } };
    assertCode(await api.send('PUT', `${leases(api)}/l`, taken), 200);
    assertCode(await api.send('PUT', `${leases(api)}/l`, taken), 409);
  }),
  contract('an event of events.k8s.io is read in the core group too', async (api) => {
    const event = {
      apiVersion: 'events.k8s.io/v1',
      kind: 'Event',
      metadata: { name: 'e' },
      eventTime: '2026-01-01T00:00:00.000000Z',
      reportingController: 'example.com/controller',
      reportingInstance: 'controller-1',
      action: 'Scale',
      reason: 'Scaled',
      regarding: { apiVersion: 'v1', kind: 'ConfigMap', name: 'a', namespace: api.namespace },
      note: 'scaled from 1 to 2',
      type: 'Normal',
    };
    const made = await api.send('POST', `/apis/events.k8s.io/v1/namespaces/${api.namespace}/events`, event);
    assertCode(made, 201);
    assert.equal(made.body['note'], 'scaled from 1 to 2');
    const core = await api.get(`/api/v1/namespaces/${api.namespace}/events/e`);
    assertCode(core, 200);
    assert.equal(core.body['apiVersion'], 'v1');
    assert.equal(core.body['message'], 'scaled from 1 to 2');
    assert.equal(core.body['involvedObject']?.['name'], 'a');
    assert.equal(core.body['reportingComponent'], 'example.com/controller');
    const found = await api.get(
      `/api/v1/namespaces/${api.namespace}/events?fieldSelector=involvedObject.name=a,reason=Scaled`,
    );
    assert.equal(found.body['items']?.[0]?.['metadata']?.['name'], 'e');
  }),
];
