import { createSocket } from 'node:dgram';
import { dnsAddress } from '../network.ts';
import { log } from './log.ts';
import type { ServiceTable } from './service-table.ts';

const typeA = 1;
const headerLength = 12;
/** Flags: an answer, authoritative, recursion was desired and is available; the last four bits say what came of it. */
const noError = 0x8580;
const noSuchName = 0x8583;
const ttlSeconds = 1;

/** Answers `<service>.<namespace>.svc.cluster.local` and pods of headless Services; every other name does not exist. */
export function serveDns(table: ServiceTable): void {
  const socket = createSocket('udp4');
  socket.on('message', (query, peer) => {
    try {
      socket.send(answerQuery(query, table), peer.port, peer.address);
    } catch (error) {
      log('dns', `no query from ${peer.address}:`, error);
    }
  });
  socket.bind(53, dnsAddress);
}

/** The answer to a DNS query of one question (RFC 1035, section 4). */
export function answerQuery(query: Buffer, table: ServiceTable): Buffer {
  const labels: string[] = [];
  let position = headerLength;
  for (let length = query[position]; length; length = query[position]) {
    labels.push(query.toString('latin1', position + 1, position + 1 + length).toLowerCase());
    position += 1 + length;
  }
  const type = query.readUInt16BE(position + 1);
  const addresses = lookUp(labels, table);
  const answers = type === typeA ? (addresses ?? []) : [];

  // Id and question come back as they were; type and class follow the name.
  const head = Buffer.from(query.subarray(0, position + 5));
  head.writeUInt16BE(addresses ? noError : noSuchName, 2);
  head.writeUInt16BE(1, 4);
  head.writeUInt16BE(answers.length, 6);
  head.writeUInt32BE(0, 8);
  return Buffer.concat([head, ...answers.map(addressRecord)]);
}

/** A Service's ClusterIP, or its ready pods' addresses when it is headless; undefined when there is no such name. */
function lookUp(labels: readonly string[], table: ServiceTable): string[] | undefined {
  const [local, cluster, svc, namespace, name, hostname, ...rest] = labels.toReversed();
  if (local !== 'local' || cluster !== 'cluster' || svc !== 'svc' || !namespace || !name || rest.length > 0)
    return undefined;
  const service = table.find(namespace, name);
  if (!service) return undefined;
  const { clusterIP, publishNotReadyAddresses } = service.spec;
  if (clusterIP && clusterIP !== 'None') return hostname ? undefined : [clusterIP];
  const endpoints = table
    .endpoints(service)
    .filter(
      (endpoint) => (endpoint.isReady || publishNotReadyAddresses) && (!hostname || endpoint.hostname === hostname),
    );
  return endpoints.length > 0 ? endpoints.map(({ address }) => address) : undefined;
}

function addressRecord(address: string): Buffer {
  const record = Buffer.alloc(16);
  record.writeUInt16BE(0xc000 | headerLength, 0); // the name: the question's, by its offset
  record.writeUInt16BE(typeA, 2);
  record.writeUInt16BE(1, 4); // class: internet
  record.writeUInt32BE(ttlSeconds, 6);
  record.writeUInt16BE(4, 10);
  record.set(address.split('.').map(Number), 12);
  return record;
}
