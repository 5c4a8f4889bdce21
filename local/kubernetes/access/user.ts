/** Who sends a request. */
export type User = { readonly name: string; readonly groups: readonly string[] };

export const ANONYMOUS: User = { name: 'system:anonymous', groups: ['system:unauthenticated'] };

export const SUPERUSERS = 'system:masters';

export const serviceAccountUser = (namespace: string, name: string): User => ({
  name: `system:serviceaccount:${namespace}:${name}`,
  groups: ['system:serviceaccounts', `system:serviceaccounts:${namespace}`],
});

const BEARER = /^Bearer (.+)$/;

/** Finds the sender of a request by its bearer token; undefined when the token is not known (401). */
export const authenticate = (
  authorization: string | null,
  userOf: (token: string) => User | undefined,
): User | undefined => {
  const token = BEARER.exec(authorization ?? '')?.[1];
  if (token === undefined) return ANONYMOUS;
  const user = userOf(token);
  return user === undefined ? undefined : { ...user, groups: [...user.groups, 'system:authenticated'] };
};

/** Whom the sender wants to be taken for (`kubectl --as`); undefined when it is itself. */
export const impersonated = (headers: Headers): User | undefined => {
  const name = headers.get('impersonate-user');
  if (name === null) return undefined;
  const groups = (headers.get('impersonate-group') ?? '').split(', ').filter((group) => group !== '');
  return { name, groups: [...groups, 'system:authenticated'] };
};
