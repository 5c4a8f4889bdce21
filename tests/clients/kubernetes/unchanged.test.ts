import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { isUnchanged } from '../../../lib/clients/kubernetes/unchanged.ts';
import type { KubernetesObject } from '../../../lib/model/kubernetes-object.ts';

type Anything = Record<string, unknown>;
type Parts = { spec?: unknown; status?: unknown; data?: unknown; metadata?: Anything };

const object = ({ metadata = {}, ...content }: Parts): KubernetesObject => ({
  apiVersion: 'example.dev/v1',
  kind: 'Thing',
  metadata: { name: 'a', namespace: 'n', ...metadata },
  ...content,
});

const MANAGER = 'headgate-tenant';

/** The object on the server, where our manager's last apply owned `fieldsV1`. */
const stored = (parts: Parts, fieldsV1: Anything, entry: Anything = {}): KubernetesObject =>
  object({
    ...parts,
    metadata: {
      uid: 'u',
      resourceVersion: '7',
      generation: 3,
      ...parts.metadata,
      managedFields: [
        {
          manager: 'kubectl',
          operation: 'Apply',
          apiVersion: 'example.dev/v1',
          fieldsV1: { 'f:spec': { 'f:own': {} } },
        },
        { manager: MANAGER, operation: 'Apply', apiVersion: 'example.dev/v1', fieldsV1, ...entry },
      ],
    },
  });

const cases: Record<string, { wish: Parts; current: KubernetesObject; unchanged: boolean; subresource?: 'status' }> = {
  'the same scalar, owned by us': {
    wish: { spec: { size: 2 } },
    current: stored({ spec: { size: 2 } }, { 'f:spec': { 'f:size': {} } }),
    unchanged: true,
  },
  'another value': {
    wish: { spec: { size: 3 } },
    current: stored({ spec: { size: 2 } }, { 'f:spec': { 'f:size': {} } }),
    unchanged: false,
  },
  'the value is right, but another manager holds it': {
    wish: { spec: { own: 1, size: 2 } },
    current: stored({ spec: { own: 1, size: 2 } }, { 'f:spec': { 'f:size': {} } }),
    unchanged: false,
  },
  'a field that we own and wish no longer': {
    wish: { spec: { size: 2 } },
    current: stored({ spec: { size: 2, old: 1 } }, { 'f:spec': { 'f:size': {}, 'f:old': {} } }),
    unchanged: false,
  },
  'fields of others beside ours': {
    wish: { spec: { size: 2 } },
    current: stored({ spec: { size: 2, theirs: 1 }, status: {} }, { 'f:spec': { 'f:size': {} } }),
    unchanged: true,
  },
  'we have never applied it': {
    wish: { spec: { size: 2 } },
    current: stored({ spec: { size: 2 } }, { 'f:spec': { 'f:size': {} } }, { manager: 'headgate-grant' }),
    unchanged: false,
  },
  'our entry is an update, not an apply': {
    wish: { spec: { size: 2 } },
    current: stored({ spec: { size: 2 } }, { 'f:spec': { 'f:size': {} } }, { operation: 'Update' }),
    unchanged: false,
  },
  'our entry is of another API version': {
    wish: { spec: { size: 2 } },
    current: stored({ spec: { size: 2 } }, { 'f:spec': { 'f:size': {} } }, { apiVersion: 'example.dev/v1beta1' }),
    unchanged: false,
  },
  'our entry is of the status, the wish of the object': {
    wish: { status: { ready: true } },
    current: stored({ status: { ready: true } }, { 'f:status': { 'f:ready': {} } }, { subresource: 'status' }),
    unchanged: false,
  },
  'the same status': {
    wish: { status: { ready: true } },
    current: stored({ status: { ready: true } }, { 'f:status': { 'f:ready': {} } }, { subresource: 'status' }),
    subresource: 'status',
    unchanged: true,
  },
  'the precondition is the version that was read': {
    wish: { metadata: { resourceVersion: '7' }, spec: { size: 2 } },
    current: stored({ spec: { size: 2 } }, { 'f:spec': { 'f:size': {} } }),
    unchanged: true,
  },
  'the precondition is another version: the server is to say Conflict': {
    wish: { metadata: { resourceVersion: '6' }, spec: { size: 2 } },
    current: stored({ spec: { size: 2 } }, { 'f:spec': { 'f:size': {} } }),
    unchanged: false,
  },
  'labels and an empty object in a map of objects': {
    wish: { metadata: { labels: { a: '1' } }, spec: { claims: { x: {} } } },
    current: stored(
      { metadata: { labels: { a: '1', theirs: '2' } }, spec: { claims: { x: {} } } },
      { 'f:metadata': { 'f:labels': { 'f:a': {} } }, 'f:spec': { 'f:claims': { 'f:x': { '.': {} } } } },
    ),
    unchanged: true,
  },
  'undefined means absent': {
    wish: { spec: { size: 2, note: undefined } },
    current: stored({ spec: { size: 2 } }, { 'f:spec': { 'f:size': {} } }),
    unchanged: true,
  },
  'an atomic list, equal': {
    wish: { spec: { rules: [{ verbs: ['get'] }] } },
    current: stored({ spec: { rules: [{ verbs: ['get'] }] } }, { 'f:spec': { 'f:rules': {} } }),
    unchanged: true,
  },
  'an atomic list into which the server put a default': {
    wish: { spec: { ports: [{ port: 53 }] } },
    current: stored({ spec: { ports: [{ port: 53, protocol: 'TCP' }] } }, { 'f:spec': { 'f:ports': {} } }),
    unchanged: false,
  },
  "a list keyed by type, with another owner's item in it": {
    wish: { status: { conditions: [{ type: 'Ready', status: 'True' }] } },
    subresource: 'status',
    current: stored(
      {
        status: {
          conditions: [
            { type: 'Other', status: 'False' },
            { type: 'Ready', status: 'True' },
          ],
        },
      },
      { 'f:status': { 'f:conditions': { 'k:{"type":"Ready"}': { '.': {}, 'f:type': {}, 'f:status': {} } } } },
      { subresource: 'status' },
    ),
    unchanged: true,
  },
  'a keyed item with another value': {
    wish: { spec: { conditions: [{ type: 'Ready', status: 'False' }] } },
    current: stored(
      { spec: { conditions: [{ type: 'Ready', status: 'True' }] } },
      { 'f:spec': { 'f:conditions': { 'k:{"type":"Ready"}': { '.': {}, 'f:type': {}, 'f:status': {} } } } },
    ),
    unchanged: false,
  },
  'one keyed item less than we own': {
    wish: { spec: { conditions: [{ type: 'A' }] } },
    current: stored(
      { spec: { conditions: [{ type: 'A' }, { type: 'B' }] } },
      {
        'f:spec': {
          'f:conditions': {
            'k:{"type":"A"}': { '.': {}, 'f:type': {} },
            'k:{"type":"B"}': { '.': {}, 'f:type': {} },
          },
        },
      },
    ),
    unchanged: false,
  },
  'keyed items in another order': {
    wish: { spec: { list: [{ type: 'B' }, { type: 'A' }] } },
    current: stored(
      { spec: { list: [{ type: 'A' }, { type: 'B' }] } },
      {
        'f:spec': {
          'f:list': { 'k:{"type":"A"}': { '.': {}, 'f:type': {} }, 'k:{"type":"B"}': { '.': {}, 'f:type': {} } },
        },
      },
    ),
    unchanged: false,
  },
  'a keyed item whose key the server filled in': {
    wish: { spec: { ports: [{ port: 53 }] } },
    current: stored(
      { spec: { ports: [{ port: 53, protocol: 'TCP' }] } },
      { 'f:spec': { 'f:ports': { 'k:{"port":53,"protocol":"TCP"}': { '.': {}, 'f:port': {} } } } },
    ),
    unchanged: false,
  },
  'the same members of a set, among others': {
    wish: { metadata: { finalizers: ['b', 'c'] } },
    current: stored(
      { metadata: { finalizers: ['a', 'b', 'c'] } },
      { 'f:metadata': { 'f:finalizers': { '.': {}, 'v:"b"': {}, 'v:"c"': {} } } },
    ),
    unchanged: true,
  },
  'a new member of a set': {
    wish: { metadata: { finalizers: ['b', 'd'] } },
    current: stored(
      { metadata: { finalizers: ['b', 'c'] } },
      { 'f:metadata': { 'f:finalizers': { 'v:"b"': {}, 'v:"c"': {} } } },
    ),
    unchanged: false,
  },
  'a list owned by position: not understood': {
    wish: { spec: { list: [1] } },
    current: stored({ spec: { list: [1] } }, { 'f:spec': { 'f:list': { 'i:0': {} } } }),
    unchanged: false,
  },
  'a name that Object.prototype knows': {
    wish: { data: { constructor: 'x' } },
    current: stored({ data: {} }, { 'f:data': { 'f:constructor': {} } }),
    unchanged: false,
  },
};

for (const [name, { wish, current, unchanged, subresource }] of Object.entries(cases)) {
  test(name, () => {
    const as = subresource === undefined ? { manager: MANAGER } : { manager: MANAGER, subresource };
    assert.equal(isUnchanged(object(wish), current, as), unchanged);
  });
}

/** The field set of a value in which every object is granular and every list atomic. */
const fieldsOf = (value: unknown): Anything =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
    ? Object.fromEntries(Object.entries(value).map(([name, below]) => [`f:${name}`, fieldsOf(below)]))
    : {};

const leaf = fc.oneof(fc.string(), fc.integer(), fc.boolean(), fc.array(fc.string(), { maxLength: 3 }));
const { tree } = fc.letrec<{ tree: Anything; node: unknown }>((tie) => ({
  node: fc.oneof({ depthSize: 'small' }, leaf, tie('tree')),
  tree: fc.dictionary(fc.string({ minLength: 1 }), tie('node'), { minKeys: 1, maxKeys: 4, noNullPrototype: true }),
}));

test('whatever was applied and is still there is not sent again, whatever others add', () => {
  fc.assert(
    fc.property(tree, tree, (ours, theirs) => {
      const current = stored({ spec: merge(theirs, ours) }, fieldsOf({ spec: ours }));
      assert.equal(isUnchanged(object({ spec: ours }), current, { manager: MANAGER }), true);
    }),
  );
});

test('any other wish is sent', () => {
  fc.assert(
    fc.property(tree, tree, (before, wish) => {
      fc.pre(JSON.stringify(before) !== JSON.stringify(wish));
      const current = stored({ spec: before }, fieldsOf({ spec: before }));
      const isSame = isUnchanged(object({ spec: wish }), current, { manager: MANAGER });
      if (isSame) assert.deepEqual(JSON.parse(JSON.stringify(wish)), JSON.parse(JSON.stringify(before)));
    }),
  );
});

/** Ours wins; objects on both sides are merged, as several appliers of one object would leave them. */
const merge = (theirs: unknown, ours: unknown): unknown => {
  if (!isTree(theirs) || !isTree(ours)) return ours;
  const names = new Set([...Object.keys(theirs), ...Object.keys(ours)]);
  return Object.fromEntries(
    [...names].map((name) => [name, Object.hasOwn(ours, name) ? merge(theirs[name], ours[name]) : theirs[name]]),
  );
};

const isTree = (value: unknown): value is Anything =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
