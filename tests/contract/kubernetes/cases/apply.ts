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
import { configMap, configMaps, deployment, deployments, installWidgets, widget, widgets } from '../fixtures.ts';

const a = (api: Api): string => `${configMaps(api)}/a`;
/** A ConfigMap of metadata alone. */
const bare = (metadata: Record<string, unknown> = {}) => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name: 'a', ...metadata },
});

const versionOf = (answer: Answer): unknown => answer.body['metadata']?.['resourceVersion'];

const withWidgets = (name: string, run: ContractCase['run']): ContractCase =>
  contract(name, async (api) => {
    await installWidgets(api);
    await run(api);
  });

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
  contract('an applied Deployment is owned without its defaults', async (api) => {
    const made = await api.apply(`${deployments(api)}/d`, 'one', {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'd' },
      spec: {
        selector: { matchLabels: { app: 'd' } },
        template: {
          metadata: { labels: { app: 'd' } },
          spec: { containers: [{ name: 'main', image: 'i:1', ports: [{ containerPort: 80 }] }] },
        },
      },
    });
    assertCode(made, 201);
    assert.equal(made.body['spec']?.['replicas'], 1);
    assert.deepEqual(ownersOf(made), {
      'one Apply': {
        'f:spec': {
          'f:selector': {},
          'f:template': {
            'f:metadata': { 'f:labels': { 'f:app': {} } },
            'f:spec': {
              'f:containers': {
                'k:{"name":"main"}': {
                  '.': {},
                  'f:image': {},
                  'f:name': {},
                  'f:ports': {
                    'k:{"containerPort":80,"protocol":"TCP"}': { '.': {}, 'f:containerPort': {} },
                  },
                },
              },
            },
          },
        },
      },
    });
  }),
  contract('a created Deployment is owned with its defaults', async (api) => {
    const made = await api.send('POST', deployments(api), deployment('d', 0));
    const owned = ownersOf(made)['contract Update']?.['f:spec'];
    assert.deepEqual(Object.keys(owned ?? {}).toSorted(), [
      'f:progressDeadlineSeconds',
      'f:replicas',
      'f:revisionHistoryLimit',
      'f:selector',
      'f:strategy',
      'f:template',
    ]);
    assert.deepEqual(owned?.['f:strategy'], {
      'f:rollingUpdate': { '.': {}, 'f:maxSurge': {}, 'f:maxUnavailable': {} },
      'f:type': {},
    });
  }),
  contract('containers are merged by name', async (api) => {
    await api.send('POST', deployments(api), deployment('d', 0));
    const next = await api.apply(`${deployments(api)}/d`, 'side', {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'd' },
      spec: { template: { spec: { containers: [{ name: 'side', image: 's:1' }] } } },
    });
    assertCode(next, 200);
    const names = (of: typeof next): unknown =>
      itemsOf(of.body['spec']?.['template']?.['spec']?.['containers']).map((container) => container['name']);
    assert.deepEqual(names(next), ['main', 'side']);
    const gone = await api.apply(`${deployments(api)}/d`, 'side', {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'd' },
    });
    assert.deepEqual(names(gone), ['main']);
    assert.equal(ownersOf(gone)['side Apply'], undefined);
  }),
  contract('quotas are applied amount by amount', async (api) => {
    const path = `/api/v1/namespaces/${api.namespace}/resourcequotas/q`;
    const quota = (hard: Record<string, string>) => ({
      apiVersion: 'v1',
      kind: 'ResourceQuota',
      metadata: { name: 'q' },
      spec: { hard },
    });
    const made = await api.apply(path, 'birth', quota({ 'limits.cpu': '0', 'limits.memory': '0' }));
    assertCode(made, 201);
    assertStatus(
      await api.apply(path, 'grant', quota({ 'limits.cpu': '2', 'limits.memory': '4Gi' })),
      409,
      'Conflict',
      'Apply failed with 2 conflicts: conflicts with "birth":\n- .spec.hard.limits.cpu\n- .spec.hard.limits.memory',
    );
    const granted = await api.apply(path, 'grant', quota({ 'limits.cpu': '2', 'limits.memory': '4Gi' }), true);
    assert.deepEqual(granted.body['spec']?.['hard'], { 'limits.cpu': '2', 'limits.memory': '4Gi' });
    assert.deepEqual(ownersOf(granted)['grant Apply'], {
      'f:spec': { 'f:hard': { 'f:limits.cpu': {}, 'f:limits.memory': {} } },
    });
    assert.equal(ownersOf(granted)['birth Apply'], undefined);
  }),
  withWidgets('a custom object is applied by its schema: maps and keyed lists item by item', async (api) => {
    const path = `${widgets(api)}/w`;
    const made = await api.apply(
      path,
      'one',
      widget('w', { size: 1, ports: [{ name: 'a', port: 1 }], tags: ['x'], labels: { k: 'v' }, inner: { a: '1' } }),
    );
    assertCode(made, 201);
    assert.deepEqual(ownersOf(made), {
      'one Apply': {
        'f:spec': {
          'f:inner': { 'f:a': {} },
          'f:labels': { 'f:k': {} },
          'f:ports': { 'k:{"name":"a"}': { '.': {}, 'f:name': {}, 'f:port': {} } },
          'f:size': {},
          'f:tags': { 'v:"x"': {} },
        },
      },
    });
    const next = await api.apply(
      path,
      'two',
      widget('w', { ports: [{ name: 'b', port: 2 }], tags: ['y'], labels: { l: 'w' }, inner: { b: '2' } }),
    );
    assertCode(next, 200);
    assert.deepEqual(next.body['spec'], {
      size: 1,
      color: 'red',
      replicas: 2,
      ports: [
        { name: 'a', port: 1, protocol: 'TCP' },
        { name: 'b', port: 2, protocol: 'TCP' },
      ],
      tags: ['x', 'y'],
      labels: { k: 'v', l: 'w' },
      inner: { a: '1', b: '2' },
    });
    const gone = await api.apply(path, 'two', widget('w', {}));
    assert.deepEqual(gone.body['spec']?.['ports'], [{ name: 'a', port: 1, protocol: 'TCP' }]);
    assert.deepEqual(gone.body['spec']?.['tags'], ['x']);
    assert.deepEqual(gone.body['spec']?.['labels'], { k: 'v' });
    assert.deepEqual(gone.body['spec']?.['inner'], { a: '1' });
  }),
  withWidgets('an atomic list or map is one field', async (api) => {
    const path = `${widgets(api)}/w`;
    await api.apply(path, 'one', widget('w', { size: 1, words: ['a'], whole: { k: 'v' } }));
    assertStatus(
      await api.apply(path, 'two', widget('w', { words: ['b'], whole: { l: 'w' } })),
      409,
      'Conflict',
      'Apply failed with 2 conflicts: conflicts with "one":\n- .spec.whole\n- .spec.words',
    );
    const taken = await api.apply(path, 'two', widget('w', { words: ['b'], whole: { l: 'w' } }), true);
    assert.deepEqual(taken.body['spec']?.['words'], ['b']);
    assert.deepEqual(taken.body['spec']?.['whole'], { l: 'w' });
  }),
  withWidgets('a free-form field is owned leaf by leaf', async (api) => {
    const path = `${widgets(api)}/w`;
    const made = await api.apply(path, 'one', widget('w', { size: 1, free: { a: { b: 1 }, list: [1, 2] } }));
    assert.deepEqual(ownersOf(made)['one Apply'], {
      'f:spec': { 'f:free': { 'f:a': { '.': {}, 'f:b': {} }, 'f:list': {} }, 'f:size': {} },
    });
  }),
  withWidgets('a conflict in a keyed list names the item', async (api) => {
    const path = `${widgets(api)}/w`;
    await api.apply(path, 'one', widget('w', { size: 1, ports: [{ name: 'a', port: 1 }] }));
    assertStatus(
      await api.apply(path, 'two', widget('w', { ports: [{ name: 'a', port: 2 }] })),
      409,
      'Conflict',
      'Apply failed with 1 conflict: conflict with "one": .spec.ports[name="a"].port',
    );
  }),
  withWidgets('an item sent twice is refused', async (api) => {
    assertStatus(
      await api.apply(`${widgets(api)}/w`, 'one', widget('w', { size: 1, ports: [{ name: 'a' }, { name: 'a' }] })),
      500,
      '',
      /^failed to create typed patch object \(\/w; example\.com\/v1, Kind=Widget\): \.spec\.ports: duplicate entries for key \[name="a"\]$/,
    );
  }),
  withWidgets('the order of an applied list wins, with the items of others beside their neighbours', async (api) => {
    const path = `${widgets(api)}/w`;
    await api.apply(path, 'one', widget('w', { size: 1, tags: ['a', 'b', 'c'] }));
    await api.apply(path, 'two', widget('w', { tags: ['d'] }));
    const next = await api.apply(path, 'one', widget('w', { size: 1, tags: ['c', 'e', 'a'] }));
    assert.deepEqual(next.body['spec']?.['tags'], ['c', 'd', 'e', 'a']);
  }),
  withWidgets('status applied through its subresource has an owner of its own', async (api) => {
    const path = `${widgets(api)}/w`;
    await api.apply(path, 'one', widget('w', { size: 1 }));
    const set = await api.apply(`${path}/status`, 'one', {
      apiVersion: 'example.com/v1',
      kind: 'Widget',
      metadata: { name: 'w', labels: { ignored: 'yes' } },
      spec: { size: 9 },
      status: { phase: 'Ready', conditions: [{ type: 'Ready', status: 'True' }] },
    });
    assertCode(set, 200);
    assert.equal(set.body['spec']?.['size'], 1);
    assert.equal(set.body['metadata']?.['labels'], undefined);
    assert.equal(set.body['metadata']?.['generation'], 1);
    assert.deepEqual(ownersOf(set), {
      'one Apply': { 'f:spec': { 'f:size': {} } },
      'one Apply status': {
        'f:status': {
          'f:conditions': { 'k:{"type":"Ready"}': { '.': {}, 'f:status': {}, 'f:type': {} } },
          'f:phase': {},
        },
      },
    });
  }),
  withWidgets('conditions of several writers live side by side', async (api) => {
    const path = `${widgets(api)}/w`;
    const status = (conditions: readonly Record<string, string>[]) => ({
      apiVersion: 'example.com/v1',
      kind: 'Widget',
      metadata: { name: 'w' },
      status: { conditions },
    });
    await api.apply(path, 'one', widget('w', { size: 1 }));
    await api.apply(`${path}/status`, 'one', status([{ type: 'Ready', status: 'True' }]));
    const both = await api.apply(`${path}/status`, 'two', status([{ type: 'Settled', status: 'False' }]));
    assert.deepEqual(both.body['status']?.['conditions'], [
      { type: 'Ready', status: 'True' },
      { type: 'Settled', status: 'False' },
    ]);
    const gone = await api.apply(`${path}/status`, 'one', status([]));
    assert.deepEqual(gone.body['status']?.['conditions'], [{ type: 'Settled', status: 'False' }]);
  }),
  withWidgets('status applied on the main resource is ignored and not owned', async (api) => {
    const made = await api.apply(`${widgets(api)}/w`, 'one', widget('w', { size: 1 }, { status: { phase: 'Ready' } }));
    assert.equal(made.body['status'], undefined);
    assert.deepEqual(ownersOf(made), { 'one Apply': { 'f:spec': { 'f:size': {} } } });
  }),
  withWidgets('status is not created by an apply', async (api) => {
    assertStatus(
      await api.apply(`${widgets(api)}/none/status`, 'one', widget('none', {}, { status: { phase: 'x' } })),
      404,
      'NotFound',
      'widgets.example.com "none" not found',
    );
  }),
  withWidgets('a conflict with a status owner names the subresource', async (api) => {
    const path = `${widgets(api)}/w`;
    await api.apply(path, 'one', widget('w', { size: 1 }));
    await api.patch(`${path}/status`, { status: { phase: 'x' } });
    assertStatus(
      await api.apply(`${path}/status`, 'two', widget('w', {}, { status: { phase: 'y' } })),
      409,
      'Conflict',
      'Apply failed with 1 conflict: conflict with "contract" with subresource "status" using example.com/v1: .status.phase',
    );
  }),
  withWidgets('an apply that removes the last of an object leaves none of it', async (api) => {
    const path = `${widgets(api)}/w`;
    await api.apply(path, 'one', widget('w', { size: 1 }));
    await api.apply(path, 'two', widget('w', { inner: { a: '1' }, labels: { k: 'v' } }));
    const gone = await api.apply(path, 'two', widget('w', {}));
    assert.deepEqual(gone.body['spec'], { size: 1, color: 'red', replicas: 2 });
  }),
  withWidgets('a field that schema and defaults own comes back when its owner lets go', async (api) => {
    const path = `${widgets(api)}/w`;
    await api.apply(path, 'one', widget('w', { size: 1, color: 'blue' }));
    const back = await api.apply(path, 'one', widget('w', { size: 1 }));
    assert.equal(back.body['spec']?.['color'], 'red');
    assert.equal(back.body['metadata']?.['generation'], 2);
  }),
];
