import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { planTenantObject } from '../../lib/tenant/plan-tenant-object.ts';
import { pool, settings, tenant, tenantSpec } from './samples.ts';

type Request = Parameters<typeof planTenantObject>[0];
const FRAUD = tenant(
  {
    namespaces: [{ name: 'fraud' }],
    isolation: { statePrefix: 's3://flink/fraud/' },
    quota: { guarantee: { cpu: '50', memory: '200Gi' } },
  },
  'fraud',
);
const plan = (request: Partial<Request> = {}) =>
  planTenantObject({
    name: 'payments',
    spec: tenantSpec(),
    key: 'r-0123',
    pool: pool(),
    tenants: [FRAUD],
    settings,
    ...request,
  });
const problemsOf = (request: Partial<Request>): readonly string[] => {
  const planned = plan(request);
  return 'problems' in planned ? planned.problems : [];
};
const spec = (changes: Parameters<typeof tenantSpec>[0]): Partial<Request> => ({ spec: tenantSpec(changes) });
const quota = (fields: Record<string, unknown>) => spec({ quota: fields });
const isolation = (fields: Record<string, unknown>) => spec({ isolation: fields });
const twoOld = tenant({ namespaces: [{ name: 'payments' }, { name: 'old' }] });

/** Each rule by a request that breaks it, where it says so, and a neighbour that is allowed. */
const RULES: readonly (readonly [
  sentence: string,
  path: string,
  refused: Partial<Request>,
  allowed: Partial<Request>,
])[] = [
  ['the pool exists', 'pool', { pool: undefined }, {}],
  [
    'the limit is not below the guarantee',
    'quota.limit',
    quota({ limit: { cpu: '60', memory: '79Gi' } }),
    quota({ limit: { cpu: '20', memory: '80Gi' } }),
  ],
  [
    'no more is lent than is guaranteed',
    'quota.lend',
    quota({ lend: { cpu: '21', memory: '1Gi' } }),
    quota({ lend: { cpu: '20', memory: '1Gi' } }),
  ],
  [
    'guarantees fit the pool',
    'quota.guarantee',
    quota({ guarantee: { cpu: '51', memory: '80Gi' } }),
    quota({ guarantee: { cpu: '50', memory: '80Gi' } }),
  ],
  [
    'guarantees fit in memory, too',
    'quota.guarantee',
    quota({ guarantee: { cpu: '20', memory: '201Gi' } }),
    quota({ guarantee: { cpu: '20', memory: '200Gi' } }),
  ],
  [
    'namespaces of Kubernetes are protected',
    'namespaces',
    spec({ namespaces: [{ name: 'kube-system', adopt: true }] }),
    spec({ namespaces: [{ name: 'kubernetes', adopt: true }] }),
  ],
  [
    'so is the default one',
    'namespaces',
    spec({ namespaces: [{ name: 'default', adopt: true }] }),
    spec({ namespaces: [{ name: 'defaults' }] }),
  ],
  [
    'so is Headgate’s own',
    'namespaces',
    spec({ namespaces: [{ name: 'headgate-system' }] }),
    spec({ namespaces: [{ name: 'headgate-jobs' }] }),
  ],
  [
    'so is the operator’s',
    'namespaces',
    spec({ namespaces: [{ name: 'flink-operator' }] }),
    spec({ namespaces: [{ name: 'flink' }] }),
  ],
  ['a tenant named like a protected namespace is refused', 'namespaces', { name: 'flink-operator' }, { name: 'flink' }],
  [
    'a namespace of another tenant is refused',
    'namespaces',
    spec({ namespaces: [{ name: 'fraud' }] }),
    spec({ namespaces: [{ name: 'payments' }] }),
  ],
  [
    'a namespace is stated once',
    'namespaces',
    spec({ namespaces: [{ name: 'a' }, { name: 'a' }] }),
    spec({ namespaces: [{ name: 'a' }, { name: 'b' }] }),
  ],
  [
    'a namespace is not taken from a tenant that lives',
    'namespaces',
    { ...spec({ namespaces: [{ name: 'payments' }] }), tenants: [twoOld] },
    { ...spec({ namespaces: [{ name: 'payments' }, { name: 'old' }, { name: 'new' }] }), tenants: [twoOld] },
  ],
  [
    'the first namespace stays the first',
    'namespaces',
    { ...spec({ namespaces: [{ name: 'old' }, { name: 'payments' }] }), tenants: [twoOld] },
    { ...spec({ namespaces: [{ name: 'payments' }, { name: 'old' }] }), tenants: [twoOld] },
  ],
  [
    'state lies apart from that of others',
    'isolation.statePrefix',
    isolation({ statePrefix: 's3://flink/fraud/payments/' }),
    isolation({ statePrefix: 's3://flink/fraud-payments/' }),
  ],
  [
    'state does not lie above that of others',
    'isolation.statePrefix',
    isolation({ statePrefix: 's3://flink/' }),
    isolation({ statePrefix: 's3://flink/p/' }),
  ],
  [
    'nor beside it under another scheme',
    'isolation.statePrefix',
    isolation({ statePrefix: 's3a://flink/fraud/' }),
    isolation({ statePrefix: 's3a://flink/payments/' }),
  ],
  [
    'the state prefix has one reading',
    'isolation.statePrefix',
    isolation({ statePrefix: 's3://flink/x/../payments/' }),
    isolation({ statePrefix: 's3://flink/x/payments/' }),
  ],
  [
    'jar prefixes have one reading',
    'isolation.jarPrefixes[0]',
    isolation({ jarPrefixes: ['https://example.com/%2e%2e/'] }),
    isolation({ jarPrefixes: ['https://example.com/jars/'] }),
  ],
  [
    'priority classes of the cluster are refused',
    'isolation.priorityClasses',
    isolation({ priorityClasses: ['system-cluster-critical'] }),
    isolation({ priorityClasses: ['high'] }),
  ],
  [
    'an opening is to somewhere',
    'isolation.network.allowTo[0]',
    isolation({ network: { allowTo: [{ ports: [443] }] } }),
    isolation({ network: { allowTo: [{ cidr: '10.0.0.0/8', ports: [443] }] } }),
  ],
  [
    'an opening is to one thing',
    'isolation.network.allowFrom[0]',
    isolation({ network: { allowFrom: [{ cidr: '10.0.0.0/8', namespace: 'x' }] } }),
    isolation({ network: { allowFrom: [{ namespace: 'x' }] } }),
  ],
  [
    'an address range is one',
    'isolation.network.allowTo[0].cidr',
    isolation({ network: { allowTo: [{ cidr: '10.0.0.1/8' }] } }),
    isolation({ network: { allowTo: [{ cidr: 'fd00::/8' }] } }),
  ],
  [
    'the metadata address is not opened',
    'isolation.network.allowTo[0].cidr',
    isolation({ network: { allowTo: [{ cidr: '169.254.169.254/32' }] } }),
    isolation({ network: { allowTo: [{ cidr: '169.254.170.23/32' }] } }),
  ],
  [
    'a service account has a namespace',
    'owners[0]',
    spec({ owners: [{ kind: 'ServiceAccount', name: 'a', role: 'edit' }] }),
    spec({ owners: [{ kind: 'ServiceAccount', name: 'a', namespace: 'ci', role: 'edit' }] }),
  ],
  [
    'a user has none',
    'owners[0]',
    spec({ owners: [{ kind: 'User', name: 'a', namespace: 'ci', role: 'edit' }] }),
    spec({ owners: [{ kind: 'User', name: 'a', role: 'edit' }] }),
  ],
  [
    'everybody is no owner',
    'owners[0]',
    spec({ owners: [{ kind: 'Group', name: 'system:authenticated', role: 'view' }] }),
    spec({ owners: [{ kind: 'Group', name: 'system:serviceaccounts:ci', role: 'view' }] }),
  ],
];

describe('a tenant that is applied:', () => {
  for (const [sentence, path, refused, allowed] of RULES) {
    it(sentence, () => {
      assert.deepEqual(
        problemsOf(refused).map((p) => p.split(': ')[0]),
        [path],
        problemsOf(refused).join('; '),
      );
      assert.deepEqual(problemsOf(allowed), []);
    });
  }

  it('is its object, complete', () => {
    assert.deepEqual(plan(), {
      objects: [
        {
          apiVersion: 'headgate.dev/v1alpha1',
          kind: 'Tenant',
          metadata: { name: 'payments', annotations: { 'headgate.dev/request': 'r-0123' } },
          spec: tenantSpec(),
        },
      ],
    });
  });

  it('counts no former guarantee of its own', () => {
    assert.deepEqual(
      problemsOf({ ...quota({ guarantee: { cpu: '50', memory: '80Gi' } }), tenants: [FRAUD, tenant()] }),
      [],
    );
  });

  it('counts no guarantee in another pool', () => {
    const elsewhere = tenant({ pool: 'batch', isolation: { statePrefix: 's3://b/' } }, 'batch');
    assert.deepEqual(
      problemsOf({
        ...quota({ guarantee: { cpu: '60', memory: '80Gi' }, limit: { cpu: '60', memory: '240Gi' } }),
        tenants: [elsewhere],
      }),
      [],
    );
  });

  it('is not held against a capacity that nobody knows', () => {
    const { capacity: _, ...unknown } = pool().spec;
    const measured = { ...pool(), spec: { ...unknown, fromNodes: { selector: {}, headroomPercent: 10 } } };
    assert.deepEqual(problemsOf({ ...quota({ guarantee: { cpu: '60', memory: '80Gi' } }), pool: measured }), []);
    const seen = { ...measured, status: { capacity: { obtainable: { cpu: '100', memory: '400Gi' } } } };
    assert.equal(problemsOf({ ...quota({ guarantee: { cpu: '60', memory: '80Gi' } }), pool: seen }).length, 1);
  });

  it('hears everything that is wrong at once', () => {
    const wrong = {
      ...spec({
        namespaces: [{ name: 'fraud' }, { name: 'kube-public' }],
        quota: { guarantee: { cpu: '90', memory: '1Gi' }, limit: { cpu: '1', memory: '1Gi' } },
        isolation: { statePrefix: 's3://flink/fraud/' },
      }),
    };
    assert.equal(problemsOf(wrong).length, 5);
  });
});
