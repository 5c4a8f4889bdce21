import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { expand, readField, readResource } from './environment.ts';
import type { Container, Pod } from './objects.ts';

describe('expand', () => {
  const cases: Record<string, [text: string, expanded: string]> = {
    'puts in the value of a variable': ['--host $(HOST):80', '--host 10.0.0.1:80'],
    'leaves an unknown variable as it is': ['$(OTHER)', '$(OTHER)'],
    'makes one dollar of two, and no variable of it': ['$$(HOST)', '$(HOST)'],
    'leaves shell syntax alone': ['${HOST} $HOST', '${HOST} $HOST'],
  };
  for (const [name, [text, expanded]] of Object.entries(cases)) {
    it(name, () => assert.equal(expand(text, { HOST: '10.0.0.1' }), expanded));
  }
});

const container: Container = {
  name: 'main',
  image: 'image',
  resources: { limits: { cpu: '1500m', memory: '1Gi' }, requests: { memory: '512Mi' } },
};
const pod: Pod = {
  metadata: { name: 'job-1', namespace: 'tenant-a', uid: 'u-1', labels: { app: 'job', 'a/b': 'x "y"' } },
  spec: { nodeName: 'node-1', serviceAccountName: 'flink', containers: [container] },
};

describe('the downward API', () => {
  const fields: Record<string, string> = {
    'metadata.name': 'job-1',
    'metadata.namespace': 'tenant-a',
    "metadata.labels['a/b']": 'x "y"',
    "metadata.annotations['none']": '',
    'metadata.labels': 'app="job"\na/b="x \\"y\\""',
    'spec.nodeName': 'node-1',
    'status.podIP': '10.244.1.5',
    'status.hostIP': '10.244.0.11',
  };
  for (const [fieldPath, value] of Object.entries(fields)) {
    it(`reads ${fieldPath}`, () =>
      assert.equal(readField(pod, { fieldPath }, { podIP: '10.244.1.5', hostIP: '10.244.0.11' }), value));
  }

  const resources: Record<string, [resource: string, divisor: string | undefined, value: string]> = {
    'reads whole cores, rounded up': ['limits.cpu', undefined, '2'],
    'reads milli-cores with a divisor of 1m': ['limits.cpu', '1m', '1500'],
    'reads bytes': ['requests.memory', '0', '536870912'],
    'reads mebibytes with a divisor of 1Mi': ['limits.memory', '1Mi', '1024'],
    'reads 0 where nothing is set': ['requests.cpu', undefined, '0'],
  };
  for (const [name, [resource, divisor, value]] of Object.entries(resources)) {
    it(name, () => assert.equal(readResource(pod, container, { resource, ...(divisor ? { divisor } : {}) }), value));
  }
});
