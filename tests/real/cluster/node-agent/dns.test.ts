import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { answerQuery } from './dns.ts';
import type { EndpointSlice, Service } from './objects.ts';
import { ServiceTable } from './service-table.ts';

const typeA = 1;
const typeAaaa = 28;
const noSuchName = 3;

describe('the cluster DNS', () => {
  const table = new ServiceTable();
  table.setService(service('web', '10.96.0.7'), 'present');
  table.setService(service('pods', 'None'), 'present');
  table.setService(service('empty', 'None'), 'present');
  table.setSlice(
    slice('pods', [
      { addresses: ['10.244.1.1'], hostname: 'pods-0', conditions: { ready: true } },
      { addresses: ['10.244.1.2'], hostname: 'pods-1', conditions: { ready: true } },
      { addresses: ['10.244.1.3'], hostname: 'pods-2', conditions: { ready: false } },
    ]),
    'present',
  );

  const names: Record<string, [name: string, answer: string[] | 'no such name']> = {
    'answers the ClusterIP of a Service': ['web.tenant-a.svc.cluster.local', ['10.96.0.7']],
    'does not mind capitals': ['Web.Tenant-A.svc.cluster.local', ['10.96.0.7']],
    'answers the ready pods of a headless Service': ['pods.tenant-a.svc.cluster.local', ['10.244.1.1', '10.244.1.2']],
    'answers one pod by its hostname': ['pods-1.pods.tenant-a.svc.cluster.local', ['10.244.1.2']],
    'knows no pod that is not ready': ['pods-2.pods.tenant-a.svc.cluster.local', 'no such name'],
    'knows no headless Service without ready pods': ['empty.tenant-a.svc.cluster.local', 'no such name'],
    'knows no Service of another namespace': ['web.tenant-b.svc.cluster.local', 'no such name'],
    'knows nothing of the world': ['example.com', 'no such name'],
  };
  for (const [title, [name, answer]] of Object.entries(names)) {
    it(title, () => assert.deepEqual(read(answerQuery(query(name, typeA), table)), answer));
  }

  it('says that a known name has no IPv6 address, so that resolvers do not give up on it', () => {
    assert.deepEqual(read(answerQuery(query('web.tenant-a.svc.cluster.local', typeAaaa), table)), []);
  });

  it('gives back the id and the question', () => {
    const asked = query('web.tenant-a.svc.cluster.local', typeA);
    const answer = answerQuery(asked, table);
    assert.deepEqual(answer.subarray(0, 2), asked.subarray(0, 2));
    assert.deepEqual(answer.subarray(12, asked.length), asked.subarray(12));
  });
});

function service(name: string, clusterIP: string): Service {
  return { metadata: { name, namespace: 'tenant-a', uid: name }, spec: { clusterIP } };
}

function slice(name: string, endpoints: NonNullable<EndpointSlice['endpoints']>): EndpointSlice {
  const labels = { 'kubernetes.io/service-name': name };
  return { metadata: { name: `${name}-1`, namespace: 'tenant-a', uid: `${name}-1`, labels }, endpoints };
}

/** A DNS query: header with id and one question, the name as labels, type, class. */
function query(name: string, type: number): Buffer {
  const head = Buffer.from([0xab, 0xcd, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0]);
  const labels = name.split('.').map((label) => Buffer.from([label.length, ...Buffer.from(label)]));
  return Buffer.concat([head, ...labels, Buffer.from([0, 0, type, 0, 1])]);
}

/** The addresses in an answer: each record's last four bytes, records being 16 bytes long. */
function read(answer: Buffer): string[] | 'no such name' {
  if ((answer.readUInt16BE(2) & 15) === noSuchName) return 'no such name';
  const count = answer.readUInt16BE(6);
  return Array.from({ length: count }, (_, index) => {
    const end = answer.length - 16 * (count - 1 - index);
    return [...answer.subarray(end - 4, end)].join('.');
  });
}
