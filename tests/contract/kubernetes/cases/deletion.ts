import assert from 'node:assert/strict';

import { assertCode, assertStatus, contract, textOf, type Api, type ContractCase } from '../contract.ts';
import { configMap, configMaps, installWidgets, widget, widgets } from '../fixtures.ts';

const a = (api: Api): string => `${configMaps(api)}/a`;

const withA = (name: string, metadata: Record<string, unknown>, run: ContractCase['run']): ContractCase =>
  contract(name, async (api) => {
    assertCode(await api.send('POST', configMaps(api), configMap('a', { x: '1' }, metadata)), 201);
    await run(api);
  });

const FINALIZER = 'example.com/keep';

const reference = async (api: Api, owner: string, more: Record<string, unknown> = {}) => {
  const made = await api.send('POST', configMaps(api), configMap(owner, {}));
  assertCode(made, 201);
  const uid = textOf(made.body['metadata']?.['uid']);
  return { apiVersion: 'v1', kind: 'ConfigMap', name: owner, uid, ...more };
};

/** Deletes: preconditions, finalizers, propagation and the garbage collector. */
export const DELETION_CASES: readonly ContractCase[] = [
  withA('a delete answers with what is gone', {}, async (api) => {
    const before = await api.get(a(api));
    const gone = await api.send('DELETE', a(api));
    assertCode(gone, 200);
    assert.deepEqual(gone.body, {
      kind: 'Status',
      apiVersion: 'v1',
      metadata: {},
      status: 'Success',
      details: { name: 'a', kind: 'configmaps', uid: before.body['metadata']?.['uid'] },
    });
    assertCode(await api.get(a(api)), 404);
  }),
  contract('a delete of a custom object names its group', async (api) => {
    await installWidgets(api);
    await api.send('POST', widgets(api), widget('w', { size: 1 }));
    const gone = await api.send('DELETE', `${widgets(api)}/w`);
    assert.equal(gone.body['details']?.['group'], 'example.com');
    assert.equal(gone.body['details']?.['kind'], 'widgets');
  }),
  contract('what is not there cannot be deleted', async (api) => {
    assertStatus(await api.send('DELETE', a(api)), 404, 'NotFound', 'configmaps "a" not found');
  }),
  withA('a delete with another uid is refused', {}, async (api) => {
    assertStatus(
      await api.send('DELETE', a(api), { preconditions: { uid: 'another' } }),
      409,
      'Conflict',
      /^Operation cannot be fulfilled on ConfigMap "a": the UID in the precondition \(another\) does not match the UID in record \([-0-9a-f]+\)\. The object might have been deleted and then recreated$/,
    );
  }),
  withA('a delete with an old version is refused', {}, async (api) => {
    assertStatus(
      await api.send('DELETE', a(api), { preconditions: { resourceVersion: '1' } }),
      409,
      'Conflict',
      /^Operation cannot be fulfilled on ConfigMap "a": the ResourceVersion in the precondition \(1\) does not match the ResourceVersion in record \(\d+\)\. The object might have been modified$/,
    );
  }),
  withA('a delete with the right uid and version passes', {}, async (api) => {
    const { body } = await api.get(a(api));
    const { uid, resourceVersion } = body['metadata'] ?? {};
    assertCode(await api.send('DELETE', a(api), { preconditions: { uid, resourceVersion } }), 200);
  }),
  withA('a dry-run delete leaves the object', {}, async (api) => {
    assertCode(await api.send('DELETE', `${a(api)}?dryRun=All`), 200);
    assertCode(await api.get(a(api)), 200);
  }),
  withA('a wrong propagation policy is refused', {}, async (api) => {
    assertStatus(
      await api.send('DELETE', `${a(api)}?propagationPolicy=Sideways`),
      422,
      'Invalid',
      /^DeleteOptions\.meta\.k8s\.io "" is invalid: propagationPolicy: Unsupported value: "Sideways": supported values: /,
    );
  }),
  withA('an object with a finalizer is marked and stays', { finalizers: [FINALIZER] }, async (api) => {
    const marked = await api.send('DELETE', a(api));
    assertCode(marked, 200);
    assert.equal(marked.body['kind'], 'ConfigMap');
    assert.match(textOf(marked.body['metadata']?.['deletionTimestamp']), /^\d{4}-/);
    assert.equal(marked.body['metadata']?.['deletionGracePeriodSeconds'], 0);
    const again = await api.send('DELETE', a(api));
    assert.deepEqual(again.body, marked.body);
    assertStatus(
      await api.send('POST', configMaps(api), configMap('a', {})),
      409,
      'AlreadyExists',
      'object is being deleted: configmaps "a" already exists',
    );
    const freed = await api.patch(a(api), { metadata: { finalizers: null } });
    assertCode(freed, 200);
    assertCode(await api.get(a(api)), 404);
  }),
  withA('an object that is going takes no new finalizers', { finalizers: [FINALIZER] }, async (api) => {
    await api.send('DELETE', a(api));
    assertStatus(
      await api.patch(a(api), { metadata: { finalizers: [FINALIZER, 'example.com/more'] } }),
      422,
      'Invalid',
      'ConfigMap "a" is invalid: metadata.finalizers: Forbidden: no new finalizers can be added if the object is being deleted, found new finalizers []string{"example.com/more"}',
    );
    await api.patch(a(api), { metadata: { finalizers: null } });
  }),
  withA('an object that is going can still be changed', { finalizers: [FINALIZER] }, async (api) => {
    await api.send('DELETE', a(api));
    const patched = await api.patch(a(api), { data: { x: '2' } });
    assertCode(patched, 200);
    assert.deepEqual(patched.body['data'], { x: '2' });
    await api.patch(a(api), { metadata: { finalizers: null } });
  }),
  contract('a deleted custom object with a finalizer has its generation raised', async (api) => {
    await installWidgets(api);
    await api.send('POST', widgets(api), {
      ...widget('w', { size: 1 }),
      metadata: { name: 'w', finalizers: [FINALIZER] },
    });
    const marked = await api.send('DELETE', `${widgets(api)}/w`);
    assert.equal(marked.body['metadata']?.['generation'], 2);
    await api.patch(`${widgets(api)}/w`, { metadata: { finalizers: [] } });
    assertCode(await api.get(`${widgets(api)}/w`), 404);
  }),
  contract('a collection is deleted by its selector', async (api) => {
    await api.send('POST', configMaps(api), configMap('a', {}, { labels: { go: 'yes' } }));
    await api.send('POST', configMaps(api), configMap('b', {}));
    const gone = await api.send('DELETE', `${configMaps(api)}?labelSelector=go=yes`);
    assertCode(gone, 200);
    assert.equal(gone.body['kind'], 'ConfigMapList');
    assertCode(await api.get(a(api)), 404);
    assertCode(await api.get(`${configMaps(api)}/b`), 200);
  }),
  contract('what an owner leaves is collected', async (api) => {
    const owner = await reference(api, 'owner');
    await api.send('POST', configMaps(api), configMap('a', {}, { ownerReferences: [owner] }));
    await api.send('DELETE', `${configMaps(api)}/owner`);
    await api.eventually(a(api), ({ status }) => status === 404);
  }),
  contract('what another owner still holds stays, without the reference', async (api) => {
    const first = await reference(api, 'first');
    const second = await reference(api, 'second');
    await api.send('POST', configMaps(api), configMap('a', {}, { ownerReferences: [first, second] }));
    await api.send('DELETE', `${configMaps(api)}/first`);
    const kept = await api.eventually(a(api), ({ body }) => body['metadata']?.['ownerReferences']?.[1] === undefined);
    assert.deepEqual(kept.body['metadata']?.['ownerReferences'], [second]);
  }),
  contract('an owner that never was has its dependents collected', async (api) => {
    const ghost = { apiVersion: 'v1', kind: 'ConfigMap', name: 'ghost', uid: '00000000-0000-4000-8000-000000000000' };
    await api.send('POST', configMaps(api), configMap('a', {}, { ownerReferences: [ghost] }));
    await api.eventually(a(api), ({ status }) => status === 404);
  }),
  contract('orphaning leaves the dependents, without the reference', async (api) => {
    const owner = await reference(api, 'owner');
    await api.send('POST', configMaps(api), configMap('a', {}, { ownerReferences: [owner] }));
    const marked = await api.send('DELETE', `${configMaps(api)}/owner`, { propagationPolicy: 'Orphan' });
    assert.deepEqual(marked.body['metadata']?.['finalizers'], ['orphan']);
    await api.eventually(`${configMaps(api)}/owner`, ({ status }) => status === 404);
    const kept = await api.get(a(api));
    assertCode(kept, 200);
    assert.equal(kept.body['metadata']?.['ownerReferences'], undefined);
  }),
  contract('foreground deletion waits for the dependents that block it', async (api) => {
    const owner = await reference(api, 'owner', { blockOwnerDeletion: true });
    await api.send('POST', configMaps(api), configMap('a', {}, { ownerReferences: [owner], finalizers: [FINALIZER] }));
    const marked = await api.send('DELETE', `${configMaps(api)}/owner`, { propagationPolicy: 'Foreground' });
    assert.deepEqual(marked.body['metadata']?.['finalizers'], ['foregroundDeletion']);
    await api.eventually(a(api), ({ body }) => body['metadata']?.['deletionTimestamp'] !== undefined);
    assertCode(await api.get(`${configMaps(api)}/owner`), 200);
    await api.patch(a(api), { metadata: { finalizers: null } });
    await api.eventually(`${configMaps(api)}/owner`, ({ status }) => status === 404);
  }),
];
