import assert from 'node:assert/strict';

import { assertCode, assertStatus, contract, ownersOf, textOf, type ContractCase } from '../contract.ts';
import { configMap, configMaps, deployment, deployments, installWidgets, widget, widgets } from '../fixtures.ts';

const STALE = 'the object has been modified; please apply your changes to the latest version and try again';

/** Create, read, update and their refusals. */
export const OBJECT_CASES: readonly ContractCase[] = [
  contract('a created object gets a uid, a version, a time and an owner', async (api) => {
    const made = await api.send('POST', configMaps(api), configMap('a', { x: '1' }));
    assertCode(made, 201);
    const { metadata, data } = made.body;
    assert.match(textOf(metadata?.['uid']), /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    assert.match(textOf(metadata?.['resourceVersion']), /^\d+$/);
    assert.match(textOf(metadata?.['creationTimestamp']), /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
    assert.equal(metadata?.['namespace'], api.namespace);
    assert.equal(metadata?.['generation'], undefined);
    assert.deepEqual(data, { x: '1' });
    assert.deepEqual(ownersOf(made), { 'contract Update': { 'f:data': { '.': {}, 'f:x': {} } } });
    assert.deepEqual((await api.get(`${configMaps(api)}/a`)).body, made.body);
  }),
  contract('a name that is taken is refused', async (api) => {
    await api.send('POST', configMaps(api), configMap('a', {}));
    const again = await api.send('POST', configMaps(api), configMap('a', {}));
    assertStatus(again, 409, 'AlreadyExists', 'configmaps "a" already exists');
    assert.deepEqual(again.body['details'], { name: 'a', kind: 'configmaps' });
  }),
  contract('generateName is completed by five characters', async (api) => {
    const made = await api.send('POST', configMaps(api), { metadata: { generateName: 'g-' } });
    assert.match(textOf(made.body['metadata']?.['name']), /^g-[bcdfghjklmnpqrstvwxz2456789]{5}$/);
    assert.equal(made.body['metadata']?.['generateName'], 'g-');
  }),
  contract('an object without a name is refused', async (api) => {
    assertStatus(
      await api.send('POST', configMaps(api), { metadata: {} }),
      422,
      'Invalid',
      'ConfigMap "" is invalid: metadata.name: Required value: name or generateName is required',
    );
  }),
  contract('a name that is no DNS subdomain is refused with the rule', async (api) => {
    assertStatus(
      await api.send('POST', configMaps(api), configMap('Bad_Name', {})),
      422,
      'Invalid',
      /^ConfigMap "Bad_Name" is invalid: metadata\.name: Invalid value: "Bad_Name": a lowercase RFC 1123 subdomain must consist of/,
    );
  }),
  contract('a label value with a space is refused', async (api) => {
    assertStatus(
      await api.send('POST', configMaps(api), configMap('a', {}, { labels: { a: 'b c' } })),
      422,
      'Invalid',
      /^ConfigMap "a" is invalid: metadata\.labels: Invalid value: "b c": a valid label must be an empty string or consist of/,
    );
  }),
  contract('a namespace in the body must be that of the path', async (api) => {
    assertStatus(
      await api.send('POST', configMaps(api), configMap('a', {}, { namespace: 'elsewhere' })),
      400,
      'BadRequest',
      'the namespace of the provided object does not match the namespace sent on the request',
    );
  }),
  contract('nothing is created in a namespace that is not there', async (api) => {
    assertStatus(
      await api.send('POST', '/api/v1/namespaces/no-such-namespace/configmaps', configMap('a', {})),
      404,
      'NotFound',
      'namespaces "no-such-namespace" not found',
    );
  }),
  contract('a resourceVersion on a new object is refused', async (api) => {
    assertStatus(
      await api.send('POST', configMaps(api), configMap('a', {}, { resourceVersion: '12' })),
      500,
      '',
      'resourceVersion should not be set on objects to be created',
    );
  }),
  contract('an object of another kind is refused', async (api) => {
    assertStatus(
      await api.send('POST', configMaps(api), { ...configMap('a', {}), kind: 'Secret' }),
      400,
      'BadRequest',
      /^Secret in version "v1" cannot be handled as a ConfigMap/,
    );
  }),
  contract('a field of the wrong type is refused with its Go path', async (api) => {
    assertStatus(
      await api.send('POST', configMaps(api), configMap('a', { x: 1 })),
      400,
      'BadRequest',
      'ConfigMap in version "v1" cannot be handled as a ConfigMap: json: cannot unmarshal number into Go struct field ConfigMap.data of type string',
    );
    const wrong = deployment('d', 1);
    assertStatus(
      await api.send('POST', deployments(api), { ...wrong, spec: { ...wrong.spec, replicas: '1' } }),
      400,
      'BadRequest',
      'Deployment in version "v1" cannot be handled as a Deployment: json: cannot unmarshal string into Go struct field DeploymentSpec.spec.replicas of type int32',
    );
  }),
  contract('a body that is no JSON is refused', async (api) => {
    assertStatus(
      await api.send('POST', configMaps(api), '{"apiVersion":'),
      400,
      'BadRequest',
      /^the object provided is unrecognized \(must be of type ConfigMap\): couldn't get version\/kind; json parse error: unexpected end of JSON input/,
    );
  }),
  contract('a body of an unknown media type is refused', async (api) => {
    assertStatus(
      await api.send('POST', configMaps(api), '{}', { contentType: 'text/plain' }),
      415,
      'UnsupportedMediaType',
      'the body of the request was in an unknown format - accepted media types include: application/json, application/yaml, application/vnd.kubernetes.protobuf',
    );
  }),
  contract('a YAML body is read', async (api) => {
    const made = await api.send('POST', configMaps(api), 'metadata:\n  name: a\ndata:\n  x: "1"\n', {
      contentType: 'application/yaml',
    });
    assertCode(made, 201);
    assert.deepEqual(made.body['data'], { x: '1' });
  }),
  contract('an unknown field is dropped with a warning', async (api) => {
    const made = await api.send('POST', configMaps(api), { ...configMap('a', {}), dat: {} });
    assertCode(made, 201);
    assert.equal(made.headers.get('warning'), '299 - "unknown field \\"dat\\""');
    assert.equal(made.body['dat'], undefined);
  }),
  contract('an unknown field is refused under strict field validation', async (api) => {
    assertStatus(
      await api.send('POST', `${configMaps(api)}?fieldValidation=Strict`, { ...configMap('a', {}), dat: {} }),
      400,
      'BadRequest',
      'ConfigMap in version "v1" cannot be handled as a ConfigMap: strict decoding error: unknown field "dat"',
    );
  }),
  contract('an unknown field is ignored silently when asked so', async (api) => {
    const made = await api.send('POST', `${configMaps(api)}?fieldValidation=Ignore`, {
      ...configMap('a', {}),
      dat: {},
    });
    assertCode(made, 201);
    assert.equal(made.headers.get('warning'), null);
  }),
  contract('wrong options are refused by name', async (api) => {
    assertStatus(
      await api.send('POST', `${configMaps(api)}?fieldValidation=Stric`, configMap('a', {})),
      422,
      'Invalid',
      'CreateOptions.meta.k8s.io "" is invalid: fieldValidation: Unsupported value: "Stric": supported values: "", "Ignore", "Strict", "Warn"',
    );
    assertStatus(
      await api.send('POST', `${configMaps(api)}?dryRun=Some`, configMap('a', {})),
      422,
      'Invalid',
      'CreateOptions.meta.k8s.io "" is invalid: dryRun: Unsupported value: ["Some"]: supported values: "All"',
    );
  }),
  contract('a dry run answers as if, and stores nothing', async (api) => {
    const made = await api.send('POST', `${configMaps(api)}?dryRun=All`, configMap('a', { x: '1' }));
    assertCode(made, 201);
    assert.ok(made.body['metadata']?.['uid']);
    assert.equal(made.body['metadata']?.['resourceVersion'], undefined);
    assertCode(await api.get(`${configMaps(api)}/a`), 404);
  }),
  contract('an object that is not there is not found', async (api) => {
    const answer = await api.get(`${configMaps(api)}/none`);
    assertStatus(answer, 404, 'NotFound', 'configmaps "none" not found');
    assert.deepEqual(answer.body['details'], { name: 'none', kind: 'configmaps' });
    const other = await api.get(`${deployments(api)}/none`);
    assertStatus(other, 404, 'NotFound', 'deployments.apps "none" not found');
    assert.deepEqual(other.body['details'], { name: 'none', group: 'apps', kind: 'deployments' });
  }),
  contract('a resource that is not served is not found', async (api) => {
    assertStatus(await api.get('/api/v1/foos'), 404, 'NotFound', 'the server could not find the requested resource');
    assertCode(await api.get('/apis/no.such.group/v1/foos'), 404);
  }),
  contract('POST on a name is not allowed', async (api) => {
    assertStatus(
      await api.send('POST', `${configMaps(api)}/a`, configMap('a', {})),
      405,
      'MethodNotAllowed',
      'the server does not allow this method on the requested resource',
    );
  }),
  contract('PUT replaces the object and raises its version', async (api) => {
    const made = await api.send('POST', configMaps(api), configMap('a', { x: '1' }));
    const put = await api.send('PUT', `${configMaps(api)}/a`, configMap('a', { y: '2' }));
    assertCode(put, 200);
    assert.deepEqual(put.body['data'], { y: '2' });
    assert.ok(Number(put.body['metadata']?.['resourceVersion']) > Number(made.body['metadata']?.['resourceVersion']));
    assert.equal(put.body['metadata']?.['uid'], made.body['metadata']?.['uid']);
  }),
  contract('PUT with an old version is refused', async (api) => {
    const made = await api.send('POST', configMaps(api), configMap('a', { x: '1' }));
    await api.send('PUT', `${configMaps(api)}/a`, configMap('a', { x: '2' }));
    const stale = await api.send('PUT', `${configMaps(api)}/a`, made.body);
    assertStatus(stale, 409, 'Conflict', `Operation cannot be fulfilled on configmaps "a": ${STALE}`);
    assert.deepEqual(stale.body['details'], { name: 'a', kind: 'configmaps' });
  }),
  contract('PUT that changes nothing keeps the version', async (api) => {
    const made = await api.send('POST', configMaps(api), configMap('a', { x: '1' }));
    const put = await api.send('PUT', `${configMaps(api)}/a`, made.body);
    assert.equal(put.body['metadata']?.['resourceVersion'], made.body['metadata']?.['resourceVersion']);
  }),
  contract('PUT with another uid is refused', async (api) => {
    await api.send('POST', configMaps(api), configMap('a', { x: '1' }));
    assertStatus(
      await api.send('PUT', `${configMaps(api)}/a`, configMap('a', {}, { uid: 'other' })),
      409,
      'Conflict',
      new RegExp(
        `^Operation cannot be fulfilled on configmaps "a": StorageError: invalid object, Code: 4, Key: /registry/configmaps/${api.namespace}/a, ResourceVersion: 0, AdditionalErrorMsg: Precondition failed: UID in precondition: other, UID in object meta: `,
      ),
    );
  }),
  contract('PUT under another name is refused', async (api) => {
    await api.send('POST', configMaps(api), configMap('a', {}));
    assertStatus(
      await api.send('PUT', `${configMaps(api)}/a`, configMap('b', {})),
      400,
      'BadRequest',
      'the name of the object (b) does not match the name on the URL (a)',
    );
    assertStatus(
      await api.send('PUT', `${configMaps(api)}/a`, { data: {} }),
      400,
      'BadRequest',
      'the name of the object (a based on URL) was undeterminable: name must be provided',
    );
  }),
  contract('PUT does not create most kinds', async (api) => {
    assertStatus(
      await api.send('PUT', `${configMaps(api)}/a`, configMap('a', {})),
      404,
      'NotFound',
      'configmaps "a" not found',
    );
  }),
  contract('PUT creates a lease, which needs a version when it is there', async (api) => {
    const path = `/apis/coordination.k8s.io/v1/namespaces/${api.namespace}/leases/l`;
    const lease = { metadata: { name: 'l' }, spec: { holderIdentity: 'me', leaseDurationSeconds: 15 } };
    assertCode(await api.send('PUT', path, lease), 201);
    assertStatus(
      await api.send('PUT', path, lease),
      422,
      'Invalid',
      'leases.coordination.k8s.io "l" is invalid: metadata.resourceVersion: Invalid value: 0: must be specified for an update',
    );
  }),
  contract('an immutable ConfigMap keeps its data', async (api) => {
    await api.send('POST', configMaps(api), { ...configMap('a', { x: '1' }), immutable: true });
    assertStatus(
      await api.patch(`${configMaps(api)}/a`, { data: { x: '2' } }),
      422,
      'Invalid',
      'ConfigMap "a" is invalid: data: Forbidden: field is immutable when `immutable` is set',
    );
  }),
  contract('a ConfigMap holds a mebibyte and no more', async (api) => {
    const mebibyte = 1024 * 1024;
    assertCode(await api.send('POST', configMaps(api), configMap('a', { x: 'x'.repeat(mebibyte) })), 201);
    assertStatus(
      await api.send('POST', configMaps(api), configMap('b', { x: 'x'.repeat(mebibyte + 1) })),
      422,
      'Invalid',
      'ConfigMap "b" is invalid: []: Too long: may not be more than 1048576 bytes',
    );
  }),
  contract('a body of more than three mebibytes is refused', async (api) => {
    assertStatus(
      await api.send('POST', configMaps(api), configMap('a', { x: 'x'.repeat(3 * 1024 * 1024) })),
      413,
      'RequestEntityTooLarge',
      'Request entity too large: limit is 3145728',
    );
  }),
  contract('an object of more than the store takes is refused', async (api) => {
    await installWidgets(api);
    assertStatus(
      await api.send('POST', widgets(api), widget('w', { size: 1, free: { a: 'x'.repeat(1_700_000) } })),
      500,
      '',
      'etcdserver: request is too large',
    );
  }),
  contract('a Secret keeps its stringData encoded and is Opaque', async (api) => {
    const made = await api.send('POST', `/api/v1/namespaces/${api.namespace}/secrets`, {
      metadata: { name: 's' },
      stringData: { password: 'water' },
    });
    assertCode(made, 201);
    assert.deepEqual(made.body['data'], { password: 'd2F0ZXI=' });
    assert.equal(made.body['type'], 'Opaque');
    assert.equal(made.body['stringData'], undefined);
  }),
  contract('a Deployment is completed by its defaults', async (api) => {
    const made = await api.send('POST', deployments(api), deployment('d', 0));
    assertCode(made, 201);
    const { spec, metadata } = made.body;
    assert.equal(metadata?.['generation'], 1);
    assert.equal(spec?.['revisionHistoryLimit'], 10);
    assert.equal(spec?.['progressDeadlineSeconds'], 600);
    assert.deepEqual(spec?.['strategy'], {
      type: 'RollingUpdate',
      rollingUpdate: { maxUnavailable: '25%', maxSurge: '25%' },
    });
    const pod = spec?.['template']?.['spec'];
    assert.equal(pod?.['restartPolicy'], 'Always');
    assert.equal(pod?.['dnsPolicy'], 'ClusterFirst');
    assert.equal(pod?.['terminationGracePeriodSeconds'], 30);
    assert.equal(pod?.['containers']?.[0]?.['imagePullPolicy'], 'IfNotPresent');
    assert.deepEqual(made.body['status'], {});
  }),
  contract('generation rises with the spec alone', async (api) => {
    await api.send('POST', deployments(api), deployment('d', 0));
    const labelled = await api.patch(`${deployments(api)}/d`, { metadata: { labels: { a: 'b' } } });
    assert.equal(labelled.body['metadata']?.['generation'], 1);
    const scaled = await api.patch(`${deployments(api)}/d`, { spec: { paused: true } });
    assert.equal(scaled.body['metadata']?.['generation'], 2);
  }),
  contract('a broken Deployment is told everything at once', async (api) => {
    const answer = await api.send('POST', deployments(api), { metadata: { name: 'd' }, spec: { replicas: -1 } });
    assertStatus(
      answer,
      422,
      'Invalid',
      'Deployment.apps "d" is invalid: [spec.replicas: Invalid value: -1: must be greater than or equal to 0, spec.selector: Required value, spec.template.metadata.labels: Invalid value: null: `selector` does not match template `labels`, spec.template.spec.containers: Required value]',
    );
  }),
  contract('the selector of a Deployment is immutable', async (api) => {
    await api.send('POST', deployments(api), deployment('d', 0));
    const answer = await api.patch(`${deployments(api)}/d`, {
      spec: { selector: { matchLabels: { app: 'e' } }, template: { metadata: { labels: { app: 'e' } } } },
    });
    assertStatus(
      answer,
      422,
      'Invalid',
      'Deployment.apps "d" is invalid: spec.selector: Invalid value: {"matchLabels":{"app":"e"}}: field is immutable',
    );
  }),
];
