import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { checkFlinkConfiguration, type ConfigurationContext } from '../../lib/tenant/flink-configuration.ts';
import { planJob } from '../../lib/tenant/plan-job.ts';
import { submission, tenant } from '../tenant/samples.ts';

const context: ConfigurationContext = {
  flinkVersion: [1, 18],
  stateless: true,
  statePrefix: 's3://flink/payments/',
  memoryBytes: { jobManager: 2 ** 30, taskManager: 2 ** 30 },
};
const part = fc.constantFrom(
  'kubernetes',
  'namespace',
  'state',
  'checkpoints',
  'dir',
  'operator',
  'job',
  'autoscaler',
  'enabled',
  'env',
  'java',
  'metrics',
  'reporter',
  'class',
  's3',
  'execution',
  'checkpointing',
  'x',
);
const key = fc.oneof(
  fc.array(part, { minLength: 1, maxLength: 5 }).map((parts) => parts.join('.')),
  fc.string(),
);
const value = fc.oneof(
  fc.string(),
  fc.constantFrom('true', 'false', '1', '10s', '1g', 's3://flink/fraud/', 's3://flink/payments/a', 'a\nb: c'),
);

test('whatever configuration passes has one line per option, and no option of pods or identity', () => {
  fc.assert(
    fc.property(fc.dictionary(key, value, { maxKeys: 6 }), (given) => {
      const { configuration, problems } = checkFlinkConfiguration(given, context);
      if (problems.length > 0) return;
      for (const [name, text] of Object.entries(configuration)) {
        assert.match(name, /^[A-Za-z0-9._-]+$/);
        assert.doesNotMatch(text, /[\r\n]/);
        assert.doesNotMatch(name, /^(kubernetes\.(?!operator\.)|env\.|security\.|fs\.|containerized\.)/);
        if (/^(state|execution\.checkpointing)\./.test(name)) assert.doesNotMatch(text, /fraud/);
      }
    }),
    { numRuns: 5000 },
  );
});

/** Pod templates of the shape of real ones, with what must never pass strewn in. */
const FORBIDDEN = [
  'hostPath',
  'hostNetwork',
  'hostPID',
  'hostIPC',
  'hostPort',
  'nodeName',
  'schedulerName',
  'tolerations',
  'runtimeClassName',
  'sysctls',
  'ephemeralContainers',
  'add',
  'procMount',
];
const json = fc.jsonValue({ maxDepth: 2 });
const maybe = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined, freq: 2 });
const withStrays = (fields: Record<string, fc.Arbitrary<unknown>>) =>
  fc
    .tuple(fc.record(fields, { requiredKeys: [] }), fc.dictionary(fc.constantFrom(...FORBIDDEN), json, { maxKeys: 1 }))
    .map(([good, strays]) => ({ ...good, ...strays }));
const securityContext = withStrays({
  runAsUser: fc.nat(3),
  privileged: fc.boolean(),
  capabilities: withStrays({ drop: fc.constant(['ALL']) }),
});
const container = withStrays({ securityContext }).map((fields) => ({ name: 'flink-main-container', ...fields }));
const podTemplate = withStrays({
  spec: withStrays({
    containers: fc.array(container, { maxLength: 2 }),
    volumes: fc.array(
      withStrays({ emptyDir: fc.constant({}) }).map((fields) => ({ name: 'v', ...fields })),
      { maxLength: 2 },
    ),
    securityContext,
    hostAliases: maybe(json),
  }),
});

test('whatever pod template passes, its pods are restricted and hold nothing that reaches the host', () => {
  let passed = 0;
  fc.assert(
    fc.property(podTemplate, (template) => {
      const planned = planJob({
        tenant: tenant(),
        type: 'dev.headgate.job.submit.v1',
        data: submission({ podTemplate: template }),
        key: 'r-0',
        existing: {},
        jobCount: 0,
      });
      if ('problems' in planned) return;
      passed += 1;
      const text = JSON.stringify(planned.objects);
      for (const field of FORBIDDEN) assert.ok(!text.includes(`"${field}":`), field);
      assert.ok(!text.includes('"privileged":true') && !text.includes('"runAsUser":0'));
      assert.match(text, /"allowPrivilegeEscalation":false/);
      assert.match(text, /"drop":\["ALL"\]/);
      assert.match(text, /"runAsNonRoot":true/);
    }),
    { numRuns: 3000 },
  );
  assert.ok(passed > 50, `only ${passed} templates passed: the property says little`);
});
