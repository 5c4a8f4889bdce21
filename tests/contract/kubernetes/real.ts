import { describe, it } from 'node:test';

import { CASES_BY_TOPIC } from './cases/index.ts';
import { runCase, type Reach } from './contract.ts';

/** Registers every case that must hold on a real API server, each in a namespace of its own (`prefix-1`, `prefix-2` …). */
export const runKubernetesContract = (reach: Reach, prefix = 'contract'): void => {
  let number = 0;
  for (const [topic, cases] of Object.entries(CASES_BY_TOPIC)) {
    describe(`Kubernetes API server: ${topic}`, () => {
      for (const one of cases.filter(({ on }) => on.includes('real'))) {
        number += 1;
        const namespace = `${prefix}-${number}`;
        it(one.name, () => runCase(reach, namespace, one));
      }
    });
  }
};
