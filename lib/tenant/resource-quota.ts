import type { KubernetesObject } from '../model/kubernetes-object.ts';
import { formatResources, least, most, parseCpuMillis, parseMemoryBytes, type Resources } from '../model/resources.ts';

/** The quota that `rebalance` grants through, one in each tenant namespace. */
export const GRANT_QUOTA = 'headgate';
/** The quota that bounds the number of jobs: a fence of its own, so that each quota has one writer. */
export const JOBS_QUOTA = 'headgate-jobs';

export type ResourceQuota = KubernetesObject & {
  readonly apiVersion: 'v1';
  readonly kind: 'ResourceQuota';
  readonly spec: { readonly hard: Readonly<Record<string, string>> };
};

/** `spec.hard` of a grant. Requests and limits alike: Flink's pods state both, and the same for each. */
export const quotaHard = (granted: Resources): Record<string, string> => {
  const { cpu, memory } = formatResources(granted);
  return { 'requests.cpu': cpu, 'requests.memory': memory, 'limits.cpu': cpu, 'limits.memory': memory };
};

/** What a quota object says. Undefined: not stated, or not yet seen by the quota controller; never read as zero. */
export type QuotaReading = {
  /** What is asked for. */
  readonly specHard: Resources | undefined;
  /** What admission goes by (`CheckRequest` of the quota plugin reads the status, not the spec). */
  readonly statusHard: Resources | undefined;
  readonly used: Resources | undefined;
};

type Amounts = Readonly<Record<string, string | undefined>> | undefined;

const readResources = (amounts: Amounts, kind: 'requests' | 'limits'): Resources | undefined => {
  const cpuMillis = parseCpuMillis(amounts?.[`${kind}.cpu`] ?? '');
  const memoryBytes = parseMemoryBytes(amounts?.[`${kind}.memory`] ?? '');
  return cpuMillis === undefined || memoryBytes === undefined ? undefined : { cpuMillis, memoryBytes };
};

/** Requests and limits as one amount, by the one that binds first. */
const readBoth = (amounts: Amounts, tighter: (a: Resources, b: Resources) => Resources): Resources | undefined => {
  const requests = readResources(amounts, 'requests');
  const limits = readResources(amounts, 'limits');
  return requests === undefined || limits === undefined ? undefined : tighter(requests, limits);
};

/** Reads a ResourceQuota as the API server returns it. */
export const readQuota = (quota: KubernetesObject): QuotaReading => {
  const { spec, status } = quota as KubernetesObject & {
    spec?: { hard?: Amounts };
    status?: { hard?: Amounts; used?: Amounts };
  };
  return {
    specHard: readBoth(spec?.hard, least),
    statusHard: readBoth(status?.hard, least),
    used: readBoth(status?.used, most),
  };
};
