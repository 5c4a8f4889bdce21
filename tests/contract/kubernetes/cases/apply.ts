import assert from 'node:assert/strict';

import {
  assertCode,
  assertStatus,
  contract,
  itemsOf,
  ownersOf,
  textOf,
  type Answer,
  type Api,
  type ContractCase,
} from '../contract.ts';
import { configMap, configMaps } from '../fixtures.ts';

const a = (api: Api): string => `${configMaps(api)}/a`;
/** A ConfigMap of metadata alone. */
const bare = (metadata: Record<string, unknown> = {}) => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name: 'a', ...metadata },
});

const versionOf = (answer: Answer): unknown => answer.body['metadata']?.['resourceVersion'];

/** Server-side apply: ownership, conflicts, and what an apply takes away. */
export const APPLY_CASES: readonly ContractCase[] = [
  contract('an apply creates what is not there', async (api) => {
    const made = await api.apply(a(api), 'one', configMap('a', { x: '1' }));
    assertCode(made, 201);
    assert.deepEqual(ownersOf(made), { 'one Apply': { 'f:data': { 'f:x': {} } } });
  }),
  contract('an apply needs a field manager', async (api) => {
    assertStatus(
      await api.send('PATCH', a(api), configMap('a', {}), { contentType: 'application/apply-patch+yaml' }),
      422,
      'Invalid',
      'PatchOptions.meta.k8s.io "" is invalid: fieldManager: Required value: is required for apply patch',
    );
  }),
  contract('a repeated apply keeps the version', async (api) => {
    const made = await api.apply(a(api), 'one', configMap('a', { x: '1' }));
    const again = await api.apply(a(api), 'one', configMap('a', { x: '1' }));
    assertCode(again, 200);
    assert.deepEqual(again.body, made.body);
  }),
  contract('what a manager owned and does not send is removed', async (api) => {
    await api.apply(a(api), 'one', configMap('a', { x: '1', y: '2' }));
    const next = await api.apply(a(api), 'one', configMap('a', { y: '2' }));
    assert.deepEqual(next.body['data'], { y: '2' });
    assert.deepEqual(ownersOf(next), { 'one Apply': { 'f:data': { 'f:y': {} } } });
  }),
  contract('what another manager owns too stays', async (api) => {
    await api.apply(a(api), 'one', configMap('a', { x: '1', y: '2' }));
    await api.apply(a(api), 'two', configMap('a', { x: '1' }));
    const next = await api.apply(a(api), 'one', configMap('a', {}));
    assert.deepEqual(next.body['data'], { x: '1' });
    assert.deepEqual(ownersOf(next), {
      'one Apply': { 'f:data': {} },
      'two Apply': { 'f:data': { 'f:x': {} } },
    });
  }),
  contract('what an update added is not removed by an apply', async (api) => {
    await api.apply(a(api), 'one', configMap('a', { x: '1' }));
    await api.patch(a(api), { data: { z: '3' } });
    const next = await api.apply(a(api), 'one', { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'a' } });
    assert.deepEqual(next.body['data'], { z: '3' });
    assert.deepEqual(ownersOf(next), { 'contract Update': { 'f:data': { 'f:z': {} } } });
  }),
  contract('applying the same value makes a co-owner, without a time', async (api) => {
    await api.apply(a(api), 'one', configMap('a', { x: '1' }));
    const both = await api.apply(a(api), 'two', configMap('a', { x: '1' }));
    assert.deepEqual(ownersOf(both), {
      'one Apply': { 'f:data': { 'f:x': {} } },
      'two Apply': { 'f:data': { 'f:x': {} } },
    });
    const [first, second] = itemsOf(both.body['metadata']?.['managedFields']);
    assert.equal(first?.['manager'], 'two');
    assert.equal(first?.['time'], undefined);
    assert.ok(second?.['time']);
  }),
  contract('applying another value over an owner is a conflict', async (api) => {
    await api.apply(a(api), 'one', configMap('a', { x: '1' }));
    const refused = await api.apply(a(api), 'two', configMap('a', { x: '2' }));
    assertStatus(refused, 409, 'Conflict', 'Apply failed with 1 conflict: conflict with "one": .data.x');
    assert.deepEqual(refused.body['details'], {
      causes: [{ reason: 'FieldManagerConflict', message: 'conflict with "one"', field: '.data.x' }],
    });
    assert.deepEqual((await api.get(a(api))).body['data'], { x: '1' });
  }),
  contract('an empty map is not kept, but it is owned and fought over', async (api) => {
    const made = await api.apply(a(api), 'one', configMap('a', {}));
    assert.equal(made.body['data'], undefined);
    assert.deepEqual(ownersOf(made), { 'one Apply': { 'f:data': {} } });
    assertStatus(
      await api.apply(a(api), 'two', configMap('a', {})),
      409,
      'Conflict',
      'Apply failed with 1 conflict: conflict with "one": .data',
    );
  }),
  contract('several conflicts are listed by manager', async (api) => {
    await api.apply(a(api), 'one', configMap('a', { x: '1', y: '1' }));
    await api.send(
      'PATCH',
      `${a(api)}?fieldManager=hand`,
      { data: { z: '1' } },
      { contentType: 'application/merge-patch+json' },
    );
    const refused = await api.apply(a(api), 'two', configMap('a', { x: '2', y: '2', z: '2' }));
    assertStatus(
      refused,
      409,
      'Conflict',
      'Apply failed with 3 conflicts: conflicts with "hand" using v1:\n- .data.z\nconflicts with "one":\n- .data.x\n- .data.y',
    );
    assert.equal(itemsOf(refused.body['details']?.['causes']).length, 3);
  }),
  contract('force takes the field away from its owner', async (api) => {
    await api.apply(a(api), 'one', configMap('a', { x: '1', y: '1' }));
    const taken = await api.apply(a(api), 'two', configMap('a', { x: '2' }), true);
    assertCode(taken, 200);
    assert.deepEqual(taken.body['data'], { x: '2', y: '1' });
    assert.deepEqual(ownersOf(taken), {
      'one Apply': { 'f:data': { 'f:y': {} } },
      'two Apply': { 'f:data': { 'f:x': {} } },
    });
  }),
  contract('a manager conflicts with its own updates', async (api) => {
    await api.send('POST', `${configMaps(api)}?fieldManager=one`, configMap('a', { x: '1' }));
    assertStatus(
      await api.apply(a(api), 'one', configMap('a', { x: '2' })),
      409,
      'Conflict',
      'Apply failed with 1 conflict: conflict with "one" using v1: .data.x',
    );
  }),
  contract('an update takes over what it changes', async (api) => {
    await api.apply(a(api), 'one', configMap('a', { x: '1', y: '1' }));
    const patched = await api.patch(a(api), { data: { x: '2' } });
    assert.deepEqual(ownersOf(patched), {
      'one Apply': { 'f:data': { 'f:y': {} } },
      'contract Update': { 'f:data': { 'f:x': {} } },
    });
  }),
  contract('an update that removes a field ends its ownership', async (api) => {
    await api.apply(a(api), 'one', configMap('a', { x: '1', y: '1' }));
    const patched = await api.patch(a(api), { data: { x: null } });
    assert.deepEqual(ownersOf(patched), { 'one Apply': { 'f:data': { 'f:y': {} } } });
  }),
  contract('labels and annotations are owned key by key', async (api) => {
    await api.apply(a(api), 'one', bare({ labels: { l: '1' }, annotations: { n: '1' } }));
    const next = await api.apply(a(api), 'two', bare({ labels: { m: '2' } }));
    assert.deepEqual(next.body['metadata']?.['labels'], { l: '1', m: '2' });
    const gone = await api.apply(a(api), 'one', bare());
    assert.deepEqual(gone.body['metadata']?.['labels'], { m: '2' });
    assert.equal(gone.body['metadata']?.['annotations'], undefined);
  }),
  contract('finalizers are a set with one owner each', async (api) => {
    await api.apply(a(api), 'one', bare({ finalizers: ['example.com/one'] }));
    const both = await api.apply(a(api), 'two', bare({ finalizers: ['example.com/two'] }));
    assert.deepEqual(both.body['metadata']?.['finalizers'], ['example.com/one', 'example.com/two']);
    assert.deepEqual(ownersOf(both)['one Apply'], {
      'f:metadata': { 'f:finalizers': { 'v:"example.com/one"': {} } },
    });
    const gone = await api.apply(a(api), 'one', bare());
    assert.deepEqual(gone.body['metadata']?.['finalizers'], ['example.com/two']);
    await api.patch(a(api), { metadata: { finalizers: null } });
  }),
  contract('owner references are told apart by uid', async (api) => {
    const owner = await api.send('POST', configMaps(api), configMap('owner', {}));
    const reference = { apiVersion: 'v1', kind: 'ConfigMap', name: 'owner', uid: owner.body['metadata']?.['uid'] };
    const owned = await api.apply(a(api), 'one', bare({ ownerReferences: [reference] }));
    assert.deepEqual(owned.body['metadata']?.['ownerReferences'], [reference]);
    assert.deepEqual(ownersOf(owned)['one Apply'], {
      'f:metadata': { 'f:ownerReferences': { [`k:{"uid":"${textOf(reference.uid)}"}`]: {} } },
    });
  }),
  contract('an apply with an old resourceVersion is refused', async (api) => {
    const made = await api.apply(a(api), 'one', configMap('a', { x: '1' }));
    await api.patch(a(api), { data: { y: '1' } });
    const resourceVersion = versionOf(made);
    assertStatus(
      await api.apply(a(api), 'one', configMap('a', { x: '2' }, { resourceVersion })),
      409,
      'Conflict',
      'Operation cannot be fulfilled on configmaps "a": the object has been modified; please apply your changes to the latest version and try again',
    );
  }),
  contract('an apply with the newest resourceVersion passes', async (api) => {
    const made = await api.apply(a(api), 'one', configMap('a', { x: '1' }));
    const resourceVersion = versionOf(made);
    const next = await api.apply(a(api), 'one', configMap('a', { x: '2' }, { resourceVersion }));
    assertCode(next, 200);
    assert.deepEqual(next.body['data'], { x: '2' });
  }),
  contract('a resourceVersion does not keep an apply from creating', async (api) => {
    assertCode(await api.apply(a(api), 'one', configMap('a', { x: '1' }, { resourceVersion: '1' })), 201);
  }),
  contract('a uid keeps an apply from creating', async (api) => {
    assertStatus(
      await api.apply(a(api), 'one', configMap('a', { x: '1' }, { uid: 'no-such-uid' })),
      409,
      'Conflict',
      'Operation cannot be fulfilled on configmaps "a": uid mismatch: the provided object specified uid no-such-uid, and no existing object was found',
    );
  }),
  contract('an apply with another uid is refused', async (api) => {
    await api.apply(a(api), 'one', configMap('a', { x: '1' }));
    assertStatus(
      await api.apply(a(api), 'one', configMap('a', { x: '1' }, { uid: 'another' })),
      422,
      'Invalid',
      'ConfigMap "a" is invalid: metadata.uid: Invalid value: "another": field is immutable',
    );
  }),
  contract('an apply must name its kind and the name of the path', async (api) => {
    assertStatus(
      await api.apply(a(api), 'one', { ...configMap('a', {}), kind: 'Secret' }),
      400,
      'BadRequest',
      'invalid object type: /v1, Kind=Secret',
    );
    assertStatus(
      await api.apply(a(api), 'one', { metadata: { name: 'a' } }),
      400,
      'BadRequest',
      'invalid object type: /, Kind=',
    );
    await api.apply(a(api), 'one', configMap('a', { x: '1' }));
    assertStatus(
      await api.apply(a(api), 'one', configMap('b', { x: '1' })),
      400,
      'BadRequest',
      'the name of the object (b) does not match the name on the URL (a)',
    );
  }),
  contract('an apply may not carry managedFields', async (api) => {
    assertStatus(
      await api.apply(a(api), 'one', configMap('a', {}, { managedFields: [{ manager: 'x' }] })),
      400,
      'BadRequest',
      'metadata.managedFields must be nil',
    );
  }),
  contract('a field that the schema does not know is refused', async (api) => {
    assertStatus(
      await api.apply(a(api), 'one', { ...configMap('a', {}), dat: {} }),
      500,
      '',
      'failed to create typed patch object (/a; /v1, Kind=ConfigMap): .dat: field not declared in schema',
    );
  }),
  contract('the first apply after tracking was reset names what was there', async (api) => {
    await api.send('POST', configMaps(api), configMap('a', { x: '1' }));
    const reset = await api.patch(a(api), { metadata: { managedFields: [{}] } });
    assert.equal(reset.body['metadata']?.['managedFields'], undefined);
    const next = await api.apply(a(api), 'one', configMap('a', { y: '1' }));
    assert.deepEqual(ownersOf(next), {
      'one Apply': { 'f:data': { 'f:y': {} } },
      'before-first-apply Update': { 'f:data': { '.': {}, 'f:x': {} } },
    });
  }),
  contract('a dry-run apply changes nothing', async (api) => {
    const made = await api.apply(a(api), 'one', configMap('a', { x: '1' }));
    const dry = await api.send('PATCH', `${a(api)}?fieldManager=one&dryRun=All`, configMap('a', { x: '2' }), {
      contentType: 'application/apply-patch+yaml',
    });
    assertCode(dry, 200);
    assert.deepEqual(dry.body['data'], { x: '2' });
    assert.equal(versionOf(dry), versionOf(made));
    assert.deepEqual((await api.get(a(api))).body, made.body);
  }),
];
