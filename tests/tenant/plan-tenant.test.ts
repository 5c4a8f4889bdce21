import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { CLUSTER_ROLES } from '../../lib/tenant/cluster-roles.ts';
import { planTenant } from '../../lib/tenant/plan-tenant.ts';
import { assertGolden } from './golden.ts';
import { settings, tenant } from './samples.ts';

const named = (plan: ReturnType<typeof planTenant>, kind: string, name?: string) =>
  plan.fences.filter((o) => o.kind === kind && (name === undefined || o.metadata.name === name));

describe('the plan of a tenant', () => {
  it('is, for a tenant with two namespaces and openings, the golden file', () => {
    const plan = planTenant(
      tenant({
        namespaces: [{ name: 'payments' }, { name: 'payments-old', adopt: true }],
        isolation: {
          serviceAccountAnnotations: { 'eks.amazonaws.com/role-arn': 'arn:aws:iam::111122223333:role/payments' },
          network: {
            allowFrom: [{ namespace: 'monitoring', ports: [9249] }],
            allowTo: [{ cidr: '0.0.0.0/0', ports: [443] }, { cidr: '10.20.0.0/16' }],
          },
        },
      }),
      { ...settings, operatorServiceAccount: 'flink-operator', dnsCidrs: ['169.254.20.10/32'] },
    );
    assertGolden('tenant-plan.yaml', [...plan.fences, ...plan.birthQuotas, { adopt: plan.adopt }]);
  });

  it('names every namespace before anything inside one', () => {
    const { fences } = planTenant(tenant({ namespaces: [{ name: 'a' }, { name: 'b' }] }), settings);
    assert.deepEqual(
      fences.slice(0, 2).map((o) => `${o.kind} ${o.metadata.name}`),
      ['Namespace a', 'Namespace b'],
    );
    assert.ok(fences.slice(2).every((o) => o.metadata.namespace === 'a' || o.metadata.namespace === 'b'));
  });

  it('gives each object once', () => {
    const { fences } = planTenant(tenant({ namespaces: [{ name: 'a' }, { name: 'b' }] }), settings);
    const keys = fences.map((o) => `${o.kind} ${o.metadata.namespace}/${o.metadata.name}`);
    assert.equal(new Set(keys).size, keys.length);
  });

  it('marks everything with the tenant', () => {
    const { fences, birthQuotas } = planTenant(tenant(), settings);
    for (const object of [...fences, ...birthQuotas]) {
      assert.equal(object.metadata.labels?.['headgate.dev/tenant'], 'payments', object.kind);
    }
  });

  it('is born with a quota of zero in each namespace that is made, and in none that is adopted', () => {
    const plan = planTenant(tenant({ namespaces: [{ name: 'new' }, { name: 'old', adopt: true }] }), settings);
    assert.deepEqual(
      plan.birthQuotas.map((q) => [q.metadata.namespace, q.metadata.name, q.spec.hard]),
      [['new', 'headgate', { 'requests.cpu': '0', 'requests.memory': '0', 'limits.cpu': '0', 'limits.memory': '0' }]],
    );
    assert.deepEqual(plan.adopt, ['old']);
  });

  it('enforces Pod Security when told to enforce, and only reports when told to audit or warn', () => {
    const labels = (enforcement: string) =>
      Object.keys(planTenant(tenant({ isolation: { enforcement } }), settings).fences[0]?.metadata.labels ?? {})
        .filter((label) => label.startsWith('pod-security'))
        .map((label) => label.split('/')[1]);
    assert.deepEqual(labels('enforce'), ['audit', 'warn', 'enforce']);
    assert.deepEqual(labels('warn'), ['audit', 'warn']);
    assert.deepEqual(labels('audit'), ['audit']);
  });

  it('cuts no living namespace off while it is only watched', () => {
    const plan = planTenant(
      tenant({ namespaces: [{ name: 'old', adopt: true }], isolation: { enforcement: 'audit' } }),
      settings,
    );
    assert.deepEqual([...named(plan, 'NetworkPolicy'), ...named(plan, 'LimitRange')], []);
  });

  it('never opens the metadata address, however wide the range is', () => {
    const egress = (cidr: string) =>
      JSON.stringify(
        named(
          planTenant(tenant({ isolation: { network: { allowTo: [{ cidr }] } } }), settings),
          'NetworkPolicy',
          'headgate-openings',
        ),
      );
    assert.match(egress('0.0.0.0/0'), /"except":\["169\.254\.169\.254\/32"\]/);
    assert.match(egress('169.254.0.0/16'), /"except":\["169\.254\.169\.254\/32"\]/);
    assert.match(egress('::/0'), /"except":\["fd00:ec2::254\/128"\]/);
    assert.doesNotMatch(egress('10.0.0.0/8'), /except/);
    assert.equal(egress('169.254.169.254/32'), '[]');
  });

  it('lets nobody but the operator and the control plane reach the REST API', () => {
    const [rest] = named(planTenant(tenant(), settings), 'NetworkPolicy', 'headgate-rest');
    const from = [
      { namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'flink-operator' } } },
      { ipBlock: { cidr: '10.0.0.0/28' } },
    ];
    assert.partialDeepStrictEqual(rest, { spec: { ingress: [{ from, ports: [{ protocol: 'TCP', port: 8081 }] }] } });
  });

  it('binds owners by their roles, and leaves out a role that nobody has', () => {
    const bindings = named(
      planTenant(tenant({ owners: [{ kind: 'User', name: 'bo', role: 'view' }] }), settings),
      'RoleBinding',
    );
    assert.deepEqual(
      bindings.map((b) => b.metadata.name),
      ['headgate-job', 'headgate-work', 'headgate-owners-view'],
    );
  });

  it('binds only cluster roles that are shipped', () => {
    const shipped = new Set(Object.values(CLUSTER_ROLES).map((role) => role.metadata.name));
    const plan = planTenant(tenant(), { ...settings, operatorServiceAccount: 'flink-operator' });
    for (const binding of named(plan, 'RoleBinding')) {
      const [, name = ''] =
        /"roleRef":\{[^}]*"kind":"ClusterRole","name":"([^"]+)"/.exec(JSON.stringify(binding)) ?? [];
      assert.ok(shipped.has(name), name);
    }
  });

  it('says the same twice', () => {
    assert.deepEqual(planTenant(tenant(), settings), planTenant(tenant(), settings));
  });
});

describe('the roles in a tenant namespace', () => {
  const granted = (role: (typeof CLUSTER_ROLES)[keyof typeof CLUSTER_ROLES]) =>
    role.rules.flatMap((r) => r.resources.flatMap((resource) => r.verbs.map((verb) => `${verb} ${resource}`)));

  it('name their verbs and resources, and grant none by wildcard', () => {
    for (const role of Object.values(CLUSTER_ROLES)) {
      assert.ok(
        granted(role).every((grant) => !grant.includes('*')),
        role.metadata.name,
      );
    }
  });

  it('let nobody change who may do what, or act as somebody else', () => {
    for (const role of Object.values(CLUSTER_ROLES)) {
      for (const grant of granted(role)) {
        assert.doesNotMatch(
          grant,
          /^(bind|escalate|impersonate) |roles|rolebindings|serviceaccounts\/token/,
          role.metadata.name,
        );
      }
    }
  });

  it('let no owner change a fence, or write Flink resources past the checks', () => {
    for (const role of [CLUSTER_ROLES.tenantView, CLUSTER_ROLES.tenantEdit, CLUSTER_ROLES.tenantAdmin]) {
      for (const grant of granted(role)) {
        assert.doesNotMatch(
          grant,
          /^(create|update|patch|delete) (networkpolicies|resourcequotas|limitranges|flink|managedjobs|deployments|services)/,
          role.metadata.name,
        );
      }
    }
  });

  it('let no function of Headgate read secrets, run commands in pods, or submit code to Flink', () => {
    for (const grant of granted(CLUSTER_ROLES.work)) {
      assert.doesNotMatch(grant, /secrets|pods\/exec|^create (services\/proxy|pods)/);
    }
  });

  it('let editors write secrets that they cannot read', () => {
    const edit = granted(CLUSTER_ROLES.tenantEdit);
    assert.ok(edit.includes('create secrets'));
    assert.ok(!edit.includes('get secrets') && !edit.includes('list secrets') && !edit.includes('watch secrets'));
  });
});
