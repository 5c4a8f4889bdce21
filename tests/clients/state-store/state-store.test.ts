import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { createStateStore, type StateStore } from '../../../lib/clients/state-store/state-store.ts';
import { socketError, wire, type Script, type Sent, type Wire } from '../wire.ts';

const JOB = '29a05271ced5ea5e99d13eedf14fe5f1';
const OTHER_JOB = '395e50da63388c9188d15a2226bdeb74';

describe('state in files', () => {
  let root = '';
  let store: StateStore;
  before(async () => {
    root = await mkdtemp(join(tmpdir(), 'headgate-state-'));
    const files: readonly (readonly [string, string])[] = [
      [`payments/checkpoints/${JOB}/chk-9/_metadata`, '2026-11-23T15:09:00Z'],
      [`payments/checkpoints/${JOB}/chk-10/_metadata`, '2026-11-23T15:10:00Z'],
      [`payments/checkpoints/${JOB}/chk-11/00-half-written`, '2026-11-23T15:11:00Z'],
      [`payments/checkpoints/${JOB}/shared/x`, '2026-11-23T15:11:00Z'],
      [`payments/checkpoints/${OTHER_JOB}/chk-3/_metadata`, '2026-11-23T16:00:00Z'],
      ['payments/savepoints/savepoint-29a052-1/_metadata', '2026-11-23T14:00:00Z'],
      ['payments/savepoints/notes.txt', '2026-11-23T14:00:00Z'],
      ['orders/checkpoints/chk-1/_metadata', '2026-11-23T14:00:00Z'],
    ];
    for (const [path, at] of files) {
      const file = join(root, path);
      await mkdir(dirname(file), { recursive: true });
      await writeFile(file, '');
      await utimes(file, new Date(at), new Date(at));
    }
    await symlink(join(root, 'orders/checkpoints/chk-1'), join(root, 'payments/out'));
    store = createStateStore(wire(() => 'silence').world, { statePrefix: 'file:///payments/', filesRoot: root });
  });
  after(() => rm(root, { recursive: true }));

  test('a checkpoint is proven by its metadata, also as Flink writes its location', async () => {
    const completedAt = Date.parse('2026-11-23T15:10:00Z');
    for (const location of [
      `file:/payments/checkpoints/${JOB}/chk-10`,
      `file:///payments/checkpoints/${JOB}/chk-10/`,
      `file:///payments/checkpoints/${JOB}/chk-10/_metadata`,
    ]) {
      assert.deepEqual(await store.proveCheckpoint(location), { kind: 'exists', completedAt });
    }
  });

  test('a half-written one is absent', async () => {
    const proof = await store.proveCheckpoint(`file:///payments/checkpoints/${JOB}/chk-11`);
    assert.equal(proof.kind, 'absent');
  });

  const UNKNOWN: readonly (readonly [string, string])[] = [
    ['of a neighbour', 'file:///orders/checkpoints/chk-1'],
    ['that climbs out', 'file:///payments/../orders/checkpoints/chk-1'],
    ['behind a link to a neighbour', 'file:///payments/out'],
    ['in a store that is not set up', 's3://payments/chk-1'],
    ['without a store', '/payments/chk-1'],
  ];
  for (const [name, location] of UNKNOWN) {
    test(`a place ${name} is not looked at`, async () => {
      assert.equal((await store.proveCheckpoint(location)).kind, 'unknown');
    });
  }

  test('the restore points of a job come newest first', async () => {
    const folder = `file:///payments/checkpoints/${JOB}`;
    assert.deepEqual(await store.listRestorePoints(`${folder}/`), [
      { kind: 'checkpoint', id: 10, location: `${folder}/chk-10`, completedAt: '2026-11-23T15:10:00Z' },
      { kind: 'checkpoint', id: 9, location: `${folder}/chk-9`, completedAt: '2026-11-23T15:09:00Z' },
    ]);
  });

  test('the folder of all jobs lists those of each', async () => {
    const points = await store.listRestorePoints('file:///payments/checkpoints');
    assert.deepEqual(
      points.map((p) => p.location.slice('file:///payments/checkpoints/'.length)),
      [`${OTHER_JOB}/chk-3`, `${JOB}/chk-10`, `${JOB}/chk-9`],
    );
  });

  test('savepoints are found by their folders', async () => {
    assert.deepEqual(await store.listRestorePoints('file:///payments/savepoints'), [
      {
        kind: 'savepoint',
        location: 'file:///payments/savepoints/savepoint-29a052-1',
        completedAt: '2026-11-23T14:00:00Z',
      },
    ]);
  });

  test('a folder that is not there holds none', async () => {
    assert.deepEqual(await store.listRestorePoints('file:///payments/nothing/here'), []);
  });

  test('a list outside the prefix is refused, not empty', async () => {
    await assert.rejects(store.listRestorePoints('file:///orders/checkpoints'), { code: 'Forbidden' });
    await assert.rejects(store.listRestorePoints('s3://payments/x'), { code: 'Forbidden' });
  });
});

describe('state in S3', () => {
  const env = { AWS_ACCESS_KEY_ID: 'AKID', AWS_SECRET_ACCESS_KEY: 'secret', AWS_SESSION_TOKEN: 'token' };
  const PREFIX = 's3://flink/payments/';
  const bucket = (script: Script, prefix = PREFIX): Wire & { readonly store: StateStore } => {
    const there = wire(script, env);
    const store = createStateStore(there.world, {
      statePrefix: prefix,
      s3: { region: 'eu-west-1', endpoint: 'http://store:9000', forcePathStyle: true },
    });
    return { ...there, store };
  };
  const xml = (body: string, status = 200): Response =>
    new Response(`<?xml version="1.0" encoding="UTF-8"?>${body}`, {
      status,
      headers: { 'content-type': 'application/xml' },
    });
  const page = (folders: readonly string[], next?: string): Response =>
    xml(
      `<ListBucketResult><IsTruncated>${next !== undefined}</IsTruncated>${
        next === undefined ? '' : `<NextContinuationToken>${next}</NextContinuationToken>`
      }${folders.map((f) => `<CommonPrefixes><Prefix>${f}/</Prefix></CommonPrefixes>`).join('')}</ListBucketResult>`,
    );
  const head = (lastModified: string | undefined): Response =>
    new Response(null, lastModified === undefined ? { status: 404 } : { headers: { 'last-modified': lastModified } });
  const asked = (sent: readonly Sent[]) => sent.map(({ method, path }) => `${method} ${path}`);

  test('a checkpoint is proven by one signed HEAD of its metadata', async () => {
    const { store, sent } = bucket(() => head('Mon, 23 Nov 2026 15:10:00 GMT'));
    const proof = await store.proveCheckpoint('s3a://flink/payments/chk/chk-10');
    assert.deepEqual(proof, { kind: 'exists', completedAt: Date.parse('2026-11-23T15:10:00Z') });
    assert.deepEqual(asked(sent), ['HEAD /flink/payments/chk/chk-10/_metadata']);
    // Signed on the world's clock.
    assert.match(
      sent[0]!.headers.get('authorization')!,
      /^AWS4-HMAC-SHA256 Credential=AKID\/20260101\/eu-west-1\/s3\//,
    );
    assert.equal(sent[0]!.headers.get('x-amz-security-token'), 'token');
  });

  const PROOFS: readonly (readonly [string, Script, string])[] = [
    ['absent, when there is no metadata', () => head(undefined), 'absent'],
    ['unknown, when the store refuses to say', () => new Response(null, { status: 403 }), 'unknown'],
    ['unknown, when the store is away', () => socketError('ECONNREFUSED'), 'unknown'],
    ['unknown, when the store is busy', () => new Response(null, { status: 503 }), 'unknown'],
    ['unknown, when the bucket is elsewhere', () => new Response(null, { status: 301 }), 'unknown'],
  ];
  for (const [name, script, kind] of PROOFS) {
    test(`a restore point is ${name}`, async () => {
      const { store } = bucket(script);
      assert.equal((await store.proveCheckpoint('s3://flink/payments/chk-1')).kind, kind);
    });
  }

  test('a busy store is asked again', async () => {
    const { store, sent } = bucket((_, number) =>
      number < 3 ? new Response(null, { status: 503 }) : head('Mon, 23 Nov 2026 15:10:00 GMT'),
    );
    assert.equal((await store.proveCheckpoint('s3://flink/payments/chk-1')).kind, 'exists');
    assert.equal(sent.length, 3);
  });

  test('nothing outside the prefix is ever asked for', async () => {
    const { store, sent } = bucket(() => head(undefined));
    for (const place of [
      's3://flink/orders/chk-1',
      's3://other/payments/chk-1',
      's3://flink/payments/../orders/chk-1',
    ]) {
      assert.equal((await store.proveCheckpoint(place)).kind, 'unknown');
      await assert.rejects(store.listRestorePoints(place), { code: 'Forbidden' });
    }
    assert.deepEqual(sent, []);
  });

  test('a list reads folder names page by page, never the state files in them', async () => {
    const folder = `payments/chk/${JOB}`;
    const { store, sent } = bucket(({ method, path, query }) => {
      if (method === 'HEAD') return head(path.includes('chk-12') ? undefined : 'Mon, 23 Nov 2026 15:10:00 GMT');
      return query['continuation-token'] === undefined
        ? page([`${folder}/chk-11`, `${folder}/shared`], 'more')
        : page([`${folder}/chk-12`, `${folder}/taskowned`]);
    });
    assert.deepEqual(await store.listRestorePoints(`s3://flink/${folder}`), [
      { kind: 'checkpoint', id: 11, location: `s3://flink/${folder}/chk-11`, completedAt: '2026-11-23T15:10:00Z' },
    ]);
    assert.deepEqual([...asked(sent)].sort(), [
      'GET /flink/',
      'GET /flink/',
      `HEAD /flink/${folder}/chk-11/_metadata`,
      `HEAD /flink/${folder}/chk-12/_metadata`,
    ]);
    const { prefix, delimiter } = sent[0]!.query;
    assert.deepEqual({ prefix, delimiter }, { prefix: `${folder}/`, delimiter: '/' });
  });

  test('a list that the store refuses is an error in its words', async () => {
    const { store } = bucket(() => xml('<Error><Code>AccessDenied</Code><Message>not yours</Message></Error>', 403));
    await assert.rejects(store.listRestorePoints('s3://flink/payments/chk'), {
      code: 'Forbidden',
      message: /S3 answers 403: .*not yours/,
    });
  });

  test('blanks and other marks in names are asked for as they are', async () => {
    const { store, sent } = bucket(() => head(undefined), 's3://flink/pay ments+1/');
    await store.proveCheckpoint('s3://flink/pay ments+1/chk-1');
    assert.equal(decodeURIComponent(sent[0]!.path), '/flink/pay ments+1/chk-1/_metadata');
  });
});
