import { fileURLToPath } from 'node:url';

import { fetchArtifacts } from '../artifacts/fetch.ts';
import type { Cluster } from '../cluster/cluster.ts';
import { eventually } from '../cluster/eventually.ts';

const manifests = fileURLToPath(new URL('operator.yaml', import.meta.url));

/** Installs the CRDs and the operator, and resolves when it reconciles. The cluster needs the images of `images.ts`. */
export async function installFlinkOperator(cluster: Cluster): Promise<void> {
  const started = Date.now();
  const artifacts = await fetchArtifacts('operator-1.7');
  // The CRDs are too big for the annotation of a client-side apply.
  await cluster.kubectl('apply', '--server-side', `-f=${artifacts}/crds`);
  // kubectl gives up on a CRD that has no conditions yet.
  const established = ['wait', 'crd', '--all', '--for=condition=Established', '--timeout=30s'];
  await eventually(() => cluster.kubectl(...established), { seconds: 30 });
  await cluster.kubectl('apply', '--server-side', `-f=${manifests}`);
  await cluster.kubectl('rollout', 'status', 'deployment/flink-operator', '-n=flink-operator', '--timeout=90s');
  console.error(`the Flink operator is ready after ${((Date.now() - started) / 1000).toFixed(1)} s`);
}
