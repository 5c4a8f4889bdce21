/**
 * Random histories on the stand-in and on a real API server without controllers (they write, too). Not part of
 * `npm test`. Another seed or more histories:
 *
 *   SEED=7 RUNS=1000 node --test tests/contract/kubernetes/differential.real-test.ts
 */
import { after, it } from 'node:test';

import fc from 'fast-check';

import { createKubernetes } from '../../../local/kubernetes/kubernetes.ts';
import { startBareControlPlane } from './bare-control-plane.ts';
import type { Reach } from './contract.ts';
import { compareHistory, history } from './differential.ts';

const seed = Number(process.env['SEED'] ?? 1);
const numRuns = Number(process.env['RUNS'] ?? 200);

const real = await startBareControlPlane({ controllers: false });
after(real.stop);

const { fetch } = createKubernetes({
  now: Date.now,
  random: Math.random,
  identities: { admin: { name: 'admin', groups: ['system:masters'] } },
});
const standIn: Reach = { fetch, server: 'http://kubernetes.local', adminToken: 'admin', pass: real.pass };

it('random histories of applies, updates and scales are answered alike, ownership included', async () => {
  let number = 0;
  const property = fc.asyncProperty(history, (one) => compareHistory([standIn, real], `history-${(number += 1)}`, one));
  await fc.assert(property, { seed, numRuns });
});
