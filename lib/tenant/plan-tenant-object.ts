import type { CapacityPool } from '../model/capacity-pool.ts';
import { HEADGATE_API_VERSION, HISTORY_NAMESPACE, SYSTEM_NAMESPACE } from '../model/group.ts';
import { add, fits, formatResources, parseResources, type Resources } from '../model/resources.ts';
import { DnsLabel, namespacesOf, type Tenant, type TenantSpec } from '../model/tenant.ts';
import { METADATA_ADDRESSES, parseCidr } from './address-range.ts';
import { REQUEST_ANNOTATION } from './labels.ts';
import type { Planned } from './planned.ts';
import { bounded } from './problems.ts';
import type { TenantSettings } from './settings.ts';
import { pathProblem, prefixesOverlap } from './state-path.ts';

type TenantApply = {
  readonly name: string;
  readonly spec: TenantSpec;
  readonly key: string;
  /** The pool that the spec names; undefined when there is none. */
  readonly pool: CapacityPool | undefined;
  /** Every Tenant there is; one of the same name is the one that is changed. */
  readonly tenants: readonly Tenant[];
  readonly settings: Pick<TenantSettings, 'operatorNamespace' | 'dnsNamespace'>;
};

/** What the pool can ever have, as far as it is known. */
const capacityOf = (pool: CapacityPool): Resources | undefined => {
  const amounts = pool.spec.capacity ?? pool.status?.capacity?.obtainable ?? pool.spec.fromNodes?.ceiling;
  return amounts && parseResources(amounts);
};

const quotaProblems = ({ name, spec, pool, tenants }: TenantApply): string[] => {
  const { guarantee, limit, lend } = spec.quota;
  const own = parseResources(guarantee);
  const problems = [
    ...(limit && !fits(own, parseResources(limit)) ? ['quota.limit: must not be below the guarantee'] : []),
    ...(lend && !fits(parseResources(lend), own) ? ['quota.lend: must not exceed the guarantee'] : []),
  ];
  if (pool === undefined) return [`pool: there is no pool ${spec.pool}`, ...problems];
  const capacity = capacityOf(pool);
  if (capacity === undefined) return problems;
  const promised = tenants
    .filter((tenant) => tenant.metadata.name !== name && tenant.spec.pool === spec.pool)
    .map((tenant) => parseResources(tenant.spec.quota.guarantee))
    .reduce(add, own);
  if (fits(promised, capacity)) return problems;
  const [all, most] = [formatResources(promised), formatResources(capacity)];
  return [
    ...problems,
    `quota.guarantee: the guarantees of pool ${spec.pool} would come to ${all.cpu} cpu and ${all.memory} memory; it has ${most.cpu} and ${most.memory}`,
  ];
};

const namespaceProblems = ({ name, spec, tenants, settings }: TenantApply): string[] => {
  const wanted = namespacesOf({ metadata: { name }, spec });
  const reserved = new Set([
    'default',
    SYSTEM_NAMESPACE,
    HISTORY_NAMESPACE,
    settings.operatorNamespace,
    settings.dnsNamespace,
  ]);
  const taken = new Map(
    tenants
      .filter((tenant) => tenant.metadata.name !== name)
      .flatMap((tenant) => namespacesOf(tenant).map((namespace) => [namespace, tenant.metadata.name])),
  );
  const before = tenants.filter((tenant) => tenant.metadata.name === name).flatMap((tenant) => namespacesOf(tenant));
  return [
    ...wanted.flatMap((namespace, index) => {
      const owner = taken.get(namespace);
      return [
        ...(reserved.has(namespace) || namespace.startsWith('kube-') ? [`namespaces: ${namespace} is protected`] : []),
        ...(owner === undefined ? [] : [`namespaces: ${namespace} belongs to tenant ${owner}`]),
        ...(wanted.indexOf(namespace) === index ? [] : [`namespaces: ${namespace} is stated twice`]),
      ];
    }),
    // Its grant would stand, and nobody would count it any more.
    ...before
      .filter((namespace) => !wanted.includes(namespace))
      .map((namespace) => `namespaces: ${namespace} cannot be taken from a tenant that lives`),
    ...(before.length > 0 && wanted.includes(before[0] ?? '') && wanted[0] !== before[0]
      ? [`namespaces: ${before[0]} must stay the first: it holds the tenant's requests`]
      : []),
  ];
};

const isolationProblems = ({ name, spec, tenants }: TenantApply): string[] => {
  const { statePrefix, jarPrefixes, network, priorityClasses } = spec.isolation;
  const prefixProblem = pathProblem(statePrefix);
  return [
    ...(prefixProblem === undefined ? [] : [`isolation.statePrefix: ${prefixProblem}`]),
    ...tenants
      .filter((other) => other.metadata.name !== name)
      .filter((other) => prefixesOverlap(statePrefix, other.spec.isolation.statePrefix))
      .map((other) => `isolation.statePrefix: overlaps that of tenant ${other.metadata.name}`),
    ...jarPrefixes.flatMap((prefix, index) => {
      const problem = pathProblem(prefix);
      return problem === undefined ? [] : [`isolation.jarPrefixes[${index}]: ${problem}`];
    }),
    ...priorityClasses
      .filter((priorityClass) => priorityClass.startsWith('system-'))
      .map((priorityClass) => `isolation.priorityClasses: ${priorityClass} is for the cluster itself`),
    ...(['allowFrom', 'allowTo'] as const).flatMap((direction) =>
      network[direction].flatMap(({ cidr, namespace }, index) => {
        const at = `isolation.network.${direction}[${index}]`;
        return [
          ...((cidr === undefined) === (namespace === undefined) ? [`${at}: must state a cidr or a namespace`] : []),
          ...(cidr !== undefined && parseCidr(cidr) === undefined ? [`${at}.cidr: is no address range`] : []),
          ...(METADATA_ADDRESSES.some((address) => address === cidr)
            ? [`${at}.cidr: nodes hand out their credentials there`]
            : []),
        ];
      }),
    ),
  ];
};

const ownerProblems = ({ spec }: TenantApply): string[] =>
  spec.owners.flatMap(({ kind, name, namespace }, index) => {
    const at = `owners[${index}]`;
    return [
      ...(kind === 'ServiceAccount' && namespace === undefined ? [`${at}: a ServiceAccount has a namespace`] : []),
      ...(kind !== 'ServiceAccount' && namespace !== undefined ? [`${at}: only a ServiceAccount has a namespace`] : []),
      // Everybody, nobody, or the cluster itself; a namespace's service accounts are a group one can mean.
      ...(name.startsWith('system:') && !(kind === 'Group' && /^system:serviceaccounts:./.test(name))
        ? [`${at}: ${name} is the cluster's own`]
        : []),
    ];
  });

/** The Tenant object of `tenant.apply`, complete, or everything that speaks against it. */
export const planTenantObject = (request: TenantApply): Planned => {
  const { name, spec, key } = request;
  const problems = [
    ...(DnsLabel.safeParse(name).success ? [] : ['name: must be a DNS label']),
    ...quotaProblems(request),
    ...namespaceProblems(request),
    ...isolationProblems(request),
    ...ownerProblems(request),
  ];
  if (problems.length > 0) return { problems: bounded(problems) };
  return {
    objects: [
      {
        apiVersion: HEADGATE_API_VERSION,
        kind: 'Tenant',
        metadata: { name, annotations: { [REQUEST_ANNOTATION]: key } },
        spec,
      },
    ],
  };
};
