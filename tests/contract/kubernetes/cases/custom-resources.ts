import assert from 'node:assert/strict';

import {
  assertCode,
  assertStatus,
  contract,
  itemsOf,
  oneSided,
  ownersOf,
  textOf,
  type Api,
  type ContractCase,
} from '../contract.ts';
import { CRDS, installWidgets, widget, WIDGET_CRD, widgets } from '../fixtures.ts';

const w = (api: Api): string => `${widgets(api)}/w`;

const withWidgets = (name: string, run: ContractCase['run']): ContractCase =>
  contract(name, async (api) => {
    await installWidgets(api);
    await run(api);
  });

const refused = (name: string, spec: Record<string, unknown>, message: string | RegExp): ContractCase =>
  withWidgets(name, async (api) => {
    assertStatus(await api.send('POST', widgets(api), widget('w', spec)), 422, 'Invalid', message);
  });

const INVALID = 'Widget.example.com "w" is invalid: ';

/** Custom resources: their definition, their schema, their subresources. */
export const CUSTOM_RESOURCE_CASES: readonly ContractCase[] = [
  withWidgets('a definition is established and discovered', async (api) => {
    const crd = await api.eventually(`${CRDS}/widgets.example.com`, ({ body }) =>
      itemsOf(body['status']?.['conditions']).some(
        (one) => textOf(one['type']) === 'Established' && textOf(one['status']) === 'True',
      ),
    );
    assert.deepEqual(crd.body['status']?.['storedVersions'], ['v1']);
    assert.equal(crd.body['spec']?.['names']?.['listKind'], 'WidgetList');
    assert.equal(crd.body['spec']?.['names']?.['singular'], 'widget');
    assert.deepEqual(crd.body['spec']?.['conversion'], { strategy: 'None' });
  }),
  contract('a definition must be named after its plural and group', async (api) => {
    assertStatus(
      await api.send('POST', CRDS, { ...WIDGET_CRD, metadata: { name: 'gadgets.example.com' } }),
      422,
      'Invalid',
      'CustomResourceDefinition.apiextensions.k8s.io "gadgets.example.com" is invalid: metadata.name: Invalid value: "gadgets.example.com": must be spec.names.plural+"."+spec.group',
    );
  }),
  withWidgets('a custom object gets its defaults and a generation', async (api) => {
    const made = await api.send('POST', widgets(api), widget('w', { size: 1 }));
    assertCode(made, 201);
    assert.deepEqual(made.body['spec'], { size: 1, replicas: 2, color: 'red' });
    assert.equal(made.body['metadata']?.['generation'], 1);
    assert.deepEqual(ownersOf(made), {
      'contract Update': { 'f:spec': { '.': {}, 'f:color': {}, 'f:replicas': {}, 'f:size': {} } },
    });
  }),
  withWidgets('defaults reach into list items', async (api) => {
    const made = await api.send('POST', widgets(api), widget('w', { size: 1, ports: [{ name: 'a' }] }));
    assert.deepEqual(made.body['spec']?.['ports'], [{ name: 'a', protocol: 'TCP' }]);
  }),
  withWidgets('unknown fields are pruned with a warning, except where they are preserved', async (api) => {
    const made = await api.send('POST', widgets(api), widget('w', { size: 1, nope: 1, free: { any: { thing: 1 } } }));
    assertCode(made, 201);
    assert.deepEqual(made.body['spec'], { size: 1, replicas: 2, color: 'red', free: { any: { thing: 1 } } });
    assert.equal(made.headers.get('warning'), '299 - "unknown field \\"spec.nope\\""');
  }),
  withWidgets('unknown fields are refused under strict field validation, all at once', async (api) => {
    const body = widget('w', { size: 1, nope: {}, ports: [{ name: 'a', z: 1 }] });
    assertStatus(
      await api.send('POST', `${widgets(api)}?fieldValidation=Strict`, { ...body, metadata: { name: 'w', foo: 1 } }),
      400,
      'BadRequest',
      'Widget in version "v1" cannot be handled as a Widget: strict decoding error: unknown field "metadata.foo", unknown field "spec.nope", unknown field "spec.ports[0].z"',
    );
  }),
  withWidgets('a null that may not be null is as good as absent', async (api) => {
    const made = await api.send('POST', widgets(api), widget('w', { size: 1, color: null, inner: null, maybe: null }));
    assertCode(made, 201);
    assert.deepEqual(made.body['spec'], { size: 1, replicas: 2, color: 'red', maybe: null });
  }),
  refused(
    'a wrong type is refused',
    { size: 'x' },
    `${INVALID}spec.size: Invalid value: "string": spec.size in body must be of type integer: "string"`,
  ),
  refused('a missing field is refused', {}, `${INVALID}spec.size: Required value`),
  refused(
    'a number below its minimum is refused',
    { size: 0 },
    `${INVALID}spec.size: Invalid value: 0: spec.size in body should be greater than or equal to 1`,
  ),
  refused(
    'a number above its maximum is refused',
    { size: 11 },
    `${INVALID}spec.size: Invalid value: 11: spec.size in body should be less than or equal to 10`,
  ),
  refused(
    'a value outside its enumeration is refused',
    { size: 1, color: 'green' },
    `${INVALID}spec.color: Unsupported value: "green": supported values: "red", "blue"`,
  ),
  refused(
    'a text that is too long is refused',
    { size: 1, name: 'abcdef' },
    `${INVALID}spec.name: Too long: may not be more than 5 bytes`,
  ),
  refused(
    'a text that does not match is refused',
    { size: 1, name: 'ABC' },
    `${INVALID}spec.name: Invalid value: "ABC": spec.name in body should match '^[a-z]+$'`,
  ),
  refused(
    'a list that is too long is refused',
    { size: 1, words: ['a', 'b', 'c'] },
    `${INVALID}spec.words: Too many: 3: must have at most 2 items`,
  ),
  refused(
    'a set with a repeated item is refused',
    { size: 1, tags: ['a', 'a'] },
    `${INVALID}spec.tags[1]: Duplicate value: "a"`,
  ),
  refused(
    'a keyed list with a repeated key is refused',
    { size: 1, ports: [{ name: 'a' }, { name: 'a' }] },
    `${INVALID}spec.ports[1]: Duplicate value: {"name":"a"}`,
  ),
  refused(
    'an item without its key is refused',
    { size: 1, ports: [{}] },
    `${INVALID}spec.ports[0].name: Required value`,
  ),
  refused(
    'a field that is neither integer nor text is refused',
    { size: 1, amount: true },
    `${INVALID}spec.amount: Invalid value: "boolean": spec.amount in body must be of type integer,string: "boolean"`,
  ),
  withWidgets('every violation is told at once', async (api) => {
    const answer = await api.send('POST', widgets(api), widget('w', { size: 0, color: 'green' }));
    assertCode(answer, 422);
    const causes = itemsOf(answer.body['details']?.['causes']).map(
      ({ reason, field }) => `${textOf(reason)} ${textOf(field)}`,
    );
    assert.deepEqual(causes.toSorted(), ['FieldValueInvalid spec.size', 'FieldValueNotSupported spec.color']);
  }),
  withWidgets('another kind or version in the body is refused', async (api) => {
    assertStatus(
      await api.send('POST', widgets(api), { ...widget('w', { size: 1 }), kind: 'Gadget' }),
      422,
      'Invalid',
      'Gadget.example.com "w" is invalid: kind: Invalid value: "Gadget": must be Widget',
    );
    assertStatus(
      await api.send('POST', widgets(api), { ...widget('w', { size: 1 }), apiVersion: 'example.com/v2' }),
      400,
      'BadRequest',
      'the API version in the data (example.com/v2) does not match the expected API version (example.com/v1)',
    );
  }),
  withWidgets('an update without a version is refused', async (api) => {
    await api.send('POST', widgets(api), widget('w', { size: 1 }));
    assertStatus(
      await api.send('PUT', w(api), widget('w', { size: 2 })),
      422,
      'Invalid',
      'widgets.example.com "w" is invalid: metadata.resourceVersion: Invalid value: 0: must be specified for an update',
    );
  }),
  withWidgets('an update with its version passes and raises the generation', async (api) => {
    const made = await api.send('POST', widgets(api), widget('w', { size: 1 }));
    const next = { ...made.body, spec: { size: 2 } };
    const put = await api.send('PUT', w(api), next);
    assertCode(put, 200);
    assert.equal(put.body['metadata']?.['generation'], 2);
    assert.deepEqual(put.body['spec'], { size: 2, replicas: 2, color: 'red' });
  }),
  withWidgets('metadata alone does not raise the generation', async (api) => {
    await api.send('POST', widgets(api), widget('w', { size: 1 }));
    const patched = await api.patch(w(api), { metadata: { annotations: { a: 'b' } } });
    assert.equal(patched.body['metadata']?.['generation'], 1);
  }),
  withWidgets('status is set through its subresource alone, which sets nothing else', async (api) => {
    const made = await api.send('POST', widgets(api), widget('w', { size: 1 }, { status: { phase: 'no' } }));
    assert.equal(made.body['status'], undefined);
    const status = await api.patch(`${w(api)}/status`, {
      status: { phase: 'yes' },
      spec: { size: 9 },
      metadata: { labels: { a: 'b' } },
    });
    assertCode(status, 200);
    assert.deepEqual(status.body['status'], { phase: 'yes' });
    assert.equal(status.body['spec']?.['size'], 1);
    assert.equal(status.body['metadata']?.['labels'], undefined);
    assert.equal(status.body['metadata']?.['generation'], 1);
    const main = await api.patch(w(api), { status: { phase: 'other' } });
    assert.deepEqual(main.body['status'], { phase: 'yes' });
    assert.equal(main.body['metadata']?.['resourceVersion'], status.body['metadata']?.['resourceVersion']);
  }),
  withWidgets('status is validated by its own schema', async (api) => {
    await api.send('POST', widgets(api), widget('w', { size: 1 }));
    assertStatus(
      await api.patch(`${w(api)}/status`, { status: { phase: 1 } }),
      422,
      'Invalid',
      `${INVALID}status.phase: Invalid value: "integer": phase in body must be of type string: "integer"`,
    );
  }),
  withWidgets('PUT on status takes the whole object and its version', async (api) => {
    const made = await api.send('POST', widgets(api), widget('w', { size: 1 }));
    const put = await api.send('PUT', `${w(api)}/status`, { ...made.body, status: { phase: 'x' }, spec: { size: 9 } });
    assertCode(put, 200);
    assert.deepEqual(put.body['status'], { phase: 'x' });
    assert.equal(put.body['spec']?.['size'], 1);
    assertCode(await api.send('PUT', `${w(api)}/status`, { ...made.body, status: { phase: 'y' } }), 409);
  }),
  withWidgets('scale reads and writes the replicas', async (api) => {
    await api.send('POST', widgets(api), widget('w', { size: 1 }));
    await api.patch(`${w(api)}/status`, { status: { replicas: 1, selector: 'app=w' } });
    const scale = await api.get(`${w(api)}/scale`);
    assert.equal(scale.body['kind'], 'Scale');
    assert.equal(scale.body['apiVersion'], 'autoscaling/v1');
    assert.deepEqual(scale.body['spec'], { replicas: 2 });
    assert.deepEqual(scale.body['status'], { replicas: 1, selector: 'app=w' });
    const scaled = await api.patch(`${w(api)}/scale`, { spec: { replicas: 5 } });
    assertCode(scaled, 200);
    assert.deepEqual(scaled.body['spec'], { replicas: 5 });
    const after = await api.get(w(api));
    assert.equal(after.body['spec']?.['replicas'], 5);
    assert.equal(after.body['metadata']?.['generation'], 2);
    assert.deepEqual(ownersOf(after)['contract Update scale'], { 'f:spec': { 'f:replicas': {} } });
  }),
  withWidgets('scale with an old version is refused', async (api) => {
    await api.send('POST', widgets(api), widget('w', { size: 1 }));
    const scale = await api.get(`${w(api)}/scale`);
    await api.patch(w(api), { spec: { size: 3 } });
    assertStatus(
      await api.send('PUT', `${w(api)}/scale`, { ...scale.body, spec: { replicas: 4 } }),
      409,
      'Conflict',
      'Operation cannot be fulfilled on widgets.example.com "w": the object has been modified; please apply your changes to the latest version and try again',
    );
  }),
  oneSided(
    'real',
    'the stand-in evaluates no CEL: rules of a definition are kept, and not run',
    'a rule in CEL refuses what breaks it',
    async (api) => {
      const [version] = WIDGET_CRD.spec.versions;
      const ruled = {
        ...WIDGET_CRD,
        metadata: { name: 'ruled.example.com' },
        spec: {
          ...WIDGET_CRD.spec,
          names: { plural: 'ruled', kind: 'Ruled' },
          versions: [
            {
              ...version,
              subresources: {},
              schema: {
                openAPIV3Schema: {
                  type: 'object',
                  properties: {
                    spec: {
                      type: 'object',
                      properties: { low: { type: 'integer' }, high: { type: 'integer' } },
                      'x-kubernetes-validations': [
                        { rule: 'self.low <= self.high', message: 'low must not be above high' },
                      ],
                    },
                  },
                },
              },
            },
          ],
        },
      };
      await api.send('POST', CRDS, ruled);
      const path = `/apis/example.com/v1/namespaces/${api.namespace}/ruled`;
      await api.eventually(path, ({ status }) => status === 200);
      assertStatus(
        await api.send('POST', path, {
          apiVersion: 'example.com/v1',
          kind: 'Ruled',
          metadata: { name: 'r' },
          spec: { low: 2, high: 1 },
        }),
        422,
        'Invalid',
        'Ruled.example.com "r" is invalid: spec: Invalid value: low must not be above high',
      );
      await api.send('DELETE', `${CRDS}/ruled.example.com`);
    },
  ),
  oneSided(
    'real',
    'the stand-in parses JSON with JSON.parse, which keeps the last of two fields and tells nobody',
    'a field that is sent twice is refused under strict field validation',
    async (api) => {
      await installWidgets(api);
      assertStatus(
        await api.send(
          'POST',
          `${widgets(api)}?fieldValidation=Strict`,
          '{"apiVersion":"example.com/v1","kind":"Widget","metadata":{"name":"w"},"spec":{"size":1,"size":2}}',
        ),
        400,
        'BadRequest',
        'Widget in version "v1" cannot be handled as a Widget: strict decoding error: duplicate field "spec.size"',
      );
    },
  ),
  withWidgets('lists of custom objects name the kind in every item', async (api) => {
    await api.send('POST', widgets(api), widget('w', { size: 1 }));
    const list = await api.get(widgets(api));
    assert.equal(list.body['kind'], 'WidgetList');
    assert.equal(list.body['apiVersion'], 'example.com/v1');
    assert.equal(list.body['items']?.[0]?.['kind'], 'Widget');
  }),
];
