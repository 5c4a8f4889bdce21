/** LimitRange: defaults for containers, and the bounds that pods must keep (the LimitRanger plug-in). */
import type { Write } from '../write.ts';
import { resourceOf } from '../kinds/kind.ts';
import { podResources } from '../kinds/pod-resources.ts';
import { listOf, objectOf, stringOf, type JsonObject, type KubeObject } from '../object.ts';
import { amountsOf, formatQuantity, type Amounts } from '../quantity.ts';
import { forbidden } from '../status-error.ts';

const ANNOTATION = 'kubernetes.io/limit-ranger';

const limitsOf = (write: Write, pod: KubeObject): JsonObject[] =>
  write.cluster.store
    .list('/limitranges', `${pod.metadata.namespace ?? ''}/`)
    .flatMap((range) => listOf(objectOf(range['spec'])['limits']).map(objectOf));

const fillFrom = (resources: JsonObject, which: 'requests' | 'limits', defaults: JsonObject): string[] => {
  const own = objectOf(resources[which]);
  const added = Object.keys(defaults).filter((name) => own[name] === undefined);
  if (added.length > 0) resources[which] = { ...defaults, ...own };
  return added.toSorted();
};

/** Gives containers that say nothing their default requests and limits; in place. */
export const applyLimitDefaults = (write: Write, pod: KubeObject): void => {
  const spec = objectOf(pod['spec']);
  const notes: string[] = [];
  for (const limit of limitsOf(write, pod).filter(({ type }) => type === 'Container')) {
    for (const [list, what] of [
      ['containers', 'container'],
      ['initContainers', 'init container'],
    ] as const) {
      for (const container of listOf(spec[list]).map(objectOf)) {
        const resources = objectOf(container['resources']);
        const name = stringOf(container['name']);
        const requests = fillFrom(resources, 'requests', objectOf(limit['defaultRequest']));
        const limits = fillFrom(resources, 'limits', objectOf(limit['default']));
        container['resources'] = resources;
        if (requests.length > 0) notes.push(`${requests.join(', ')} request for ${what} ${name}`);
        if (limits.length > 0) notes.push(`${limits.join(', ')} limit for ${what} ${name}`);
      }
    }
  }
  if (notes.length === 0) return;
  pod.metadata.annotations = {
    ...pod.metadata.annotations,
    [ANNOTATION]: `LimitRanger plugin set: ${notes.join('; ')}`,
  };
};

type Asked = { readonly requests: Amounts; readonly limits: Amounts };

const minimumErrors = (type: string, minimum: Amounts, { requests, limits }: Asked): string[] =>
  Object.entries(minimum).flatMap(([name, bound]) => {
    const head = `minimum ${name} usage per ${type} is ${formatQuantity(bound)}`;
    const [request, limit] = [requests[name], limits[name]];
    if (request === undefined) return [`${head}.  No request is specified`];
    if (request.nanos < bound.nanos) return [`${head}, but request is ${formatQuantity(request)}`];
    return limit !== undefined && limit.nanos < bound.nanos ? [`${head}, but limit is ${formatQuantity(limit)}`] : [];
  });

const maximumErrors = (type: string, maximum: Amounts, { requests, limits }: Asked): string[] =>
  Object.entries(maximum).flatMap(([name, bound]) => {
    const head = `maximum ${name} usage per ${type} is ${formatQuantity(bound)}`;
    const [request, limit] = [requests[name], limits[name]];
    if (limit === undefined) return [`${head}.  No limit is specified`];
    if (limit.nanos > bound.nanos) return [`${head}, but limit is ${formatQuantity(limit)}`];
    return request !== undefined && request.nanos > bound.nanos
      ? [`${head}, but request is ${formatQuantity(request)}`]
      : [];
  });

const ratioErrors = (type: string, ratios: Amounts, { requests, limits }: Asked): string[] =>
  Object.entries(ratios).flatMap(([name, bound]) => {
    const head = `${name} max limit to request ratio per ${type} is ${formatQuantity(bound)}`;
    const [request, limit] = [requests[name], limits[name]];
    if (request === undefined || request.nanos === 0n) return [`${head}, but no request is specified or request is 0`];
    if (limit === undefined || limit.nanos === 0n) return [`${head}, but no limit is specified or limit is 0`];
    const isOver = limit.nanos * 1_000_000_000n > request.nanos * bound.nanos;
    return isOver ? [`${head}, but provided ratio is ${(Number(limit.nanos) / Number(request.nanos)).toFixed(6)}`] : [];
  });

const boundErrors = (limit: JsonObject, type: string, asked: Asked): string[] => [
  ...minimumErrors(type, amountsOf(objectOf(limit['min'])), asked),
  ...maximumErrors(type, amountsOf(objectOf(limit['max'])), asked),
  ...ratioErrors(type, amountsOf(objectOf(limit['maxLimitRequestRatio'])), asked),
];

/** @throws StatusError 403 with everything a pod breaks */
export const assertWithinLimits = (write: Write, pod: KubeObject): void => {
  const spec = objectOf(pod['spec']);
  const containers = [...listOf(spec['containers']), ...listOf(spec['initContainers'])].map(objectOf);
  const errors = limitsOf(write, pod).flatMap((limit) => {
    if (limit['type'] === 'Pod') {
      return boundErrors(limit, 'Pod', {
        requests: podResources(pod, 'requests'),
        limits: podResources(pod, 'limits'),
      });
    }
    if (limit['type'] !== 'Container') return [];
    return containers.flatMap((container) => {
      const resources = objectOf(container['resources']);
      const asked = {
        requests: amountsOf(objectOf(resources['requests'])),
        limits: amountsOf(objectOf(resources['limits'])),
      };
      return boundErrors(limit, 'Container', asked);
    });
  });
  if (errors.length === 0) return;
  const texts = [...new Set(errors)];
  const why = texts.length === 1 ? (texts[0] ?? '') : `[${texts.join(', ')}]`;
  throw forbidden(resourceOf(write.kind), pod.metadata.name ?? '', why);
};
