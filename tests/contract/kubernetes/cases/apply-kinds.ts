import assert from 'node:assert/strict';

import { assertCode, assertStatus, contract, itemsOf, ownersOf, type ContractCase } from '../contract.ts';
import { deployment, deployments, installWidgets, widget, widgets } from '../fixtures.ts';

const withWidgets = (name: string, run: ContractCase['run']): ContractCase =>
  contract(name, async (api) => {
    await installWidgets(api);
    await run(api);
  });

/** Server-side apply by kind: what the schemas of built-in and custom kinds make of it. */
export const APPLY_KIND_CASES: readonly ContractCase[] = [
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
