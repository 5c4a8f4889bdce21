/** Nobody hands out rights that they do not have: the guard on roles and bindings (registry/rbac, escalation_check). */
import type { Rule } from '../access/rbac.ts';
import { ruleAllows, rulesOf } from '../access/rbac.ts';
import { SUPERUSERS } from '../access/user.ts';
import type { Write } from '../write.ts';
import { resourceOf } from '../kinds/kind.ts';
import { equal, objectOf, stringOf, type KubeObject } from '../object.ts';
import { forbidden, notFound } from '../status-error.ts';

const GROUP = 'rbac.authorization.k8s.io';

/** A rule as rules of one verb, one group, one resource and one name each. */
const broken = (rule: Rule): Rule[] => {
  const names = rule.resourceNames.length === 0 ? [[]] : rule.resourceNames.map((name) => [name]);
  const paths = rule.nonResourceURLs.flatMap((url) =>
    rule.verbs.map((verb): Rule => ({
      verbs: [verb],
      apiGroups: [],
      resources: [],
      resourceNames: [],
      nonResourceURLs: [url],
    })),
  );
  const resources = rule.apiGroups.flatMap((group) =>
    rule.resources.flatMap((resource) =>
      names.flatMap((resourceNames) =>
        rule.verbs.map((verb): Rule => ({
          verbs: [verb],
          apiGroups: [group],
          resources: [resource],
          resourceNames,
          nonResourceURLs: [],
        })),
      ),
    ),
  );
  return [...paths, ...resources];
};

/** Whether a rule covers one verb on one thing. Without a name, only a rule for all names does. */
const covers = (owned: Rule, wanted: Rule): boolean => {
  const [verb = ''] = wanted.verbs;
  const [url] = wanted.nonResourceURLs;
  if (url !== undefined) {
    const isSame = (own: string): boolean =>
      own === url || own === '*' || (own.endsWith('*') && url.startsWith(own.slice(0, -1)));
    return (owned.verbs.includes('*') || owned.verbs.includes(verb)) && owned.nonResourceURLs.some(isSame);
  }
  const [name = ''] = wanted.resourceNames;
  if (name === '' && owned.resourceNames.length > 0) return false;
  return ruleAllows(owned, {
    verb,
    group: wanted.apiGroups[0] ?? '',
    resource: wanted.resources[0] ?? '',
    name,
    namespace: '',
  });
};

const list = (values: readonly string[]): string => `[${values.map((value) => JSON.stringify(value)).join(' ')}]`;

const compactText = (rule: Rule): string => {
  const parts = [
    ['NonResourceURLs', rule.nonResourceURLs],
    ['APIGroups', rule.apiGroups],
    ['Resources', rule.resources],
    ['ResourceNames', rule.resourceNames],
    ['Verbs', rule.verbs],
  ] as const;
  return `{${parts
    .filter(([, values]) => values.length > 0)
    .map(([name, values]) => `${name}:${list(values)}`)
    .join(', ')}}`;
};

/** Missing rights for the same thing, with their verbs together. */
const compacted = (missing: readonly Rule[]): string[] => {
  const byThing = new Map<string, Rule>();
  for (const rule of missing) {
    const thing = JSON.stringify([rule.apiGroups, rule.resources, rule.resourceNames, rule.nonResourceURLs]);
    const before = byThing.get(thing);
    byThing.set(thing, { ...rule, verbs: [...(before?.verbs ?? []), ...rule.verbs] });
  }
  return [...byThing.values()].map(compactText).toSorted();
};

const assertCovered = (write: Write, object: KubeObject, wanted: readonly Rule[], namespace: string): void => {
  const { user, cluster, kind } = write;
  const owned = cluster.rbac.rulesFor(user, namespace);
  const missing = wanted.flatMap(broken).filter((one) => !owned.some((rule) => covers(rule, one)));
  if (missing.length === 0) return;
  const groups = user.groups.map((group) => JSON.stringify(group)).join(' ');
  const why = `user ${JSON.stringify(user.name)} (groups=[${groups}]) is attempting to grant RBAC permissions not currently held:\n${compacted(missing).join('\n')}`;
  throw forbidden(resourceOf(kind), object.metadata.name ?? '', why);
};

const guardRole = (write: Write, role: KubeObject, live: KubeObject | undefined): void => {
  const { cluster, kind, user } = write;
  if (live !== undefined && equal(live['rules'], role['rules'])) return;
  const { name = '', namespace = '' } = role.metadata;
  if (cluster.rbac.allows(user, { verb: 'escalate', group: GROUP, resource: kind.plural, name, namespace })) return;
  assertCovered(write, role, rulesOf(role), namespace);
};

const guardBinding = (write: Write, binding: KubeObject, live: KubeObject | undefined): void => {
  const { cluster, user } = write;
  if (live !== undefined && equal(live['roleRef'], binding['roleRef']) && equal(live['subjects'], binding['subjects']))
    return;
  const ref = objectOf(binding['roleRef']);
  const role = { kind: stringOf(ref['kind']), name: stringOf(ref['name']) };
  const { namespace = '' } = binding.metadata;
  const resource = role.kind === 'ClusterRole' ? 'clusterroles' : 'roles';
  if (cluster.rbac.allows(user, { verb: 'bind', group: GROUP, resource, name: role.name, namespace })) return;
  const rules = cluster.rbac.rulesOfRole(role, namespace);
  if (rules === undefined) throw notFound({ group: GROUP, resource }, role.name);
  assertCovered(write, binding, rules, namespace);
};

/** @throws StatusError 403 when a role or binding gives more than its writer has */
export const assertNoEscalation = (write: Write, object: KubeObject, live: KubeObject | undefined): void => {
  if (write.kind.group !== GROUP || write.user.groups.includes(SUPERUSERS)) return;
  if (write.kind.kind.endsWith('Binding')) guardBinding(write, object, live);
  else guardRole(write, object, live);
};
