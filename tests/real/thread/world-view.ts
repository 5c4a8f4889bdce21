import { requestKey } from '../../../lib/tenant/parse-request.ts';
import type { ManagedJob } from '../../../lib/model/managed-job.ts';
import type { TenantRequest } from '../../../lib/model/tenant-request.ts';
import type { Cluster } from '../cluster/cluster.ts';

type Listed<T> = { readonly items: readonly T[] };
type AnyObject = {
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly uid: string;
    readonly resourceVersion: string;
    readonly labels?: Record<string, string>;
  };
};
type Deployment = AnyObject & {
  readonly status?: { readonly jobStatus?: { readonly state?: string; readonly jobId?: string } };
};

/** What an admin sees with kubectl, and Flink's own word through the API server's proxy. */
export const readWorld = (cluster: Cluster) => {
  const read = async <T>(...args: string[]): Promise<T> => JSON.parse(await cluster.kubectl(...args, '-o=json')) as T;
  const flink = async <T>(namespace: string, name: string, path: string): Promise<T> =>
    JSON.parse(
      await cluster.kubectl('get', `--raw=/api/v1/namespaces/${namespace}/services/${name}-rest:8081/proxy${path}`),
    ) as T;
  const requests = async (id: string): Promise<readonly TenantRequest[]> => {
    const all = await read<Listed<TenantRequest>>('get', 'tenantrequests', '-A');
    return all.items.filter((entry) => entry.metadata.name === requestKey('test', id));
  };
  const deployment = (namespace: string, name: string): Promise<Deployment> =>
    read('get', 'flinkdeployment', name, `-n=${namespace}`);
  const pods = (namespace: string, name: string) =>
    read<Listed<AnyObject>>(
      'get',
      'pods',
      `-n=${namespace}`,
      `-l=app=${name},component=taskmanager`,
      '--field-selector=status.phase=Running',
    );
  return {
    requests,
    deployment,
    /** The outcome of a request, once it has one. */
    outcome: async (id: string) => {
      const status = (await requests(id))[0]?.status;
      return status?.outcome === undefined ? undefined : { outcome: status.outcome, message: status.message ?? '' };
    },
    namespaceLabels: async (name: string) => (await read<AnyObject>('get', 'namespace', name)).metadata.labels ?? {},
    quota: async (namespace: string) =>
      (
        await read<{ status?: { hard?: Record<string, string> } }>(
          'get',
          'resourcequota',
          'headgate',
          `-n=${namespace}`,
        )
      ).status?.hard ?? {},
    names: async (kind: string, namespace: string) =>
      (await read<Listed<AnyObject>>('get', kind, `-n=${namespace}`)).items.map((o) => o.metadata.name),
    /** resourceVersion of everything that fences a tenant: equal means that nothing was written. */
    versions: async (namespace: string): Promise<Record<string, string>> => {
      const fences = 'limitranges,networkpolicies,serviceaccounts,rolebindings';
      const { items } = await read<Listed<AnyObject>>('get', fences, `-n=${namespace}`);
      return Object.fromEntries(items.map((o) => [`${o.kind}/${o.metadata.name}`, o.metadata.resourceVersion]));
    },
    job: (namespace: string, name: string): Promise<ManagedJob | undefined> =>
      read<ManagedJob>('get', 'managedjob', name, `-n=${namespace}`).catch(() => undefined),
    uid: async (namespace: string, name: string) => (await deployment(namespace, name)).metadata.uid,
    taskManagers: async (namespace: string, name: string) =>
      (await pods(namespace, name)).items.map((pod) => pod.metadata.name),
    /** The newest job: its id, the widest vertex, whether every task runs, and what it was restored from. */
    flinkJob: async (namespace: string, name: string) => {
      const { jobs } = await flink<{
        jobs: { jid: string; state: string; 'start-time': number; tasks: { total: number; running: number } }[];
      }>(namespace, name, '/jobs/overview');
      const newest = jobs.toSorted((a, b) => b['start-time'] - a['start-time'])[0];
      if (newest === undefined) throw new Error('no job yet');
      const details = await flink<{ vertices: { parallelism: number }[] }>(namespace, name, `/jobs/${newest.jid}`);
      const checkpoints = await flink<{ latest?: { restored?: { external_path?: string } } }>(
        namespace,
        name,
        `/jobs/${newest.jid}/checkpoints`,
      ).catch(() => undefined);
      return {
        id: newest.jid,
        startedAt: newest['start-time'],
        state: newest.state,
        running: newest.state === 'RUNNING' && newest.tasks.running === newest.tasks.total,
        parallelism: Math.max(...details.vertices.map((v) => v.parallelism)),
        restoredFrom: checkpoints?.latest?.restored?.external_path,
      };
    },
  };
};
export type World = ReturnType<typeof readWorld>;
