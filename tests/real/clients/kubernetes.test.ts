import { readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { after, before, describe, test } from 'node:test';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { lambdaWorld } from '../../../lib/runtime/lambda-world.ts';
import { CASES, installDefinitions, runCase, type TestCluster } from '../../clients/kubernetes/cases.ts';
import { buildControlPlane } from '../cluster/build-control-plane.ts';
import { startCluster, type Cluster } from '../cluster/cluster.ts';
import { enterClusterNetwork } from '../cluster/enter-network.ts';

await enterClusterNetwork(buildControlPlane);

describe('the Kubernetes client on a real API server', () => {
  let running: Cluster;
  let cluster: TestCluster;

  before(async () => {
    running = await startCluster({ workDir: tmpdir(), nodes: [], images: {} });
    setDefaultCACertificates([...getCACertificates(), readFileSync(running.caFile, 'utf8')]);
    cluster = {
      world: lambdaWorld,
      server: running.server,
      adminToken: running.tokenFor('admin', ['system:masters']),
      strangerToken: running.tokenFor('stranger'),
    };
    await installDefinitions(cluster);
  });
  after(() => running?.stop());

  for (const [number, [name, run]] of Object.entries(CASES).entries()) {
    test(name, () => runCase(cluster, `payments-${number}`, run));
  }
});
