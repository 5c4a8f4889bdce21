import assert from 'node:assert/strict';
import { test } from 'node:test';
import { failureOf } from '../../../lib/clients/kubernetes/status.ts';

const patch = {
  method: 'PATCH',
  path: '/apis/flink.apache.org/v1beta1/namespaces/payments/flinkdeployments/orders',
} as const;
const refusal = (message: string) =>
  failureOf(
    {
      status: 403,
      headers: new Headers(),
      text: JSON.stringify({
        kind: 'Status',
        apiVersion: 'v1',
        status: 'Failure',
        message,
        reason: 'Forbidden',
        code: 403,
      }),
    },
    patch,
  );

test('a quota that its controller has not seen yet is a matter of time, not a refusal', () => {
  const error = refusal(
    '"orders" is forbidden: status unknown for quota: headgate-jobs, resources: count/flinkdeployments.flink.apache.org',
  );
  assert.deepEqual([error.code, error.retry], ['Throttled', 'later']);
});

test('a quota that is used up is a refusal, in its own words', () => {
  const error = refusal(
    '"orders" is forbidden: exceeded quota: headgate-jobs, requested: count/x=1, used: count/x=2, limited: count/x=2',
  );
  assert.deepEqual([error.code, error.retry], ['Forbidden', 'never']);
  assert.match(error.message, /exceeded quota: headgate-jobs/);
});
