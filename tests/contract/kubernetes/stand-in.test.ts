import { describe, it } from 'node:test';

import { createKubernetes } from '../../../local/kubernetes/kubernetes.ts';
import { CASES_BY_TOPIC } from './cases/index.ts';
import { runCase, type Reach } from './contract.ts';

/** What listens behind services: it tells what it was asked. */
const echo = async (_namespace: string, _service: string, _port: string, request: Request): Promise<Response> =>
  Response.json(
    {
      method: request.method,
      url: request.url,
      authorization: request.headers.get('authorization'),
      body: await request.text(),
    },
    { status: 202 },
  );

/** A stand-in with a clock that only the case moves, and the same randomness every time. */
const standIn = (): Reach => {
  let now = Date.parse('2026-01-01T00:00:00Z');
  let state = 1;
  const kubernetes = createKubernetes({
    now: () => now,
    random: () => (state = (state * 48_271) % 2_147_483_647) / 2_147_483_647,
    serviceProxy: echo,
    identities: { admin: { name: 'admin', groups: ['system:masters'] } },
  });
  return {
    fetch: kubernetes.fetch,
    server: 'http://kubernetes.local',
    adminToken: 'admin',
    pass: () => {
      now += 1000;
      kubernetes.settle();
      return Promise.resolve();
    },
  };
};

for (const [topic, cases] of Object.entries(CASES_BY_TOPIC)) {
  describe(`Kubernetes stand-in: ${topic}`, () => {
    for (const one of cases.filter(({ on }) => on.includes('stand-in'))) {
      it(one.name, () => runCase(standIn(), 'case', one));
    }
  });
}
