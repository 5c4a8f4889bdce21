/**
 * A real API server with its controllers and scheduler on loopback ports, and nothing else: no root, no nodes, no
 * network of its own. Enough for the contract; pods are never run.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { generateKeyPairSync, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import tls from 'node:tls';

import { buildControlPlane } from '../../real/cluster/build-control-plane.ts';
import type { Reach } from './contract.ts';

export type BareControlPlane = Reach & { readonly stop: () => Promise<void> };

const freePort = async (): Promise<number> => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
};

const kubeconfig = (server: string, certificate: string, token: string): string =>
  JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'bare', cluster: { server, 'certificate-authority': certificate } }],
    users: [{ name: 'admin', user: { token } }],
    contexts: [{ name: 'bare', context: { cluster: 'bare', user: 'admin' } }],
    'current-context': 'bare',
  });

const READY_SECONDS = 120;

const untilReady = async (reach: Pick<Reach, 'fetch' | 'server'>, log: string): Promise<void> => {
  for (let attempt = 0; attempt < READY_SECONDS * 4; attempt += 1) {
    try {
      const answer = await reach.fetch(new Request(`${reach.server}/readyz`));
      if (answer.ok) return;
    } catch {
      // Not listening yet.
    }
    await sleep(250);
  }
  throw new Error(`the API server was not ready after ${READY_SECONDS} s; its log is ${log}`);
};

export type BareOptions = {
  /** Whether controllers and the scheduler run beside the API server; they do when it is not said. */
  readonly controllers?: boolean;
};

/** Starts it, in a folder of its own that `stop` removes. */
export const startBareControlPlane = async (options: BareOptions = {}): Promise<BareControlPlane> => {
  const { controllers = true } = options;
  const program = await buildControlPlane();
  const folder = mkdtempSync(join(tmpdir(), 'headgate-contract-'));
  const file = (name: string): string => join(folder, name);
  const started: ChildProcess[] = [];
  const start = (name: string, ...options: readonly string[]): void => {
    const log = openSync(file(`${name}.log`), 'a');
    started.push(spawn(program, [name, ...options], { cwd: folder, stdio: ['ignore', log, log] }));
  };

  const keys = generateKeyPairSync('rsa', { modulusLength: 2048 });
  writeFileSync(file('account.key'), keys.privateKey.export({ type: 'pkcs8', format: 'pem' }), { mode: 0o600 });
  writeFileSync(file('account.pub'), keys.publicKey.export({ type: 'spki', format: 'pem' }));
  const adminToken = randomUUID();
  writeFileSync(file('tokens.csv'), `${adminToken},admin,admin,"system:masters"\n`, { mode: 0o600 });

  const [etcdPort, apiPort, managerPort, schedulerPort] = [
    await freePort(),
    await freePort(),
    await freePort(),
    await freePort(),
  ];
  const [etcd, server] = [`http://127.0.0.1:${etcdPort}`, `https://127.0.0.1:${apiPort}`];
  start('etcd', `--dir=${file('etcd')}`, `--listen=${etcd}`);
  start(
    'kube-apiserver',
    `--etcd-servers=${etcd}`,
    `--cert-dir=${folder}`,
    '--bind-address=127.0.0.1',
    '--advertise-address=127.0.0.1',
    `--secure-port=${apiPort}`,
    '--endpoint-reconciler-type=none',
    '--service-cluster-ip-range=10.96.0.0/16',
    '--service-account-issuer=https://kubernetes.default.svc',
    `--service-account-signing-key-file=${file('account.key')}`,
    `--service-account-key-file=${file('account.pub')}`,
    `--token-auth-file=${file('tokens.csv')}`,
    '--authorization-mode=Node,RBAC',
    '--profiling=false',
  );
  const reach = { fetch: (request: Request) => fetch(request), server };
  const stop = async (): Promise<void> => {
    for (const child of started.toReversed()) {
      if (child.exitCode !== null || child.signalCode !== null) continue;
      child.kill('SIGKILL');
      await once(child, 'exit');
    }
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    const certificate = file('apiserver.crt');
    for (let attempt = 0; attempt < READY_SECONDS * 4; attempt += 1) {
      try {
        tls.setDefaultCACertificates([...tls.getCACertificates(), readFileSync(certificate, 'utf8')]);
        break;
      } catch {
        await sleep(250);
      }
    }
    await untilReady(reach, file('kube-apiserver.log'));
    writeFileSync(file('admin.json'), kubeconfig(server, certificate, adminToken), { mode: 0o600 });
    const common = [
      `--kubeconfig=${file('admin.json')}`,
      '--leader-elect=false',
      '--bind-address=127.0.0.1',
      '--profiling=false',
    ];
    if (!controllers) return { ...reach, adminToken, pass: () => sleep(100), stop };
    start(
      'kube-controller-manager',
      ...common,
      `--secure-port=${managerPort}`,
      `--service-account-private-key-file=${file('account.key')}`,
      `--root-ca-file=${certificate}`,
      '--kube-api-qps=500',
      '--kube-api-burst=1000',
    );
    start('kube-scheduler', ...common, `--secure-port=${schedulerPort}`);
  } catch (error) {
    await stop();
    throw error;
  }
  return { ...reach, adminToken, pass: () => sleep(100), stop };
};
