import assert from 'node:assert/strict';

import { assertCode, assertStatus, contract, type Answer, type Api, type ContractCase } from '../contract.ts';
import { configMap, configMaps, deployment, deployments, installWidgets, widget, widgets } from '../fixtures.ts';

const a = (api: Api): string => `${configMaps(api)}/a`;

const jsonPatch = (api: Api, path: string, operations: unknown): Promise<Answer> =>
  api.send('PATCH', path, operations, { contentType: 'application/json-patch+json' });

const strategic = (api: Api, path: string, body: unknown): Promise<Answer> =>
  api.send('PATCH', path, body, { contentType: 'application/strategic-merge-patch+json' });

const withA = (name: string, run: ContractCase['run']): ContractCase =>
  contract(name, async (api) => {
    await api.send('POST', configMaps(api), configMap('a', { x: '1', y: '2' }));
    await run(api);
  });

/** Merge, JSON and strategic patches. */
export const PATCH_CASES: readonly ContractCase[] = [
  withA('a merge patch sets, and removes with null', async (api) => {
    const patched = await api.patch(a(api), { data: { x: null, z: '3' } });
    assertCode(patched, 200);
    assert.deepEqual(patched.body['data'], { y: '2', z: '3' });
  }),
  withA('a merge patch that changes nothing keeps the version', async (api) => {
    const before = await api.get(a(api));
    const patched = await api.patch(a(api), { data: { x: '1' } });
    assert.deepEqual(patched.body, before.body);
  }),
  withA('a merge patch with an old version is refused', async (api) => {
    assertStatus(
      await api.patch(a(api), { metadata: { resourceVersion: '1' }, data: { x: '9' } }),
      409,
      'Conflict',
      'Operation cannot be fulfilled on configmaps "a": the object has been modified; please apply your changes to the latest version and try again',
    );
  }),
  contract('a patch of what is not there is not found', async (api) => {
    assertStatus(await api.patch(a(api), { data: {} }), 404, 'NotFound', 'configmaps "a" not found');
  }),
  withA('a patch cannot rename', async (api) => {
    assertStatus(
      await api.patch(a(api), { metadata: { name: 'b' } }),
      400,
      'BadRequest',
      'the name of the object (b) does not match the name on the URL (a)',
    );
  }),
  withA('a patch to a wrong type is refused with the whole outcome', async (api) => {
    assertStatus(
      await api.patch(a(api), { data: { x: 2 } }),
      422,
      'Invalid',
      /^ "" is invalid: patch: Invalid value: ".*": json: cannot unmarshal number into Go struct field ConfigMap\.data of type string$/,
    );
  }),
  withA('a patch with an unknown field is refused under strict field validation', async (api) => {
    assertStatus(
      await api.patch(`${a(api)}?fieldValidation=Strict`, { dat: {} }),
      422,
      'Invalid',
      /^ "" is invalid: patch: Invalid value: ".*": strict decoding error: unknown field "dat"$/,
    );
  }),
  withA('a patch that is no object is refused', async (api) => {
    assertStatus(
      await api.patch(a(api), []),
      400,
      'BadRequest',
      'error decoding patch: json: cannot unmarshal array into Go value of type map[string]interface {}',
    );
  }),
  withA('a patch of plain JSON is an unknown media type', async (api) => {
    assertStatus(await api.send('PATCH', a(api), {}), 415, 'UnsupportedMediaType', '415: Unsupported Media Type');
  }),
  withA('force belongs to apply alone', async (api) => {
    assertStatus(
      await api.patch(`${a(api)}?force=true`, { data: { x: '2' } }),
      422,
      'Invalid',
      'PatchOptions.meta.k8s.io "" is invalid: force: Forbidden: may not be specified for non-apply patch',
    );
  }),
  withA('a JSON patch adds, replaces and removes', async (api) => {
    const patched = await jsonPatch(api, a(api), [
      { op: 'test', path: '/data/x', value: '1' },
      { op: 'replace', path: '/data/x', value: '9' },
      { op: 'remove', path: '/data/y' },
      { op: 'add', path: '/metadata/labels', value: { 'a.b~c': 'd' } },
      { op: 'remove', path: '/metadata/labels/a.b~0c' },
      { op: 'copy', from: '/data/x', path: '/data/z' },
    ]);
    assertCode(patched, 200);
    assert.deepEqual(patched.body['data'], { x: '9', z: '9' });
  }),
  withA('a JSON patch whose test fails is refused', async (api) => {
    assertStatus(
      await jsonPatch(api, a(api), [{ op: 'test', path: '/data/x', value: '9' }]),
      422,
      'Invalid',
      'the server rejected our request due to an error in our request',
    );
  }),
  withA('a JSON patch that removes what is not there is refused', async (api) => {
    assertStatus(
      await jsonPatch(api, a(api), [{ op: 'remove', path: '/data/none' }]),
      422,
      'Invalid',
      'the server rejected our request due to an error in our request',
    );
  }),
  withA('a JSON patch may replace what is not there', async (api) => {
    const patched = await jsonPatch(api, a(api), [{ op: 'replace', path: '/data/z', value: '3' }]);
    assert.deepEqual(patched.body['data'], { x: '1', y: '2', z: '3' });
  }),
  withA('a JSON patch that is no list is refused', async (api) => {
    assertStatus(
      await jsonPatch(api, a(api), { op: 'remove' }),
      400,
      'BadRequest',
      'error decoding patch: json: cannot unmarshal object into Go value of type []handlers.jsonPatchOp',
    );
  }),
  withA('a JSON patch is a precondition through test', async (api) => {
    const { body } = await api.get(a(api));
    const version = body['metadata']?.['resourceVersion'];
    const guarded = [
      { op: 'test', path: '/metadata/resourceVersion', value: version },
      { op: 'replace', path: '/data/x', value: '9' },
    ];
    assertCode(await jsonPatch(api, a(api), guarded), 200);
    assertCode(await jsonPatch(api, a(api), guarded), 422);
  }),
  contract('a strategic patch merges containers by name and deletes by directive', async (api) => {
    await api.send('POST', deployments(api), deployment('d', 0));
    const added = await strategic(api, `${deployments(api)}/d`, {
      spec: {
        template: {
          spec: {
            containers: [
              { name: 'side', image: 's:1' },
              { name: 'main', image: 'm:2' },
            ],
          },
        },
      },
    });
    assertCode(added, 200);
    const containers = added.body['spec']?.['template']?.['spec']?.['containers'];
    assert.equal(containers?.[0]?.['name'], 'side');
    assert.equal(containers?.[1]?.['image'], 'm:2');
    assert.deepEqual(containers?.[1]?.['resources']?.['limits'], { cpu: '100m', memory: '64Mi' });
    const removed = await strategic(api, `${deployments(api)}/d`, {
      spec: { template: { spec: { containers: [{ name: 'side', $patch: 'delete' }] } } },
    });
    assert.equal(removed.body['spec']?.['template']?.['spec']?.['containers']?.[1], undefined);
  }),
  contract('a strategic patch with retainKeys drops the other strategy', async (api) => {
    await api.send('POST', deployments(api), deployment('d', 0));
    const patched = await strategic(api, `${deployments(api)}/d`, {
      spec: { strategy: { $retainKeys: ['type'], type: 'Recreate' } },
    });
    assertCode(patched, 200);
    assert.deepEqual(patched.body['spec']?.['strategy'], { type: 'Recreate' });
  }),
  contract('a custom object takes no strategic patch', async (api) => {
    await installWidgets(api);
    await api.send('POST', widgets(api), widget('w', { size: 1 }));
    assertStatus(
      await strategic(api, `${widgets(api)}/w`, { spec: { size: 2 } }),
      415,
      'UnsupportedMediaType',
      'the body of the request was in an unknown format - accepted media types include: application/json-patch+json, application/merge-patch+json, application/apply-patch+yaml',
    );
  }),
  contract('a merge patch replaces the list of a custom object', async (api) => {
    await installWidgets(api);
    await api.send('POST', widgets(api), widget('w', { size: 1, tags: ['a', 'b'] }));
    const patched = await api.patch(`${widgets(api)}/w`, { spec: { tags: ['c'] } });
    assert.deepEqual(patched.body['spec']?.['tags'], ['c']);
  }),
];
