import assert from 'node:assert/strict';

import { assertCode, assertStatus, contract, itemsOf, textOf, type Api, type ContractCase } from '../contract.ts';
import { configMap, configMaps } from '../fixtures.ts';

/** Another namespace of the case. */
const other = (api: Api): string => `${api.namespace}-other`;
const path = (api: Api): string => `/api/v1/namespaces/${other(api)}`;

const withOther = (name: string, run: ContractCase['run']): ContractCase =>
  contract(name, async (api) => {
    assertCode(await api.send('POST', '/api/v1/namespaces', { metadata: { name: other(api) } }), 201);
    await run(api);
  });

/** The life of a namespace. */
export const NAMESPACE_CASES: readonly ContractCase[] = [
  withOther('a new namespace is active, named by a label and kept by a finalizer', async (api) => {
    const { body } = await api.get(path(api));
    assert.deepEqual(body['metadata']?.['labels'], { 'kubernetes.io/metadata.name': other(api) });
    assert.deepEqual(body['spec'], { finalizers: ['kubernetes'] });
    assert.deepEqual(body['status'], { phase: 'Active' });
    await api.send('DELETE', path(api));
  }),
  withOther('a new namespace gets its service account and its certificate', async (api) => {
    await api.eventually(`${path(api)}/serviceaccounts/default`, ({ status }) => status === 200);
    const certificate = await api.eventually(
      `${path(api)}/configmaps/kube-root-ca.crt`,
      ({ status }) => status === 200,
    );
    assert.match(textOf(certificate.body['data']?.['ca.crt']), /^-----BEGIN CERTIFICATE-----/);
    await api.send('DELETE', path(api));
  }),
  withOther('an empty namespace goes when it is deleted', async (api) => {
    const marked = await api.send('DELETE', path(api));
    assertCode(marked, 200);
    assert.equal(marked.body['kind'], 'Namespace');
    assert.deepEqual(marked.body['status']?.['phase'], 'Terminating');
    assert.ok(marked.body['metadata']?.['deletionTimestamp']);
    assert.equal(marked.body['metadata']?.['deletionGracePeriodSeconds'], undefined);
    await api.eventually(path(api), ({ status }) => status === 404);
  }),
  withOther('a namespace that is going takes nothing new, and goes when its content has gone', async (api) => {
    const inside = `${path(api)}/configmaps`;
    await api.send('POST', inside, configMap('held', {}, { finalizers: ['example.com/keep'] }));
    await api.send('DELETE', path(api));
    const refused = await api.send('POST', inside, configMap('new', {}));
    assertStatus(
      refused,
      403,
      'Forbidden',
      `configmaps "new" is forbidden: unable to create new content in namespace ${other(api)} because it is being terminated`,
    );
    assert.deepEqual(refused.body['details']?.['causes'], [
      {
        reason: 'NamespaceTerminating',
        message: `namespace ${other(api)} is being terminated`,
        field: 'metadata.namespace',
      },
    ]);
    await api.eventually(`${inside}/held`, ({ body }) => body['metadata']?.['deletionTimestamp'] !== undefined);
    await api.patch(`${inside}/held`, { metadata: { finalizers: null } });
    await api.eventually(path(api), ({ status }) => status === 404);
  }),
  withOther('a namespace that cannot end says what keeps it', async (api) => {
    const inside = `${path(api)}/configmaps`;
    await api.send('POST', inside, configMap('held', {}, { finalizers: ['example.com/keep'] }));
    await api.send('DELETE', path(api));
    const kept = await api.eventually(path(api), ({ body }) => itemsOf(body['status']?.['conditions']).length > 0);
    const conditions = itemsOf(kept.body['status']?.['conditions']);
    const finalizers = conditions.find((one) => textOf(one['type']) === 'NamespaceFinalizersRemaining');
    assert.equal(finalizers?.['status'], 'True');
    assert.equal(finalizers?.['reason'], 'SomeFinalizersRemain');
    assert.equal(
      finalizers?.['message'],
      'Some content in the namespace has finalizers remaining: example.com/keep in 1 resource instances',
    );
    const content = conditions.find((one) => textOf(one['type']) === 'NamespaceContentRemaining');
    assert.equal(content?.['message'], 'Some resources are remaining: configmaps. has 1 resource instances');
    await api.patch(`${inside}/held`, { metadata: { finalizers: null } });
    await api.eventually(path(api), ({ status }) => status === 404);
  }),
  withOther('a namespace is let go through finalize', async (api) => {
    const { body } = await api.get(path(api));
    const kept = { ...body, spec: { finalizers: ['kubernetes', 'example.com/keep'] } };
    const finalized = await api.send('PUT', `${path(api)}/finalize`, kept);
    assertCode(finalized, 200);
    await api.send('DELETE', path(api));
    const waiting = await api.eventually(
      path(api),
      (answer) => itemsOf(answer.body['spec']?.['finalizers']).length === 1,
    );
    assert.deepEqual(waiting.body['spec'], { finalizers: ['example.com/keep'] });
    const freed = await api.send('PUT', `${path(api)}/finalize`, { ...waiting.body, spec: {} });
    assertCode(freed, 200);
    await api.eventually(path(api), ({ status }) => status === 404);
  }),
  contract('the default namespace cannot be deleted', async (api) => {
    assertStatus(
      await api.send('DELETE', '/api/v1/namespaces/default'),
      403,
      'Forbidden',
      'namespaces "default" is forbidden: this namespace may not be deleted',
    );
  }),
  contract('a namespace must be a DNS label', async (api) => {
    assertStatus(
      await api.send('POST', '/api/v1/namespaces', { metadata: { name: 'a.b' } }),
      422,
      'Invalid',
      /^Namespace "a\.b" is invalid: metadata\.name: Invalid value: "a\.b": must not contain dots/,
    );
  }),
  withOther('an apply does not take the finalizer of a namespace', async (api) => {
    const applied = await api.apply(path(api), 'one', {
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: { name: other(api), labels: { team: 'a' } },
    });
    assertCode(applied, 200);
    assert.deepEqual(applied.body['spec'], { finalizers: ['kubernetes'] });
    assert.deepEqual(applied.body['metadata']?.['labels'], { 'kubernetes.io/metadata.name': other(api), team: 'a' });
    await api.send('DELETE', path(api));
  }),
  contract('what is created in the case namespace stays in it', async (api) => {
    await api.send('POST', configMaps(api), configMap('a', {}));
    assertCode(await api.get(`/api/v1/namespaces/default/configmaps/a`), 404);
  }),
];
