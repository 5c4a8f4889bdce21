/** Role-based access control, evaluated over the stored roles and bindings. */
import { listOf, objectOf, stringOf, type JsonObject, type KubeObject } from '../object.ts';
import { keyFor, type Store } from '../store/store.ts';
import { SUPERUSERS, type User } from './user.ts';

const GROUP = 'rbac.authorization.k8s.io';

/** What a request wants to do, as rules speak of it. */
export type Attempt = {
  readonly verb: string;
  readonly group: string;
  /** With its subresource: `pods/log`. */
  readonly resource: string;
  readonly name: string;
  readonly namespace: string;
};

export type Rule = {
  readonly verbs: readonly string[];
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly resourceNames: readonly string[];
  readonly nonResourceURLs: readonly string[];
};

export type Rbac = {
  allows(user: User, attempt: Attempt): boolean;
  allowsPath(user: User, verb: string, path: string): boolean;
  /** The rules that hold for the user in a namespace ('' for the whole cluster). */
  rulesFor(user: User, namespace: string): readonly Rule[];
  /** The rules behind a roleRef, seen from a namespace. */
  rulesOfRole(role: { readonly kind: string; readonly name: string }, namespace: string): readonly Rule[] | undefined;
};

const strings = (value: unknown): string[] => listOf(value).map(stringOf);

export const rulesOf = (role: KubeObject | undefined): Rule[] =>
  listOf(role?.['rules'])
    .map(objectOf)
    .map((rule) => ({
      verbs: strings(rule['verbs']),
      apiGroups: strings(rule['apiGroups']),
      resources: strings(rule['resources']),
      resourceNames: strings(rule['resourceNames']),
      nonResourceURLs: strings(rule['nonResourceURLs']),
    }));

const covers = (allowed: readonly string[], wanted: string): boolean =>
  allowed.includes('*') || allowed.includes(wanted);

const coversResource = (allowed: readonly string[], wanted: string): boolean => {
  const subresource = wanted.split('/')[1];
  return covers(allowed, wanted) || (subresource !== undefined && allowed.includes(`*/${subresource}`));
};

/** Whether one rule lets the attempt pass. */
export const ruleAllows = (rule: Rule, attempt: Attempt): boolean =>
  covers(rule.verbs, attempt.verb) &&
  covers(rule.apiGroups, attempt.group) &&
  coversResource(rule.resources, attempt.resource) &&
  (rule.resourceNames.length === 0 || rule.resourceNames.includes(attempt.name));

const coversPath = (rule: Rule, verb: string, path: string): boolean =>
  covers(rule.verbs, verb) &&
  rule.nonResourceURLs.some((url) => (url.endsWith('*') ? path.startsWith(url.slice(0, -1)) : url === path));

const isSubject = (user: User, subject: JsonObject, namespace: string): boolean => {
  const name = stringOf(subject['name']);
  switch (subject['kind']) {
    case 'User':
      return user.name === name;
    case 'Group':
      return user.groups.includes(name);
    default: {
      const home = stringOf(subject['namespace']) === '' ? namespace : stringOf(subject['namespace']);
      return user.name === `system:serviceaccount:${home}:${name}`;
    }
  }
};

const EVERYTHING: Rule = {
  verbs: ['*'],
  apiGroups: ['*'],
  resources: ['*'],
  resourceNames: [],
  nonResourceURLs: ['*'],
};

/** Evaluates access over the store; what it found out is kept until a role or binding changes. */
export const createRbac = (store: Store): Rbac => {
  const known = new Map<string, readonly Rule[]>();
  store.subscribe(({ collection }) => {
    if (collection.startsWith(GROUP)) known.clear();
  });

  const rulesOfRole: Rbac['rulesOfRole'] = ({ kind, name }, namespace) => {
    const role =
      kind === 'ClusterRole'
        ? store.get(`${GROUP}/clusterroles`, name)
        : store.get(`${GROUP}/roles`, keyFor(namespace, name));
    return role === undefined ? undefined : rulesOf(role);
  };

  const boundRules = (bindings: readonly KubeObject[], user: User): Rule[] =>
    bindings
      .filter((binding) =>
        listOf(binding['subjects']).some((one) => isSubject(user, objectOf(one), binding.metadata.namespace ?? '')),
      )
      .flatMap((binding) => {
        const { kind, name } = objectOf(binding['roleRef']);
        return rulesOfRole({ kind: stringOf(kind), name: stringOf(name) }, binding.metadata.namespace ?? '') ?? [];
      });

  const rulesFor = (user: User, namespace: string): readonly Rule[] => {
    if (user.groups.includes(SUPERUSERS)) return [EVERYTHING];
    const key = JSON.stringify([user.name, user.groups, namespace]);
    let rules = known.get(key);
    if (rules === undefined) {
      const own = namespace === '' ? [] : store.list(`${GROUP}/rolebindings`, `${namespace}/`);
      rules = boundRules([...store.list(`${GROUP}/clusterrolebindings`), ...own], user);
      known.set(key, rules);
    }
    return rules;
  };

  return {
    rulesFor,
    rulesOfRole,
    allows: (user, attempt) => rulesFor(user, attempt.namespace).some((rule) => ruleAllows(rule, attempt)),
    allowsPath: (user, verb, path) => rulesFor(user, '').some((rule) => coversPath(rule, verb, path)),
  };
};
