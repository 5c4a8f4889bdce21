import assert from 'node:assert/strict';

import {
  assertCode,
  assertStatus,
  contract,
  textOf,
  type Answer,
  type Api,
  type Body,
  type ContractCase,
} from '../contract.ts';
import { configMap, configMaps, deployment, deployments, pods } from '../fixtures.ts';

const quotas = (api: Api): string => `/api/v1/namespaces/${api.namespace}/resourcequotas`;

type Resources = Record<string, Record<string, string>>;

const pod = (name: string, resources: Resources = {}, more: Record<string, unknown> = {}) => ({
  metadata: { name },
  spec: { containers: [{ name: 'main', image: 'example/image:1', resources }], ...more },
});

/** Sets a quota and waits until it counts. */
const limit = async (api: Api, hard: Record<string, string>, more: Record<string, unknown> = {}): Promise<void> => {
  assertCode(await api.send('POST', quotas(api), { metadata: { name: 'q' }, spec: { hard, ...more } }), 201);
  await counted(api, ({ hard: seen, used }) => seen !== undefined && used !== undefined);
};

const counted = (
  api: Api,
  accept: (status: { hard: Body | undefined; used: Body | undefined }) => boolean,
): Promise<Answer> =>
  api.eventually(`${quotas(api)}/q`, ({ body }) =>
    accept({ hard: body['status']?.['hard'], used: body['status']?.['used'] }),
  );

/** The service account that pods need comes a moment after its namespace. */
const withAccount = (name: string, run: ContractCase['run']): ContractCase =>
  contract(name, async (api) => {
    await api.eventually(`/api/v1/namespaces/${api.namespace}/serviceaccounts/default`, ({ status }) => status === 200);
    await run(api);
  });

const CPU = { requests: { cpu: '1', memory: '1Gi' }, limits: { cpu: '1', memory: '1Gi' } };

/** ResourceQuota, LimitRange and Pod Security at the door. */
export const QUOTA_CASES: readonly ContractCase[] = [
  withAccount('a quota shows what it allows and what is used', async (api) => {
    await limit(api, { 'limits.cpu': '2', 'limits.memory': '4Gi', pods: '5' });
    const empty = await counted(api, () => true);
    assert.deepEqual(empty.body['status'], {
      hard: { 'limits.cpu': '2', 'limits.memory': '4Gi', pods: '5' },
      used: { 'limits.cpu': '0', 'limits.memory': '0', pods: '0' },
    });
    assertCode(await api.send('POST', pods(api), pod('a', CPU)), 201);
    const full = await counted(api, ({ used }) => textOf(used?.['pods']) === '1');
    assert.deepEqual(full.body['status']?.['used'], { 'limits.cpu': '1', 'limits.memory': '1Gi', pods: '1' });
  }),
  withAccount(
    'a pod beyond the quota is refused with what it asked for, what is used and what is allowed',
    async (api) => {
      await limit(api, { 'limits.cpu': '1500m', 'limits.memory': '8Gi' });
      assertCode(await api.send('POST', pods(api), pod('a', CPU)), 201);
      assertStatus(
        await api.send('POST', pods(api), pod('b', CPU)),
        403,
        'Forbidden',
        'pods "b" is forbidden: exceeded quota: q, requested: limits.cpu=1, used: limits.cpu=1, limited: limits.cpu=1500m',
      );
    },
  ),
  withAccount('every amount that is exceeded is named', async (api) => {
    await limit(api, { 'limits.cpu': '500m', 'limits.memory': '512Mi' });
    assertStatus(
      await api.send('POST', pods(api), pod('a', CPU)),
      403,
      'Forbidden',
      'pods "a" is forbidden: exceeded quota: q, requested: limits.cpu=1,limits.memory=1Gi, used: limits.cpu=0,limits.memory=0, limited: limits.cpu=500m,limits.memory=512Mi',
    );
  }),
  withAccount('a container that does not say what the quota counts is refused', async (api) => {
    await limit(api, { 'limits.cpu': '2', 'requests.memory': '4Gi' });
    assertStatus(
      await api.send('POST', pods(api), pod('a', { limits: { memory: '1Gi' } })),
      403,
      'Forbidden',
      'pods "a" is forbidden: failed quota: q: must specify limits.cpu for: main',
    );
    assertStatus(
      await api.send('POST', pods(api), pod('a')),
      403,
      'Forbidden',
      'pods "a" is forbidden: failed quota: q: must specify limits.cpu for: main; requests.memory for: main',
    );
  }),
  withAccount('a quota of zero lets nothing in', async (api) => {
    await limit(api, { 'limits.cpu': '0', 'limits.memory': '0' });
    assertCode(await api.send('POST', pods(api), pod('a', CPU)), 403);
  }),
  withAccount('what a pod used is free again when it is gone', async (api) => {
    await limit(api, { pods: '1' });
    assertCode(await api.send('POST', pods(api), pod('a')), 201);
    assertCode(await api.send('POST', pods(api), pod('b')), 403);
    assertCode(await api.send('DELETE', `${pods(api)}/a?gracePeriodSeconds=0`), 200);
    await counted(api, ({ used }) => textOf(used?.['pods']) === '0');
    assertCode(await api.send('POST', pods(api), pod('b')), 201);
  }),
  withAccount('a larger quota lets in what a smaller one refused', async (api) => {
    await limit(api, { pods: '0' });
    assertCode(await api.send('POST', pods(api), pod('a')), 403);
    await api.patch(`${quotas(api)}/q`, { spec: { hard: { pods: '1' } } });
    await counted(api, ({ hard }) => textOf(hard?.['pods']) === '1');
    assertCode(await api.send('POST', pods(api), pod('a')), 201);
  }),
  withAccount('a quota below what is used stays as it is and lets nothing in', async (api) => {
    await limit(api, { pods: '2' });
    assertCode(await api.send('POST', pods(api), pod('a')), 201);
    assertCode(await api.send('POST', pods(api), pod('b')), 201);
    await api.patch(`${quotas(api)}/q`, { spec: { hard: { pods: '1' } } });
    const over = await counted(api, ({ hard }) => textOf(hard?.['pods']) === '1');
    assert.deepEqual(over.body['status']?.['used'], { pods: '2' });
    assertStatus(
      await api.send('POST', pods(api), pod('c')),
      403,
      'Forbidden',
      'pods "c" is forbidden: exceeded quota: q, requested: pods=1, used: pods=2, limited: pods=1',
    );
  }),
  withAccount('init containers count where they are larger', async (api) => {
    await limit(api, { 'requests.cpu': '4' });
    const init = { name: 'init', image: 'i:1', resources: { requests: { cpu: '3' } } };
    assertCode(
      await api.send('POST', pods(api), pod('a', { requests: { cpu: '1' } }, { initContainers: [init] })),
      201,
    );
    const used = await counted(api, (status) => textOf(status.used?.['requests.cpu']) !== '0');
    assert.deepEqual(used.body['status']?.['used'], { 'requests.cpu': '3' });
  }),
  withAccount('amounts are added exactly and written in their shortest form', async (api) => {
    await limit(api, { 'requests.cpu': '4', 'requests.memory': '8Gi' });
    await api.send('POST', pods(api), pod('a', { requests: { cpu: '0.1', memory: '512Mi' } }));
    await api.send('POST', pods(api), pod('b', { requests: { cpu: '900m', memory: '1.5Gi' } }));
    const used = await counted(api, (status) => textOf(status.used?.['requests.cpu']) === '1');
    assert.deepEqual(used.body['status']?.['used'], { 'requests.cpu': '1', 'requests.memory': '2Gi' });
  }),
  contract('objects are counted', async (api) => {
    await api.eventually(`${configMaps(api)}/kube-root-ca.crt`, ({ status }) => status === 200);
    await limit(api, { configmaps: '2', 'count/deployments.apps': '0' });
    assertCode(await api.send('POST', configMaps(api), configMap('a', {})), 201);
    assertStatus(
      await api.send('POST', configMaps(api), configMap('b', {})),
      403,
      'Forbidden',
      'configmaps "b" is forbidden: exceeded quota: q, requested: configmaps=1, used: configmaps=2, limited: configmaps=2',
    );
    assertStatus(
      await api.send('POST', deployments(api), deployment('d', 0)),
      403,
      'Forbidden',
      'deployments.apps "d" is forbidden: exceeded quota: q, requested: count/deployments.apps=1, used: count/deployments.apps=0, limited: count/deployments.apps=0',
    );
  }),
  withAccount('a scoped quota looks at its own pods alone', async (api) => {
    await limit(api, { pods: '0' }, { scopes: ['BestEffort'] });
    assertCode(await api.send('POST', pods(api), pod('a')), 403);
    assertCode(await api.send('POST', pods(api), pod('b', CPU)), 201);
  }),
  contract('an amount is kept in its canonical form', async (api) => {
    const made = await api.send('POST', quotas(api), {
      metadata: { name: 'q' },
      spec: {
        hard: {
          'limits.cpu': '0.5',
          'limits.memory': '1024Mi',
          pods: 3,
          'requests.cpu': '2000m',
          'requests.memory': '1.5Gi',
        },
      },
    });
    assert.deepEqual(made.body['spec']?.['hard'], {
      'limits.cpu': '500m',
      'limits.memory': '1Gi',
      pods: '3',
      'requests.cpu': '2',
      'requests.memory': '1536Mi',
    });
  }),
  contract(
    'an apply that writes an amount in another form conflicts with its owner, and changes nothing when forced',
    async (api) => {
      const quota = (cpu: string) => ({
        apiVersion: 'v1',
        kind: 'ResourceQuota',
        metadata: { name: 'q' },
        spec: { hard: { 'limits.cpu': cpu } },
      });
      await api.apply(`${quotas(api)}/q`, 'one', quota('500m'));
      assertStatus(
        await api.apply(`${quotas(api)}/q`, 'two', quota('0.5')),
        409,
        'Conflict',
        'Apply failed with 1 conflict: conflict with "one": .spec.hard.limits.cpu',
      );
    },
  ),
  withAccount('a limit range fills in what a container leaves out', async (api) => {
    await api.send('POST', `/api/v1/namespaces/${api.namespace}/limitranges`, {
      metadata: { name: 'l' },
      spec: {
        limits: [{ type: 'Container', default: { cpu: '500m', memory: '256Mi' }, defaultRequest: { cpu: '100m' } }],
      },
    });
    const made = await (async (): Promise<Answer> => {
      let answer = await api.send('POST', pods(api), pod('a'));
      for (let attempt = 0; attempt < 50 && answer.body['metadata']?.['annotations'] === undefined; attempt += 1) {
        // The real server learns of a limit range a moment after it was made.
        await api.send('DELETE', `${pods(api)}/a?gracePeriodSeconds=0`);
        await api.eventually(`${pods(api)}/a`, ({ status }) => status === 404);
        answer = await api.send('POST', pods(api), pod('a'));
      }
      return answer;
    })();
    assertCode(made, 201);
    assert.deepEqual(made.body['spec']?.['containers']?.[0]?.['resources'], {
      limits: { cpu: '500m', memory: '256Mi' },
      requests: { cpu: '100m', memory: '256Mi' },
    });
    assert.deepEqual(made.body['metadata']?.['annotations'], {
      'kubernetes.io/limit-ranger':
        'LimitRanger plugin set: cpu, memory request for container main; cpu, memory limit for container main',
    });
  }),
  withAccount('a limit range refuses what is out of its bounds, all at once', async (api) => {
    await api.send('POST', `/api/v1/namespaces/${api.namespace}/limitranges`, {
      metadata: { name: 'l' },
      spec: { limits: [{ type: 'Container', max: { cpu: '1', memory: '1Gi' } }] },
    });
    let answer = await api.send('POST', `${pods(api)}?dryRun=All`, pod('a', { limits: { cpu: '2', memory: '2Gi' } }));
    for (let attempt = 0; attempt < 50 && answer.status === 201; attempt += 1) {
      await api.eventually(quotas(api), () => true);
      answer = await api.send('POST', `${pods(api)}?dryRun=All`, pod('a', { limits: { cpu: '2', memory: '2Gi' } }));
    }
    assertStatus(
      answer,
      403,
      'Forbidden',
      /^pods "a" is forbidden: \[maximum (cpu|memory) usage per Container is 1(Gi)?, but limit is 2(Gi)?, maximum (cpu|memory) usage per Container is 1(Gi)?, but limit is 2(Gi)?\]$/,
    );
  }),
  contract('a limit range completes itself', async (api) => {
    const made = await api.send('POST', `/api/v1/namespaces/${api.namespace}/limitranges`, {
      metadata: { name: 'l' },
      spec: { limits: [{ type: 'Container', max: { cpu: '2' }, min: { memory: '64Mi' } }] },
    });
    assert.deepEqual(made.body['spec']?.['limits'], [
      {
        type: 'Container',
        max: { cpu: '2' },
        min: { memory: '64Mi' },
        default: { cpu: '2' },
        defaultRequest: { cpu: '2', memory: '64Mi' },
      },
    ]);
  }),
  withAccount('a restricted namespace refuses a pod that may do too much, with all of it', async (api) => {
    await api.patch(`/api/v1/namespaces/${api.namespace}`, {
      metadata: { labels: { 'pod-security.kubernetes.io/enforce': 'restricted' } },
    });
    const wanted = { ...pod('a'), spec: { ...pod('a').spec, volumes: [{ name: 'v', hostPath: { path: '/' } }] } };
    let answer = await api.send('POST', `${pods(api)}?dryRun=All`, wanted);
    for (let attempt = 0; attempt < 50 && answer.status === 201; attempt += 1) {
      await api.eventually(quotas(api), () => true);
      answer = await api.send('POST', `${pods(api)}?dryRun=All`, wanted);
    }
    assertStatus(
      answer,
      403,
      'Forbidden',
      'pods "a" is forbidden: violates PodSecurity "restricted:latest": allowPrivilegeEscalation != false (container "main" must set securityContext.allowPrivilegeEscalation=false), unrestricted capabilities (container "main" must set securityContext.capabilities.drop=["ALL"]), restricted volume types (volume "v" uses restricted volume type "hostPath"), runAsNonRoot != true (pod or container "main" must set securityContext.runAsNonRoot=true), seccompProfile (pod or container "main" must set securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost")',
    );
    const good = {
      metadata: { name: 'a' },
      spec: {
        securityContext: { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } },
        containers: [
          {
            name: 'main',
            image: 'i:1',
            securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } },
          },
        ],
      },
    };
    assertCode(await api.send('POST', `${pods(api)}?dryRun=All`, good), 201);
  }),
];
