import assert from 'node:assert/strict';
import { createHash, createHmac } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { TLSSocket } from 'node:tls';
import { connect } from '../../../lib/clients/kubernetes/connection.ts';
import { NAMESPACE } from '../../../lib/clients/kubernetes/kinds.ts';
import { createKubernetes } from '../../../lib/clients/kubernetes/kubernetes.ts';
import type { ClusterConfig } from '../../../lib/runtime/config.ts';
import { lambdaWorld } from '../../../lib/runtime/lambda-world.ts';
import type { World } from '../../../lib/runtime/world.ts';

const certificate = (name: string): string =>
  readFileSync(join(import.meta.dirname, 'certificates', `${name}.pem`), 'utf8');

describe('over TLS to a server with a CA of its own', () => {
  /** Answers with what it saw: the token, the client's certificate and the TCP connection. */
  const server = createServer(
    {
      key: certificate('server.key'),
      cert: certificate('server'),
      ca: certificate('ca'),
      requestCert: true,
      rejectUnauthorized: false,
    },
    (request, response) => {
      const { socket } = request;
      assert.ok(socket instanceof TLSSocket);
      const labels = {
        token: request.headers.authorization,
        client: socket.authorized ? String(socket.getPeerCertificate().subject.CN) : undefined,
        connection: String(socket.remotePort),
      };
      response.end(JSON.stringify({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'a', labels } }));
    },
  );
  let url = '';
  let folder = '';

  before(async () => {
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    assert.ok(typeof address === 'object' && address !== null);
    url = `https://localhost:${address.port}`;
    folder = mkdtempSync(join(tmpdir(), 'headgate-'));
  });
  after(() => {
    server.closeAllConnections();
    server.close();
    rmSync(folder, { recursive: true });
  });

  const ask = async (cluster: ClusterConfig, times = 1, world: World = lambdaWorld) => {
    const connection = connect(world, cluster);
    const kubernetes = createKubernetes(world, { connection, signal: new AbortController().signal });
    const answers = [];
    for (let n = 0; n < times; n += 1) {
      answers.push((await kubernetes.get(NAMESPACE, { name: 'a' }))?.metadata.labels ?? {});
    }
    return answers;
  };

  const writeKubeconfig = (cluster: object, user: object) => {
    const path = join(folder, 'kubeconfig');
    const content = {
      apiVersion: 'v1',
      kind: 'Config',
      clusters: [{ name: 'c', cluster: { server: url, ...cluster } }],
      users: [{ name: 'u', user }],
      contexts: [{ name: 'x', context: { cluster: 'c', user: 'u' } }],
      'current-context': 'x',
    };
    writeFileSync(path, JSON.stringify(content));
    return { kind: 'kubeconfig', path, content: undefined } as const;
  };
  const base64 = (text: string): string => Buffer.from(text).toString('base64');
  const ca = { 'certificate-authority-data': base64(certificate('ca')) };

  test('a given CA is trusted, the token is sent, and connections are kept', async () => {
    const cluster = { kind: 'server', server: url, token: 'secret', certificateAuthority: certificate('ca') } as const;
    const answers = await ask(cluster, 4);
    assert.deepEqual(new Set(answers.map((a) => a['token'])), new Set(['Bearer secret']));
    const connections = new Set(answers.map((a) => a['connection'])).size;
    assert.ok(connections <= 2, `${connections} connections for 4 calls`);
  });

  test('without the CA nothing is sent', async () => {
    const cluster = { kind: 'server', server: url, token: 'secret', certificateAuthority: undefined } as const;
    await assert.rejects(ask(cluster), { code: 'Misconfigured' });
  });

  test('a kubeconfig with a client certificate', async () => {
    const cluster = writeKubeconfig(ca, {
      'client-certificate-data': base64(certificate('client')),
      'client-key-data': base64(certificate('client.key')),
    });
    const answers = await ask(cluster, 3);
    assert.deepEqual(new Set(answers.map((a) => a['client'])), new Set(['headgate test client']));
    assert.ok(new Set(answers.map((a) => a['connection'])).size <= 2);
  });

  test('a kubeconfig with a token', async () => {
    const [answer] = await ask(writeKubeconfig(ca, { token: 'from-kubeconfig' }));
    assert.equal(answer?.['token'], 'Bearer from-kubeconfig');
    assert.equal(answer?.['client'], undefined);
  });

  test('a kubeconfig that is given as text', async () => {
    const { path } = writeKubeconfig(ca, { token: 'from-text' });
    const [answer] = await ask({ kind: 'kubeconfig', path: '', content: readFileSync(path, 'utf8') });
    assert.equal(answer?.['token'], 'Bearer from-text');
  });

  test('a kubeconfig with an exec plugin', async () => {
    const credential = {
      apiVersion: 'client.authentication.k8s.io/v1',
      kind: 'ExecCredential',
      status: { token: 'x1' },
    };
    const [answer] = await ask(
      writeKubeconfig(ca, {
        exec: {
          apiVersion: 'client.authentication.k8s.io/v1',
          command: process.execPath,
          args: ['-e', `console.log(${JSON.stringify(JSON.stringify(credential))})`],
        },
      }),
    );
    assert.equal(answer?.['token'], 'Bearer x1');
  });

  test('a kubeconfig whose certificate names another host', async () => {
    await assert.rejects(ask(writeKubeconfig({ ...ca, 'tls-server-name': 'example.com' }, {})), {
      code: 'Misconfigured',
    });
  });

  test('a kubeconfig that is not there', async () => {
    await assert.rejects(ask({ kind: 'kubeconfig', path: join(folder, 'nowhere'), content: undefined }), {
      code: 'Misconfigured',
      message: /kubeconfig: .*nowhere/,
    });
  });
});

describe('a token for EKS', () => {
  const env = { AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE', AWS_SECRET_ACCESS_KEY: 'wJalrXUtnFEMI', AWS_SESSION_TOKEN: 'a+b/c=' };
  const cluster: ClusterConfig = {
    kind: 'eks',
    clusterName: 'blue',
    server: 'https://eks.test',
    certificateAuthority: certificate('ca'),
    region: 'eu-west-1',
  };
  const at = (now: number, environment: World['env'] = env) => ({ ...lambdaWorld, now: () => now, env: environment });
  const tokenOf = ({ headers }: { readonly headers: Readonly<Record<string, string>> }): string =>
    String(headers['authorization']).replace('Bearer ', '');
  const decode = (token: string): URL =>
    new URL(Buffer.from(token.slice('k8s-aws-v1.'.length), 'base64url').toString());

  test('is the presigned call that says who we are, with the cluster named in a signed header', async () => {
    const token = tokenOf(await connect(at(Date.UTC(2026, 0, 2, 3, 4, 5)), cluster)());
    assert.match(token, /^k8s-aws-v1\.[\w-]+$/);
    const url = decode(token);
    assert.equal(url.host, 'sts.eu-west-1.amazonaws.com');
    const { 'X-Amz-Signature': signature, ...query } = Object.fromEntries(url.searchParams);
    assert.deepEqual(query, {
      Action: 'GetCallerIdentity',
      Version: '2011-06-15',
      'X-Amz-Algorithm': 'AWS4-HMAC-SHA256',
      'X-Amz-Credential': 'AKIDEXAMPLE/20260102/eu-west-1/sts/aws4_request',
      'X-Amz-Date': '20260102T030405Z',
      'X-Amz-Expires': '60',
      'X-Amz-Security-Token': 'a+b/c=',
      'X-Amz-SignedHeaders': 'host;x-k8s-aws-id',
    });
    assert.equal(signature, signatureOf(query, url.host));
  });

  /** Signature Version 4, written down from its specification. */
  const signatureOf = (query: Record<string, string>, host: string): string => {
    const hmac = (key: string | Buffer, text: string): Buffer => createHmac('sha256', key).update(text).digest();
    const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');
    const canonicalQuery = Object.keys(query)
      .toSorted()
      .map((name) => `${encodeURIComponent(name)}=${encodeURIComponent(String(query[name]))}`)
      .join('&');
    const request = `GET\n/\n${canonicalQuery}\nhost:${host}\nx-k8s-aws-id:blue\n\nhost;x-k8s-aws-id\n${sha256('')}`;
    const scope = '20260102/eu-west-1/sts/aws4_request';
    const text = `AWS4-HMAC-SHA256\n20260102T030405Z\n${scope}\n${sha256(request)}`;
    const key = scope.split('/').reduce<string | Buffer>(hmac, `AWS4${env.AWS_SECRET_ACCESS_KEY}`);
    return hmac(key, text).toString('hex');
  };

  test('is kept for ten of its fifteen minutes', async () => {
    let now = Date.UTC(2026, 0, 1);
    const connection = connect({ ...lambdaWorld, env, now: () => now }, cluster);
    const first = tokenOf(await connection());
    now += 10 * 60_000 - 1;
    assert.equal(tokenOf(await connection()), first);
    now += 1;
    const second = tokenOf(await connection());
    assert.notEqual(second, first);
    assert.equal(decode(second).searchParams.get('X-Amz-Date'), '20260101T001000Z');
  });
});
