/** Questions that are answered on the spot: who am I, may I, and a token for a service account. */
import { ANONYMOUS, serviceAccountUser, type User } from '../access/user.ts';
import { newUid, timestamp, type Cluster } from '../cluster.ts';
import { listOf, objectOf, stringOf, type JsonObject } from '../object.ts';
import { badRequest, notFound } from '../status-error.ts';
import { keyFor } from '../store/store.ts';

const parsed = (body: string): JsonObject => {
  try {
    return objectOf(JSON.parse(body === '' ? '{}' : body));
  } catch (error) {
    throw badRequest(String(error));
  }
};

const isAllowed = (cluster: Cluster, user: User, spec: JsonObject): boolean => {
  const resource = objectOf(spec['resourceAttributes']);
  if (spec['resourceAttributes'] === undefined) {
    const path = objectOf(spec['nonResourceAttributes']);
    return cluster.rbac.allowsPath(user, stringOf(path['verb']), stringOf(path['path']));
  }
  const subresource = stringOf(resource['subresource']);
  return cluster.rbac.allows(user, {
    verb: stringOf(resource['verb']),
    group: stringOf(resource['group']),
    resource: stringOf(resource['resource']) + (subresource === '' ? '' : `/${subresource}`),
    name: stringOf(resource['name']),
    namespace: stringOf(resource['namespace']),
  });
};

/** Answers one of the kinds in REVIEWS. @throws StatusError 400 */
export const review = (cluster: Cluster, user: User, kind: string, body: string): JsonObject => {
  const request = parsed(body);
  const spec = objectOf(request['spec']);
  const userInfo = { username: user.name, groups: [...user.groups] };
  const api =
    kind.endsWith('AccessReview') || kind.endsWith('RulesReview')
      ? 'authorization.k8s.io/v1'
      : 'authentication.k8s.io/v1';
  const answer = (status: JsonObject): JsonObject => ({ kind, apiVersion: api, metadata: {}, spec, status });
  switch (kind) {
    case 'SelfSubjectReview':
      return answer({ userInfo });
    case 'TokenReview': {
      const known = cluster.mintedTokens.get(stringOf(spec['token']));
      return answer(
        known === undefined ? {} : { authenticated: true, user: { username: known.name, groups: [...known.groups] } },
      );
    }
    case 'SelfSubjectRulesReview': {
      const rules = cluster.rbac.rulesFor(user, stringOf(spec['namespace']));
      return answer({
        resourceRules: rules
          .filter((rule) => rule.resources.length > 0)
          .map(({ verbs, apiGroups, resources }) => ({
            verbs: [...verbs],
            apiGroups: [...apiGroups],
            resources: [...resources],
          })),
        nonResourceRules: rules
          .filter((rule) => rule.nonResourceURLs.length > 0)
          .map(({ verbs, nonResourceURLs }) => ({ verbs: [...verbs], nonResourceURLs: [...nonResourceURLs] })),
        incomplete: false,
      });
    }
    default: {
      const asked: User =
        kind === 'SelfSubjectAccessReview'
          ? user
          : { name: stringOf(spec['user']) || ANONYMOUS.name, groups: listOf(spec['groups']).map(stringOf) };
      return answer({ allowed: isAllowed(cluster, asked, spec) });
    }
  }
};

const DEFAULT_TOKEN_SECONDS = 3600;

/** TokenRequest: a bearer token by which its holder is the service account. */
export const mintToken = (cluster: Cluster, namespace: string, name: string, body: string): JsonObject => {
  const account = cluster.store.get('/serviceaccounts', keyFor(namespace, name));
  if (account === undefined) throw notFound({ group: '', resource: 'serviceaccounts' }, name);
  const spec = objectOf(parsed(body)['spec']);
  const expirationSeconds = Number(spec['expirationSeconds'] ?? DEFAULT_TOKEN_SECONDS);
  const token = `stand-in.${namespace}.${name}.${newUid(cluster)}`;
  cluster.mintedTokens.set(token, serviceAccountUser(namespace, name));
  return {
    kind: 'TokenRequest',
    apiVersion: 'authentication.k8s.io/v1',
    metadata: { name, namespace, creationTimestamp: timestamp(cluster) },
    spec: { ...spec, expirationSeconds },
    status: { token, expirationTimestamp: timestamp(cluster, expirationSeconds * 1000) },
  };
};
