import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';

import { CoreV1Api, KubeConfig, Watch, type V1ConfigMap } from '@kubernetes/client-node';

import { createKubernetes } from '../../../local/kubernetes/kubernetes.ts';
import { serve, type Served } from '../../../local/kubernetes/serve.ts';

const kubeConfigFor = (server: string, token: string): KubeConfig => {
  const config = new KubeConfig();
  config.loadFromOptions({
    clusters: [{ name: 'stand-in', server, skipTLSVerify: true }],
    users: [{ name: 'user', token }],
    contexts: [{ name: 'stand-in', cluster: 'stand-in', user: 'user' }],
    currentContext: 'stand-in',
  });
  return config;
};

describe('the stand-in behind a socket', () => {
  let served: Served;
  let config: KubeConfig;
  before(async () => {
    let state = 1;
    const kubernetes = createKubernetes({
      now: () => Date.parse('2026-01-01T00:00:00Z'),
      random: () => (state = (state * 48_271) % 2_147_483_647) / 2_147_483_647,
      identities: { 'admin-token': { name: 'admin', groups: ['system:masters'] } },
    });
    served = await serve(kubernetes.fetch, { defaultToken: 'admin-token', afterRequest: kubernetes.settle });
    config = kubeConfigFor(served.url, 'admin-token');
  });
  after(() => served.close());

  it('answers the official client', async () => {
    const core = config.makeApiClient(CoreV1Api);
    const made = await core.createNamespacedConfigMap({
      namespace: 'default',
      body: { metadata: { name: 'a' }, data: { x: '1' } },
    });
    assert.equal(made.metadata?.namespace, 'default');
    const list = await core.listNamespacedConfigMap({ namespace: 'default' });
    assert.deepEqual(
      list.items.map(({ metadata }) => metadata?.name),
      ['a', 'kube-root-ca.crt'],
    );
    await assert.rejects(core.readNamespacedConfigMap({ namespace: 'default', name: 'none' }), { code: 404 });
  });

  it('refuses a token it does not know, and takes none for the default one', async () => {
    const stranger = kubeConfigFor(served.url, 'nobody').makeApiClient(CoreV1Api);
    await assert.rejects(stranger.listNamespace(), { code: 401 });
    const answer = await fetch(`${served.url}/api/v1/namespaces`);
    assert.equal(answer.status, 200);
  });

  it('tells a watch of every change until the client leaves', async () => {
    const core = config.makeApiClient(CoreV1Api);
    const body = { metadata: { name: 'watched' }, data: {} };
    const seen: string[] = [];
    await new Promise<void>((resolve, reject) => {
      const onEvent = (type: string, object: V1ConfigMap): void => {
        if (object.metadata?.name !== 'watched') return;
        seen.push(type);
        if (type === 'DELETED') resolve();
      };
      const start = async (): Promise<void> => {
        const { metadata } = await core.listNamespacedConfigMap({ namespace: 'default' });
        const path = '/api/v1/namespaces/default/configmaps';
        const from = { resourceVersion: metadata?.resourceVersion ?? '' };
        const controller = await new Watch(config).watch(path, from, onEvent, () => {});
        after(() => controller.abort());
        await core.createNamespacedConfigMap({ namespace: 'default', body });
        await core.replaceNamespacedConfigMap({
          namespace: 'default',
          name: 'watched',
          body: { ...body, data: { x: '2' } },
        });
        await core.deleteNamespacedConfigMap({ namespace: 'default', name: 'watched' });
      };
      start().catch(reject);
    });
    assert.deepEqual(seen, ['ADDED', 'MODIFIED', 'DELETED']);
  });
});
