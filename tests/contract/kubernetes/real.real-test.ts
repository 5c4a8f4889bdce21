/**
 * The Kubernetes contract on a real API server. Not part of `npm test` (its name does not end in .test.ts): run it with
 *
 *   node --test tests/contract/kubernetes/real.real-test.ts
 */
import { after } from 'node:test';

import { startBareControlPlane } from './bare-control-plane.ts';
import { runKubernetesContract } from './real.ts';

const controlPlane = await startBareControlPlane();
after(controlPlane.stop);

runKubernetesContract(controlPlane);
