import { test } from 'node:test';
import { createKubernetes } from '../../../local/kubernetes/kubernetes.ts';
import { virtualWorld } from '../virtual-world.ts';
import { CASES, installDefinitions, runCase, type TestCluster } from './cases.ts';

const standIn = (): TestCluster => {
  const identities = {
    admin: { name: 'admin', groups: ['system:masters'] },
    stranger: { name: 'stranger', groups: [] },
  };
  let state = 1;
  const random = (): number => (state = (state * 48_271) % 2_147_483_647) / 2_147_483_647;
  const { world } = virtualWorld((request) => kubernetes.fetch(request));
  const kubernetes = createKubernetes({ now: world.now, random, identities });
  return { world, server: 'http://kubernetes.local', adminToken: 'admin', strangerToken: 'stranger' };
};

for (const [name, run] of Object.entries(CASES)) {
  test(`on the stand-in: ${name}`, async () => {
    const cluster = standIn();
    await installDefinitions(cluster);
    await runCase(cluster, 'payments', run);
  });
}
