import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { AlertmanagerWebhook } from '../../events/alertmanager.ts';
import { parseRequest } from '../../lib/tenant/parse-request.ts';
import { planJob } from '../../lib/tenant/plan-job.ts';
import { TenantSpec, type Tenant } from '../../lib/model/tenant.ts';

const sample = (name: string): string => readFileSync(join(import.meta.dirname, '../../events/samples', name), 'utf8');
const now = Date.parse('2026-11-23T12:00:00Z');
const parse = (name: string) =>
  parseRequest({ body: sample(name), group: 'payments', sender: 'sqs:AROAEXAMPLEADMIN', now, maxAgeSeconds: 86_400 });

for (const name of ['tenant-apply.json', 'job-submit.json']) {
  test(`the sample ${name} is a request without a problem`, () => {
    const parsed = parse(name);
    assert.deepEqual(parsed.ok ? [] : parsed.problems, []);
  });
}

test('the sample job is allowed to the sample tenant', () => {
  const tenantRequest = parse('tenant-apply.json');
  const jobRequest = parse('job-submit.json');
  assert.ok(tenantRequest.ok && tenantRequest.type === 'dev.headgate.tenant.apply.v1');
  assert.ok(jobRequest.ok && jobRequest.type === 'dev.headgate.job.submit.v1');
  const tenant: Tenant = {
    apiVersion: 'headgate.dev/v1alpha1',
    kind: 'Tenant',
    metadata: { name: 'payments' },
    spec: TenantSpec.parse(tenantRequest.data),
  };
  const planned = planJob({
    tenant,
    type: jobRequest.type,
    data: jobRequest.data,
    key: jobRequest.key,
    existing: {},
    jobCount: 0,
  });
  assert.deepEqual('problems' in planned ? planned.problems : [], []);
});

test('the sample alert is what Alertmanager sends', () => {
  assert.equal(AlertmanagerWebhook.parse(JSON.parse(sample('alertmanager.json'))).alerts.length, 1);
});
