import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readConfig } from '../../lib/runtime/config.ts';

const PEM = '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n';
const EKS = {
  HEADGATE_CLUSTER: 'eks',
  HEADGATE_EKS_CLUSTER_NAME: 'blue',
  HEADGATE_EKS_ENDPOINT: 'https://blue.eks.test',
  HEADGATE_EKS_CA: Buffer.from(PEM).toString('base64'),
  AWS_REGION: 'eu-west-1',
};

test('an EKS cluster is named by its endpoint, its CA and its name', () => {
  assert.deepEqual(readConfig(EKS, 'cluster', 'region'), {
    cluster: {
      kind: 'eks',
      clusterName: 'blue',
      server: 'https://blue.eks.test',
      certificateAuthority: PEM,
      region: 'eu-west-1',
    },
    region: 'eu-west-1',
  });
});

test('a plain server may be without token and CA', () => {
  const { cluster } = readConfig({ HEADGATE_CLUSTER: 'server', HEADGATE_SERVER: 'http://127.0.0.1:8080' }, 'cluster');
  assert.deepEqual(cluster, {
    kind: 'server',
    server: 'http://127.0.0.1:8080',
    token: undefined,
    certificateAuthority: undefined,
  });
});

test("a kubeconfig and a pod's own account need little", () => {
  const file = readConfig({ HEADGATE_CLUSTER: 'kubeconfig', KUBECONFIG: '/k' }, 'cluster');
  assert.deepEqual(file.cluster, { kind: 'kubeconfig', path: '/k', content: undefined });
  const text = readConfig({ HEADGATE_CLUSTER: 'kubeconfig', HEADGATE_KUBECONFIG_CONTENT: '{}' }, 'cluster');
  assert.deepEqual(text.cluster, { kind: 'kubeconfig', path: '', content: '{}' });
  assert.throws(() => readConfig({ HEADGATE_CLUSTER: 'kubeconfig' }, 'cluster'), /KUBECONFIG: is not set/);
  assert.deepEqual(readConfig({ HEADGATE_CLUSTER: 'in-cluster' }, 'cluster').cluster, { kind: 'in-cluster' });
});

test('every problem is named at once, by its variable', () => {
  const environment = { ...EKS, HEADGATE_EKS_CA: 'nonsense', HEADGATE_EKS_ENDPOINT: 'http://plain', AWS_REGION: '' };
  assert.throws(
    () => readConfig(environment, 'cluster', 'region', 'workQueueUrl'),
    (error: unknown) => {
      assert.ok(error instanceof Error && 'details' in error && 'code' in error);
      assert.equal(error.code, 'Misconfigured');
      assert.deepEqual(error.details, {
        problems: [
          'HEADGATE_EKS_ENDPOINT: must be an https URL',
          'HEADGATE_EKS_CA: must be a PEM certificate in base64',
          'AWS_REGION: is not set',
          'HEADGATE_WORK_QUEUE_URL: is not set',
        ],
      });
      return true;
    },
  );
});

test('no cluster, and one of an unknown kind', () => {
  assert.throws(() => readConfig({}, 'cluster'), /HEADGATE_CLUSTER: is not set/);
  assert.throws(() => readConfig({ HEADGATE_CLUSTER: 'minikube' }, 'cluster'), /HEADGATE_CLUSTER: /);
});

test('what a function does not need may be missing', () => {
  assert.deepEqual(readConfig({ HEADGATE_WORK_QUEUE_URL: 'https://q/1' }, 'workQueueUrl'), {
    workQueueUrl: 'https://q/1',
  });
});

test('senders are listed with commas, and known by where they come from', () => {
  const { senders } = readConfig({ HEADGATE_ADMINS: 'AROA1, AROA2,', HEADGATE_SENDERS: 'AROA3' }, 'senders');
  assert.deepEqual(senders, { admins: ['sqs:AROA1', 'sqs:AROA2'], headgate: ['sqs:AROA3'] });
  assert.deepEqual(readConfig({}, 'senders').senders, { admins: [], headgate: [] });
});

test('defaults fill in, nonsense does not', () => {
  assert.deepEqual(readConfig({}, 'tickPeriodSeconds', 'queueEndpoint'), {
    tickPeriodSeconds: 60,
    queueEndpoint: undefined,
  });
  assert.equal(readConfig({ HEADGATE_TICK_PERIOD_SECONDS: '30' }, 'tickPeriodSeconds').tickPeriodSeconds, 30);
  assert.throws(() => readConfig({ HEADGATE_TICK_PERIOD_SECONDS: 'often' }, 'tickPeriodSeconds'), /TICK_PERIOD/);
});

test("the queue's own endpoint wins over the one for all of AWS", () => {
  const all = { AWS_ENDPOINT_URL: 'http://all' };
  assert.equal(readConfig(all, 'queueEndpoint').queueEndpoint, 'http://all');
  const both = { ...all, AWS_ENDPOINT_URL_SQS: 'http://sqs' };
  assert.equal(readConfig(both, 'queueEndpoint').queueEndpoint, 'http://sqs');
});

test('a webhook needs at least one token, as a hash', () => {
  const sum = 'a'.repeat(64);
  assert.deepEqual(readConfig({ HEADGATE_TOKEN_SHA256: `${sum},${sum}` }, 'tokenSha256').tokenSha256, [sum, sum]);
  assert.throws(() => readConfig({ HEADGATE_TOKEN_SHA256: '' }, 'tokenSha256'), /HEADGATE_TOKEN_SHA256/);
  assert.throws(() => readConfig({ HEADGATE_TOKEN_SHA256: 'hunter2' }, 'tokenSha256'), /SHA-256/);
});
