import type { KubernetesObject } from '../model/kubernetes-object.ts';
import type { Tenant } from '../model/tenant.ts';
import { metadataIn } from './address-range.ts';
import { labelsOf } from './labels.ts';
import type { TenantSettings } from './settings.ts';

type Peer =
  | { readonly ipBlock: { readonly cidr: string; readonly except?: readonly string[] } }
  | { readonly namespaceSelector: object }
  | { readonly podSelector: object };
type Port = { readonly protocol: 'TCP' | 'UDP'; readonly port: number };
type Policy = {
  readonly podSelector: object;
  readonly policyTypes: readonly ('Ingress' | 'Egress')[];
  readonly ingress?: readonly { readonly from: readonly Peer[]; readonly ports?: readonly Port[] }[];
  readonly egress?: readonly { readonly to: readonly Peer[]; readonly ports?: readonly Port[] }[];
};
export type NetworkPolicy = KubernetesObject & { readonly spec: Policy };

/** Flink's REST API. Whoever reaches it can run code in the job: it has no authentication. */
const REST_PORT = 8081;

const EVERY_POD = {};
/** The labels that Flink gives its pods in both of the operator's modes. */
const FLINK_PODS = {
  matchExpressions: [
    { key: 'type', operator: 'In', values: ['flink-native-kubernetes', 'flink-standalone-kubernetes'] },
  ],
};
const JOB_MANAGERS = { ...FLINK_PODS, matchLabels: { component: 'jobmanager' } };

/** An address range, never with the address where nodes hand out their credentials. */
const range = (cidr: string): Peer => {
  const except = metadataIn(cidr);
  return { ipBlock: { cidr, ...(except.length > 0 && { except }) } };
};
const namespace = (name: string): Peer => ({
  namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': name } },
});
const tcp = (port: number): Port => ({ protocol: 'TCP', port });

type Opening = Tenant['spec']['isolation']['network']['allowTo'][number];

const peersOf = ({ cidr, namespace: name }: Opening): Peer[] => [
  // A range that is nothing but the metadata address cannot be opened.
  ...(cidr === undefined || metadataIn(cidr).includes(cidr) ? [] : [range(cidr)]),
  ...(name === undefined ? [] : [namespace(name)]),
];

/** What a tenant's spec opens, as rules; an opening without a peer would be one to everywhere, so it is none. */
const openingsOf = (openings: readonly Opening[]) =>
  openings
    .map((opening) => ({
      peers: peersOf(opening),
      ports: opening.ports.length > 0 ? { ports: opening.ports.map(tcp) } : {},
    }))
    .filter(({ peers }) => peers.length > 0);

/** The network fences of one namespace of a tenant: nothing in or out, but what Flink and the spec need. */
export const planNetworkPolicies = (tenant: Tenant, name: string, settings: TenantSettings): NetworkPolicy[] => {
  const policy = (policyName: string, spec: Policy): NetworkPolicy => ({
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: { name: policyName, namespace: name, labels: labelsOf(tenant.metadata.name) },
    spec,
  });
  const controlPlane = settings.controlPlaneCidrs.map(range);
  const { allowFrom, allowTo } = tenant.spec.isolation.network;
  const ingress = openingsOf(allowFrom).map(({ peers, ports }) => ({ from: peers, ...ports }));
  const egress = openingsOf(allowTo).map(({ peers, ports }) => ({ to: peers, ...ports }));

  return [
    policy('headgate-default-deny', { podSelector: EVERY_POD, policyTypes: ['Ingress', 'Egress'] }),
    // All ports: the one for data between TaskManagers is random.
    policy('headgate-flink', {
      podSelector: FLINK_PODS,
      policyTypes: ['Ingress', 'Egress'],
      ingress: [{ from: [{ podSelector: FLINK_PODS }] }],
      egress: [{ to: [{ podSelector: FLINK_PODS }] }],
    }),
    policy('headgate-rest', {
      podSelector: JOB_MANAGERS,
      policyTypes: ['Ingress'],
      ingress: [{ from: [namespace(settings.operatorNamespace), ...controlPlane], ports: [tcp(REST_PORT)] }],
    }),
    policy('headgate-dns', {
      podSelector: EVERY_POD,
      policyTypes: ['Egress'],
      egress: [
        {
          to: [namespace(settings.dnsNamespace), ...(settings.dnsCidrs ?? []).map(range)],
          ports: [{ protocol: 'UDP', port: 53 }, tcp(53)],
        },
      ],
    }),
    // Native mode asks the API server for pods, and finds leaders in its ConfigMaps.
    ...(controlPlane.length === 0
      ? []
      : [
          policy('headgate-api-server', {
            podSelector: FLINK_PODS,
            policyTypes: ['Egress'],
            egress: [{ to: controlPlane, ports: (settings.apiServerPorts ?? [443, 6443]).map(tcp) }],
          }),
        ]),
    ...(ingress.length === 0 && egress.length === 0
      ? []
      : [
          policy('headgate-openings', {
            podSelector: EVERY_POD,
            policyTypes: ['Ingress', 'Egress'],
            ...(ingress.length > 0 && { ingress }),
            ...(egress.length > 0 && { egress }),
          }),
        ]),
  ];
};
