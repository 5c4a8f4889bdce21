import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  CONFIG_MAP,
  FLINK_DEPLOYMENT,
  MANAGED_JOB,
  NAMESPACE,
  POD,
  RESOURCE_QUOTA,
  TENANT,
} from '../../../lib/clients/kubernetes/kinds.ts';
import { createKubernetes, type Kubernetes } from '../../../lib/clients/kubernetes/kubernetes.ts';
import { conflictsOf } from '../../../lib/clients/kubernetes/status.ts';
import type { KubernetesObject } from '../../../lib/model/kubernetes-object.ts';
import { HeadgateError, type ErrorCode } from '../../../lib/runtime/errors.ts';
import { json, socketError, wire, type Script, type Wire } from '../wire.ts';

const open = (script: Script, signal = new AbortController().signal): Wire & { readonly kubernetes: Kubernetes } => {
  const it = wire(script);
  const connection = async () => ({ server: 'https://api.test/', headers: { authorization: 'Bearer t' } });
  return { ...it, kubernetes: createKubernetes(it.world, { connection, signal, callTimeoutMillis: 5_000 }) };
};

const status = (code: number, reason: string, message: string, more: object = {}): Response =>
  json({ kind: 'Status', apiVersion: 'v1', status: 'Failure', code, reason, message, ...more }, code);

const fails = (promise: Promise<unknown>, code: ErrorCode, words = /./): Promise<void> =>
  assert.rejects(promise, (error: unknown) => {
    assert.ok(error instanceof HeadgateError, String(error));
    assert.equal(error.code, code, error.message);
    assert.match(error.message, words);
    return true;
  });

const quota = (hard: Record<string, string>, metadata: object = {}) => ({
  apiVersion: 'v1',
  kind: 'ResourceQuota',
  metadata: { name: 'headgate', namespace: 'payments', ...metadata },
  spec: { hard },
});

describe('get', () => {
  test('reads an object of a namespaced kind, known to the API server', async () => {
    const { kubernetes, sent } = open(() => json(quota({ cpu: '2' })));
    const object = await kubernetes.get(RESOURCE_QUOTA, { namespace: 'payments', name: 'headgate' });
    assert.equal(object?.spec?.hard?.['cpu'], '2');
    assert.equal(sent[0]?.method, 'GET');
    assert.equal(sent[0]?.path, '/api/v1/namespaces/payments/resourcequotas/headgate');
    assert.equal(sent[0]?.headers.get('authorization'), 'Bearer t');
  });

  test('finds a cluster-scoped kind of a group where it lies', async () => {
    const { kubernetes, sent } = open(() => json({ kind: 'Tenant' }));
    await kubernetes.get(TENANT, { name: 'payments' });
    assert.equal(sent[0]?.path, '/apis/headgate.dev/v1alpha1/tenants/payments');
  });

  test('answers undefined for what is not there', async () => {
    const { kubernetes } = open(() => status(404, 'NotFound', 'tenants "x" not found'));
    assert.equal(await kubernetes.get(TENANT, { name: 'x' }), undefined);
  });

  test('passes on what the API server forbids, in its words', async () => {
    const { kubernetes, sent } = open(() => status(403, 'Forbidden', 'pods is forbidden: User "u" cannot get'));
    await fails(kubernetes.get(POD, { namespace: 'a', name: 'b' }), 'Forbidden', /User "u" cannot get/);
    assert.equal(sent.length, 1);
  });

  for (const name of ['../secrets', '..', '', 'a/b', 'a?b', 'a%2fb', '-']) {
    test(`sends nothing for the name ${JSON.stringify(name)}`, async () => {
      const { kubernetes, sent } = open(() => json({}));
      await fails(kubernetes.get(CONFIG_MAP, { namespace: 'a', name }), 'Invalid');
      await fails(kubernetes.get(CONFIG_MAP, { namespace: name, name: 'a' }), 'Invalid');
      assert.equal(sent.length, 0);
    });
  }

  test('wants a namespace for a namespaced kind', async () => {
    const { kubernetes } = open(() => json({}));
    await fails(kubernetes.get(POD, { name: 'a' }), 'Invalid', /namespace is missing/);
  });
});

describe('a read that fails', () => {
  const read = (kubernetes: Kubernetes) => kubernetes.get(NAMESPACE, { name: 'payments' });

  test('is repeated after a reset, a 5xx and a 429, and then answers', async () => {
    const script: Script = (_, n) =>
      [socketError('ECONNRESET'), status(500, 'InternalError', 'etcd'), status(429, '', 'slow')][n - 1] ??
      json({ kind: 'Namespace' });
    const { kubernetes, sent } = open(script);
    assert.equal((await read(kubernetes))?.kind, 'Namespace');
    assert.equal(sent.length, 4);
  });

  test('waits as long as Retry-After asks, and some jitter', async () => {
    const { kubernetes, elapsed } = open((_, n) => (n === 1 ? json({}, 429, { 'retry-after': '3' }) : json({})));
    await read(kubernetes);
    assert.equal(elapsed(), 3_000 + 100); // half of the first 200 ms
  });

  test('doubles the longest possible wait with each failure', async () => {
    const { kubernetes, elapsed } = open((_, n) => (n <= 3 ? json({}, 503) : json({})));
    await read(kubernetes);
    assert.equal(elapsed(), 100 + 200 + 400);
  });

  test('is given up after five attempts', async () => {
    const { kubernetes, sent } = open(() => status(503, 'ServiceUnavailable', 'no API server today'));
    await fails(read(kubernetes), 'Unavailable', /no API server today/);
    assert.equal(sent.length, 5);
  });

  test('is given up at once when it is told to wait for minutes', async () => {
    const { kubernetes, sent } = open(() => json({}, 429, { 'retry-after': '300' }));
    await assert.rejects(read(kubernetes), { code: 'Throttled', retryAfterSeconds: 300 });
    assert.equal(sent.length, 1);
  });

  test('ends each call at its time limit', async () => {
    const { kubernetes, sent, elapsed } = open((_, n) => (n === 1 ? 'silence' : json({ kind: 'Namespace' })));
    await read(kubernetes);
    assert.equal(sent.length, 2);
    assert.equal(elapsed(), 5_000 + 100);
  });

  test('ends with the invocation, in a call and between two', async () => {
    for (const answer of ['silence', json({}, 503)] as const) {
      const invocation = new AbortController();
      const { kubernetes, sent, world } = open(
        () => (answer === 'silence' ? answer : answer.clone()),
        invocation.signal,
      );
      void world.sleep(50).then(() => invocation.abort());
      await fails(read(kubernetes), 'DeadlineExceeded');
      assert.equal(sent.length, 1);
    }
  });

  test('is not even begun when the invocation is over', async () => {
    const { kubernetes, sent } = open(() => json({}), AbortSignal.abort());
    await fails(read(kubernetes), 'DeadlineExceeded');
    assert.equal(sent.length, 0);
  });

  test('is not repeated when the certificate is not to be trusted', async () => {
    const { kubernetes, sent } = open(() => socketError('DEPTH_ZERO_SELF_SIGNED_CERT'));
    await fails(read(kubernetes), 'Misconfigured');
    assert.equal(sent.length, 1);
  });

  test('counts an answer that is no JSON as none', async () => {
    const { kubernetes, sent } = open((_, n) => (n === 1 ? new Response('<html>') : json({ kind: 'Namespace' })));
    await read(kubernetes);
    assert.equal(sent.length, 2);
  });
});

describe('list', () => {
  const pod = (name: string) => ({ metadata: { name, namespace: 'a' } });

  test('takes page after page, and says of each item what it is', async () => {
    const { kubernetes, sent } = open(({ query }) =>
      query['continue'] === 'next'
        ? json({ items: [pod('c')], metadata: {} })
        : json({ items: [pod('a'), pod('b')], metadata: { continue: 'next' } }),
    );
    const pods = await kubernetes.list(POD, { namespace: 'a', labelSelector: 'app=x,tier in (a,b)' });
    assert.deepEqual(
      pods.map((p) => [p.apiVersion, p.kind, p.metadata.name]),
      [
        ['v1', 'Pod', 'a'],
        ['v1', 'Pod', 'b'],
        ['v1', 'Pod', 'c'],
      ],
    );
    assert.equal(sent[0]?.path, '/api/v1/namespaces/a/pods');
    assert.deepEqual(sent[0]?.query, { labelSelector: 'app=x,tier in (a,b)', limit: '500' });
    assert.equal(sent[1]?.query['labelSelector'], 'app=x,tier in (a,b)');
  });

  test('covers all namespaces when none is named', async () => {
    const { kubernetes, sent } = open(() => json({ items: [] }));
    assert.deepEqual(await kubernetes.list(MANAGED_JOB), []);
    assert.equal(sent[0]?.path, '/apis/headgate.dev/v1alpha1/managedjobs');
  });

  test('starts anew, all at once, when the pages have expired, and doubles nothing', async () => {
    const { kubernetes } = open(({ query }) => {
      if (query['continue'] !== undefined) return status(410, 'Expired', 'too old');
      if (query['limit'] !== undefined) return json({ items: [pod('a')], metadata: { continue: 'next' } });
      return json({ items: [pod('a'), pod('b')], metadata: {} });
    });
    const pods = await kubernetes.list(POD, { namespace: 'a' });
    assert.deepEqual(
      pods.map((p) => p.metadata.name),
      ['a', 'b'],
    );
  });
});

describe('apply', () => {
  test("sends the manager's set with its precondition, unforced", async () => {
    const { kubernetes, sent } = open(() => json(quota({ cpu: '2' }, { resourceVersion: '8' })));
    const wish = quota({ cpu: '2' }, { resourceVersion: '7', uid: 'u' });
    const { outcome, object } = await kubernetes.apply(wish, { manager: 'headgate-grant' });
    assert.equal(outcome, 'written');
    assert.deepEqual(object.metadata, { name: 'headgate', namespace: 'payments', resourceVersion: '8' });
    assert.equal(sent[0]?.method, 'PATCH');
    assert.equal(sent[0]?.path, '/api/v1/namespaces/payments/resourcequotas/headgate');
    assert.equal(sent[0]?.headers.get('content-type'), 'application/apply-patch+yaml');
    assert.deepEqual(sent[0]?.query, { fieldManager: 'headgate-grant', force: 'false' });
    assert.deepEqual(sent[0]?.body, wish);
  });

  test('names the very object that it wants to be unchanged, which it reads first when nobody has', async () => {
    const metadata = { resourceVersion: '7', uid: 'u' };
    const { kubernetes, sent } = open(() => json(quota({ cpu: '1' }, metadata)));
    const wish = quota({ cpu: '2' }, { resourceVersion: '7' });
    const manager = 'headgate-grant';
    await kubernetes.apply(wish, { manager });
    await kubernetes.apply(wish, { manager, current: quota({ cpu: '1' }, metadata) });
    assert.deepEqual(
      sent.map((s) => s.method),
      ['GET', 'PATCH', 'PATCH'],
    );
    for (const { body } of sent.slice(1)) assert.deepEqual(body, quota({ cpu: '2' }, metadata));
  });

  test('reaches the status by its own path', async () => {
    const { kubernetes, sent } = open(() => json({ metadata: {} }));
    const object: KubernetesObject = { apiVersion: 'headgate.dev/v1alpha1', kind: 'Tenant', metadata: { name: 'a' } };
    await kubernetes.apply(object, { manager: 'headgate-quota', subresource: 'status' });
    assert.equal(sent[0]?.path, '/apis/headgate.dev/v1alpha1/tenants/a/status');
  });

  test('sends nothing when the world is as wished', async () => {
    const { kubernetes, sent } = open(() => json({}));
    const current = quota(
      { cpu: '2' },
      {
        resourceVersion: '7',
        managedFields: [
          {
            manager: 'headgate-grant',
            operation: 'Apply',
            apiVersion: 'v1',
            fieldsV1: { 'f:spec': { 'f:hard': { 'f:cpu': {} } } },
          },
        ],
      },
    );
    const { outcome } = await kubernetes.apply(quota({ cpu: '2' }), { manager: 'headgate-grant', current });
    assert.equal(outcome, 'unchanged');
    assert.equal(sent.length, 0);
  });

  test('calls it unchanged when the version stayed', async () => {
    const { kubernetes } = open(() => json(quota({ cpu: '2' }, { resourceVersion: '7', uid: 'u' })));
    const wish = quota({ cpu: '2' }, { resourceVersion: '7', uid: 'u' });
    assert.equal((await kubernetes.apply(wish, { manager: 'headgate-grant' })).outcome, 'unchanged');
  });

  test('is a Conflict when the object has changed meanwhile', async () => {
    const { kubernetes, sent } = open(() => status(409, 'Conflict', 'the object has been modified'));
    await fails(
      kubernetes.apply(quota({}, { resourceVersion: '7', uid: 'u' }), { manager: 'headgate-grant' }),
      'Conflict',
    );
    assert.equal(sent.length, 1);
  });

  const conflict = (...managers: readonly string[]): Response =>
    status(409, 'Conflict', `Apply failed with ${managers.length} conflicts`, {
      details: {
        causes: managers.map((manager) => ({
          reason: 'FieldManagerConflict',
          message: `conflict with "${manager}" with subresource "status" using v1`,
          field: '.spec.hard.cpu',
        })),
      },
    });

  test("leaves another's field alone, and says whose it is", async () => {
    const { kubernetes, sent } = open(() => conflict('kubectl edit'));
    const applied = kubernetes.apply(quota({ cpu: '2' }, { resourceVersion: '7', uid: 'u' }), {
      manager: 'headgate-grant',
    });
    await assert.rejects(applied, (error) => {
      assert.deepEqual(conflictsOf(error), [{ manager: 'kubectl edit', field: '.spec.hard.cpu' }]);
      return true;
    });
    await fails(applied, 'OwnedByAnother');
    assert.equal(sent.length, 1);
  });

  test('takes a field over from our own manager, with the same precondition', async () => {
    const { kubernetes, sent } = open(({ query }) =>
      query['force'] === 'true' ? json(quota({}, { resourceVersion: '8' })) : conflict('headgate-birth'),
    );
    const wish = quota({ cpu: '2' }, { resourceVersion: '7', uid: 'u' });
    await kubernetes.apply(wish, { manager: 'headgate-grant', takeOverFrom: ['headgate-birth'] });
    assert.deepEqual(
      sent.map((s) => s.query['force']),
      ['false', 'true'],
    );
    assert.deepEqual(sent[1]?.body, wish);
  });

  test('does not take over when a stranger owns one of the fields', async () => {
    const { kubernetes, sent } = open(() => conflict('headgate-birth', 'argocd'));
    const wish = quota({ cpu: '2' }, { resourceVersion: '7', uid: 'u' });
    await fails(
      kubernetes.apply(wish, { manager: 'headgate-grant', takeOverFrom: ['headgate-birth'] }),
      'OwnedByAnother',
    );
    assert.equal(sent.length, 1);
  });

  test('does not take over without a precondition', async () => {
    const { kubernetes, sent } = open(() => conflict('headgate-birth'));
    const applied = kubernetes.apply(quota({ cpu: '2' }), {
      manager: 'headgate-grant',
      takeOverFrom: ['headgate-birth'],
    });
    await fails(applied, 'OwnedByAnother');
    assert.equal(sent.length, 1);
  });

  test('is Invalid when the API server refuses the content, in its words', async () => {
    const { kubernetes } = open(() => status(422, 'Invalid', 'spec.hard[cpu]: Invalid value: "x"'));
    await fails(kubernetes.apply(quota({ cpu: 'x' }), { manager: 'headgate-grant' }), 'Invalid', /spec\.hard\[cpu\]/);
  });

  test('knows no kinds but ours', async () => {
    const { kubernetes, sent } = open(() => json({}));
    const secret: KubernetesObject = { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'a', namespace: 'b' } };
    await fails(kubernetes.apply(secret, { manager: 'headgate-tenant' }), 'Invalid', /Secret/);
    assert.equal(sent.length, 0);
  });
});

describe('a write that fails', () => {
  const write = (kubernetes: Kubernetes) => kubernetes.apply(quota({ cpu: '2' }), { manager: 'headgate-grant' });

  test('is repeated when it was throttled or never sent', async () => {
    const script: Script = (_, n) => [socketError('ECONNREFUSED'), json({}, 429)][n - 1] ?? json(quota({}));
    const { kubernetes, sent } = open(script);
    await write(kubernetes);
    assert.equal(sent.length, 3);
  });

  const unknown: Record<string, Script> = {
    'the connection is reset': () => socketError('ECONNRESET'),
    'no answer comes in time': () => 'silence',
    'the server fails': () => status(500, 'InternalError', 'half-way'),
    'the gateway gives up': () => json({}, 504),
    'the answer is garbled': () => new Response('<html>'),
  };
  for (const [name, script] of Object.entries(unknown)) {
    test(`may have happened when ${name}: it is not repeated`, async () => {
      const { kubernetes, sent } = open(script);
      await fails(write(kubernetes), 'OutcomeUnknown');
      assert.equal(sent.length, 1);
    });
  }

  test('may have happened when the invocation ends', async () => {
    const invocation = new AbortController();
    const { kubernetes, world } = open(() => 'silence', invocation.signal);
    void world.sleep(50).then(() => invocation.abort());
    await fails(write(kubernetes), 'OutcomeUnknown');
  });
});

describe('create', () => {
  test('creates', async () => {
    const { kubernetes, sent } = open(() => json(quota({}, { uid: 'u' }), 201));
    const { outcome, object } = await kubernetes.create(quota({}), { manager: 'headgate-tenant' });
    assert.equal(outcome, 'created');
    assert.equal(object.metadata.name, 'headgate');
    assert.equal(sent[0]?.method, 'POST');
    assert.equal(sent[0]?.path, '/api/v1/namespaces/payments/resourcequotas');
    assert.deepEqual(sent[0]?.query, { fieldManager: 'headgate-tenant' });
  });

  test('hands out the object that was there before', async () => {
    const { kubernetes } = open(({ method }) =>
      method === 'POST' ? status(409, 'AlreadyExists', 'exists') : json(quota({ cpu: '9' })),
    );
    const { outcome, object } = await kubernetes.create(quota({}), { manager: 'headgate-tenant' });
    assert.equal(outcome, 'exists');
    assert.equal(object.spec.hard['cpu'], '9');
  });

  test('is a Conflict when that object has gone again', async () => {
    const { kubernetes } = open(({ method }) =>
      method === 'POST' ? status(409, 'AlreadyExists', 'exists') : status(404, 'NotFound', ''),
    );
    await fails(kubernetes.create(quota({}), { manager: 'headgate-tenant' }), 'Conflict');
  });
});

describe('remove', () => {
  test('removes one very object, with everything below it', async () => {
    const { kubernetes, sent } = open(() => json({ kind: 'Status', apiVersion: 'v1', status: 'Success' }));
    const options = { uid: 'u', resourceVersion: '7', propagation: 'Foreground' } as const;
    assert.equal(await kubernetes.remove(FLINK_DEPLOYMENT, { namespace: 'a', name: 'b' }, options), 'removed');
    assert.equal(sent[0]?.method, 'DELETE');
    assert.equal(sent[0]?.path, '/apis/flink.apache.org/v1beta1/namespaces/a/flinkdeployments/b');
    assert.deepEqual(sent[0]?.body, {
      apiVersion: 'v1',
      kind: 'DeleteOptions',
      preconditions: { uid: 'u', resourceVersion: '7' },
      propagationPolicy: 'Foreground',
    });
  });

  test('is content when there is nothing to remove', async () => {
    const { kubernetes } = open(() => status(404, 'NotFound', ''));
    assert.equal(await kubernetes.remove(NAMESPACE, { name: 'a' }), 'absent');
  });

  test('is a Conflict when it is another object of that name', async () => {
    const { kubernetes } = open(() => status(409, 'Conflict', 'Precondition failed: UID'));
    await fails(kubernetes.remove(NAMESPACE, { name: 'a' }, { uid: 'u' }), 'Conflict');
  });
});

describe('proxy', () => {
  const service = { namespace: 'payments', service: 'enrich-rest', port: 8081 };

  test('reaches a service through the API server', async () => {
    const { kubernetes, sent } = open(() => json({ jobs: [] }));
    const answer = await kubernetes.proxy(service)({ method: 'GET', path: '/jobs/overview', query: { a: '1 2' } });
    assert.deepEqual(answer, { status: 200, body: { jobs: [] } });
    assert.equal(sent[0]?.path, '/api/v1/namespaces/payments/services/enrich-rest:8081/proxy/jobs/overview');
    assert.deepEqual(sent[0]?.query, { a: '1 2' });
  });

  test('sends a body as JSON', async () => {
    const { kubernetes, sent } = open(() => new Response('', { status: 202 }));
    const answer = await kubernetes.proxy(service)({ method: 'PUT', path: '/jobs/1/x', body: { upper: 3 } });
    assert.deepEqual(answer, { status: 202, body: '' });
    assert.equal(sent[0]?.headers.get('content-type'), 'application/json');
    assert.deepEqual(sent[0]?.body, { upper: 3 });
  });

  test('hands on what the service itself refuses', async () => {
    const { kubernetes, sent } = open(() => json({ errors: ['not found'] }, 404));
    const answer = await kubernetes.proxy(service)({ method: 'GET', path: '/jobs/1' });
    assert.deepEqual(answer, { status: 404, body: { errors: ['not found'] } });
    assert.equal(sent.length, 1);
  });

  test('fails when it was the API server that refused', async () => {
    const { kubernetes } = open(() => status(403, 'Forbidden', 'services "enrich-rest" is forbidden'));
    await fails(kubernetes.proxy(service)({ method: 'GET', path: '/jobs' }), 'Forbidden');
  });

  test('tries a service without endpoints twice, not longer', async () => {
    const { kubernetes, sent } = open(() => status(503, 'ServiceUnavailable', 'no endpoints available for service'));
    await fails(kubernetes.proxy(service)({ method: 'GET', path: '/jobs' }), 'Unavailable', /no endpoints/);
    assert.equal(sent.length, 2);
  });

  test('follows no redirect with our credentials', async () => {
    const { kubernetes, sent } = open(() => new Response('', { status: 302, headers: { location: 'https://evil' } }));
    const answer = await kubernetes.proxy(service)({ method: 'GET', path: '/jobs' });
    assert.equal(answer.status, 302);
    assert.equal(sent.length, 1);
  });

  test('refuses an answer that is too long', async () => {
    const { kubernetes } = open(() => new Response('x'.repeat(9 * 1024 * 1024)));
    await fails(kubernetes.proxy(service)({ method: 'GET', path: '/jobs' }), 'Invalid', /longer than/);
  });

  const detours = [
    '/jobs/../../../../secrets',
    '/jobs/%2e%2E/x',
    '/jobs/..%2fx',
    '/jobs/a\\..\\b',
    '/a?b',
    '/a#b',
    '/%zz',
  ];
  for (const path of detours) {
    test(`does not go to ${path}`, async () => {
      const { kubernetes, sent } = open(() => json({}));
      await fails(kubernetes.proxy(service)({ method: 'GET', path }), 'Invalid');
      assert.equal(sent.length, 0);
    });
  }
});
