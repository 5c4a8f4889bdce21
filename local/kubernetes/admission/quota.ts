/** ResourceQuota: what objects use, and whether another one fits (apiserver's resourcequota plug-in). */
import { isRunningOut } from '../kinds/pod-life.ts';
import { podResources } from '../kinds/pod-resources.ts';
import { qosClass } from '../kinds/pod-spec.ts';
import { collectionOf, resourceOf, type Kind } from '../kinds/kind.ts';
import { listOf, objectOf, stringOf, textOf, type JsonObject, type KubeObject } from '../object.ts';
import { add, amountsOf, combine, formatAmounts, formatQuantity, subtract, ZERO, type Amounts } from '../quantity.ts';
import { forbidden } from '../status-error.ts';
import type { Write } from '../write.ts';

const ONE = { nanos: 1_000_000_000n, format: 'decimal' } as const;

/** Kinds that are also counted by their bare name. */
const COUNTED_BY_NAME = new Set(['configmaps', 'persistentvolumeclaims', 'resourcequotas', 'secrets', 'services']);

const isPod = (kind: Pick<Kind, 'group' | 'plural'>): boolean => kind.group === '' && kind.plural === 'pods';

const renamed = (amounts: Amounts, prefixes: readonly string[]): Amounts =>
  Object.fromEntries(
    Object.entries(amounts).flatMap(([name, quantity]) => prefixes.map((prefix) => [`${prefix}${name}`, quantity])),
  );

const podUsage = (pod: KubeObject, now: number): Amounts => {
  if (!isRunningOut(pod, now)) {
    return {
      pods: ONE,
      ...renamed(podResources(pod, 'requests'), ['', 'requests.']),
      ...renamed(podResources(pod, 'limits'), ['limits.']),
    };
  }
  return {};
};

const serviceUsage = (service: KubeObject): Amounts => {
  const type = objectOf(service['spec'])['type'];
  return type === 'LoadBalancer'
    ? { 'services.loadbalancers': ONE, 'services.nodeports': ONE }
    : type === 'NodePort'
      ? { 'services.nodeports': ONE }
      : {};
};

const claimUsage = (claim: KubeObject): Amounts => {
  const { storage } = amountsOf(objectOf(objectOf(objectOf(claim['spec'])['resources'])['requests']));
  return storage === undefined ? {} : { 'requests.storage': storage };
};

/** What one object uses, by the names that a quota may limit. */
export const usageOf = (kind: Pick<Kind, 'group' | 'plural'>, object: KubeObject, now: number): Amounts => {
  const count = { [`count/${kind.plural}${kind.group === '' ? '' : `.${kind.group}`}`]: ONE };
  if (kind.group !== '') return count;
  const named = COUNTED_BY_NAME.has(kind.plural) ? { ...count, [kind.plural]: ONE } : count;
  switch (kind.plural) {
    case 'pods':
      return { ...count, ...podUsage(object, now) };
    case 'services':
      return { ...named, ...serviceUsage(object) };
    case 'persistentvolumeclaims':
      return { ...named, ...claimUsage(object) };
    default:
      return named;
  }
};

const inScope = (scope: string, pod: KubeObject): boolean => {
  const spec = objectOf(pod['spec']);
  switch (scope) {
    case 'Terminating':
      return spec['activeDeadlineSeconds'] !== undefined;
    case 'NotTerminating':
      return spec['activeDeadlineSeconds'] === undefined;
    case 'BestEffort':
      return qosClass(pod) === 'BestEffort';
    case 'NotBestEffort':
      return qosClass(pod) !== 'BestEffort';
    case 'PriorityClass':
      return stringOf(spec['priorityClassName']) !== '';
    default:
      return false;
  }
};

const matchesExpression = (expression: JsonObject, pod: KubeObject): boolean => {
  const scope = stringOf(expression['scopeName']);
  const values = new Set(listOf(expression['values']).map(textOf));
  const value = stringOf(objectOf(pod['spec'])['priorityClassName']);
  if (scope !== 'PriorityClass' || expression['operator'] === 'Exists') return inScope(scope, pod);
  if (expression['operator'] === 'In') return values.has(value);
  if (expression['operator'] === 'NotIn') return !values.has(value);
  return value === '';
};

/** Whether a quota looks at an object at all: scoped quotas look at pods in all of their scopes. */
export const isInScopeOf = (quota: KubeObject, kind: Pick<Kind, 'group' | 'plural'>, object: KubeObject): boolean => {
  const spec = objectOf(quota['spec']);
  const scopes = listOf(spec['scopes']).map(stringOf);
  const expressions = listOf(objectOf(spec['scopeSelector'])['matchExpressions']).map(objectOf);
  if (scopes.length + expressions.length === 0) return true;
  if (!isPod(kind)) return false;
  return scopes.every((scope) => inScope(scope, object)) && expressions.every((one) => matchesExpression(one, object));
};

const MUST_BE_SET = ['cpu', 'limits.cpu', 'limits.memory', 'memory', 'requests.cpu', 'requests.memory'];

/** Every container must say what a quota limits. @throws StatusError 403 */
const assertSpecified = (write: Write, quota: KubeObject, pod: KubeObject, hard: Amounts): void => {
  const spec = objectOf(pod['spec']);
  const wanted = MUST_BE_SET.filter((name) => hard[name] !== undefined);
  const missing = wanted.flatMap((name) => {
    const which = name.startsWith('limits.') ? 'limits' : 'requests';
    const bare = name.split('.').at(-1) ?? '';
    const containers = [...listOf(spec['containers']), ...listOf(spec['initContainers'])].map(objectOf);
    const without = containers.filter((one) => objectOf(objectOf(one['resources'])[which])[bare] === undefined);
    const names = without.map((one) => stringOf(one['name'])).toSorted();
    return names.length === 0 ? [] : [`${name} for: ${names.join(',')}`];
  });
  if (missing.length === 0) return;
  refuse(write, pod, `failed quota: ${quota.metadata.name ?? ''}: must specify ${missing.join('; ')}`);
};

const refuse = (write: Write, object: KubeObject, why: string): never => {
  throw forbidden(resourceOf(write.kind), object.metadata.name ?? '', why);
};

const only = (amounts: Amounts, names: readonly string[]): Amounts =>
  Object.fromEntries(Object.entries(amounts).filter(([name]) => names.includes(name)));

const shown = (amounts: Amounts): string =>
  Object.entries(amounts)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, quantity]) => `${name}=${formatQuantity(quantity)}`)
    .join(',');

/** A quota with the usage it would have; not stored yet. */
export type Charge = { readonly quota: KubeObject; readonly used: Amounts };

const chargeOn = (write: Write, quota: KubeObject, object: KubeObject, grown: Amounts): Charge | undefined => {
  const status = objectOf(quota['status']);
  const hard = amountsOf(objectOf(status['hard']));
  const used = amountsOf(objectOf(status['used']));
  if (isPod(write.kind)) assertSpecified(write, quota, object, hard);
  const requested = Object.fromEntries(
    Object.entries(only(grown, Object.keys(hard))).filter(([, quantity]) => quantity.nanos > 0n),
  );
  const names = Object.keys(requested);
  if (names.length === 0) return undefined;
  const unknown = names.filter((name) => used[name] === undefined);
  if (unknown.length > 0) {
    refuse(
      write,
      object,
      `status unknown for quota: ${quota.metadata.name ?? ''}, resources: ${unknown.toSorted().join(',')}`,
    );
  }
  const after = combine(used, requested, add);
  const exceeded = names.filter((name) => (after[name] ?? ZERO).nanos > (hard[name] ?? ZERO).nanos);
  if (exceeded.length > 0) {
    const [asked, had, limit] = [requested, used, hard].map((amounts) => shown(only(amounts, exceeded)));
    refuse(
      write,
      object,
      `exceeded quota: ${quota.metadata.name ?? ''}, requested: ${asked}, used: ${had}, limited: ${limit}`,
    );
  }
  return { quota, used: after };
};

/** What the write adds to each quota of the namespace. @throws StatusError 403 when one is exceeded */
export const quotaCharges = (write: Write, object: KubeObject, live: KubeObject | undefined): Charge[] => {
  const { cluster, kind, subresource } = write;
  if (!kind.isNamespaced || subresource !== '') return [];
  if (live !== undefined && isPod(kind)) return [];
  const quotas = cluster.store.list('/resourcequotas', `${object.metadata.namespace ?? ''}/`);
  if (quotas.length === 0) return [];
  const now = cluster.now();
  const before = live === undefined ? {} : usageOf(kind, live, now);
  const grown = combine(usageOf(kind, object, now), before, subtract);
  return quotas
    .filter((quota) => isInScopeOf(quota, kind, object))
    .flatMap((quota) => chargeOn(write, quota, object, grown) ?? []);
};

/** Stores what was charged. */
export const bookCharges = (write: Write, charges: readonly Charge[]): void => {
  for (const { quota, used } of charges) {
    const status = { ...objectOf(quota['status']), used: formatAmounts(used) };
    write.cluster.store.put(collectionOf({ group: '', plural: 'resourcequotas' }), { ...quota, status });
  }
};
