import type { Cluster } from '../cluster/cluster.ts';

/** The part of a FlinkDeployment's status that the tests look at. */
export interface DeploymentStatus {
  readonly lifecycleState?: string;
  readonly jobManagerDeploymentStatus?: string;
  readonly jobStatus?: {
    readonly jobId?: string;
    readonly state?: string;
    readonly startTime?: string;
    readonly savepointInfo?: { readonly lastSavepoint?: { readonly location?: string } };
  };
}

/** A checkpoint in Flink's answer to `/jobs/:id/checkpoints`. */
interface Checkpoint {
  readonly external_path: string;
}

/** One FlinkDeployment as an administrator sees it: its objects, and Flink's own word through the API server's service proxy. */
export function observeDeployment(cluster: Cluster, namespace: string, name: string) {
  const headers = { authorization: `Bearer ${cluster.tokenFor('observer', ['system:masters'])}` };
  const ask = (path: string): Promise<Response> => fetch(cluster.server + path, { headers });
  const read = async <T>(path: string): Promise<T> => {
    const answer = await ask(path);
    if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
    return (await answer.json()) as T;
  };
  const core = `/api/v1/namespaces/${namespace}`;
  const deployment = `/apis/flink.apache.org/v1beta1/namespaces/${namespace}/flinkdeployments/${name}`;
  const flink = `${core}/services/${name}-rest:8081/proxy`;

  const readStatus = async (): Promise<DeploymentStatus> =>
    (await read<{ status?: DeploymentStatus }>(deployment)).status ?? {};
  const readPods = async (component: 'jobmanager' | 'taskmanager'): Promise<string[]> => {
    const selector = encodeURIComponent(`app=${name},component=${component}`);
    const pods = await read<{ items: { metadata: { name: string } }[] }>(`${core}/pods?labelSelector=${selector}`);
    return pods.items.map((pod) => pod.metadata.name);
  };

  /** The operator has seen the job run and holds its spec for good. */
  const isStable = async (): Promise<boolean> => {
    const { lifecycleState, jobStatus } = await readStatus();
    return lifecycleState === 'STABLE' && jobStatus?.state === 'RUNNING';
  };
  /** Nothing of it is left in the API. */
  const isGone = async (): Promise<boolean> => {
    const pods = [...(await readPods('jobmanager')), ...(await readPods('taskmanager'))];
    return pods.length === 0 && (await ask(deployment)).status === 404;
  };

  return {
    readStatus,
    readPods,
    isStable,
    isGone,

    async readJobId(): Promise<string> {
      return (await readStatus()).jobStatus?.jobId ?? '';
    },

    async readVertexIds(jobId: string): Promise<string[]> {
      const job = await read<{ vertices: { id: string }[] }>(`${flink}/jobs/${jobId}`);
      return job.vertices.map((vertex) => vertex.id);
    },

    /** How many tasks run, live: `/jobs/:id` is served from a cache. */
    async countRunningTasks(jobId: string): Promise<number> {
      const overview = await read<{ jobs: { jid: string; tasks: { running: number } }[] }>(`${flink}/jobs/overview`);
      return overview.jobs.find((job) => job.jid === jobId)?.tasks.running ?? 0;
    },

    /** The HTTP status of the checkpoint statistics, and what Flink last restored and last completed. */
    async readCheckpoints(jobId: string) {
      const answer = await ask(`${flink}/jobs/${jobId}/checkpoints`);
      const { latest } = (await answer.json()) as { latest?: { restored?: Checkpoint; completed?: Checkpoint } };
      return {
        httpStatus: answer.status,
        restored: latest?.restored?.external_path,
        completed: latest?.completed?.external_path,
      };
    },

    /** Whether the checkpoint pointers of this job are in their ConfigMap. */
    async hasHighAvailabilityMetadata(jobId: string): Promise<boolean> {
      return (await ask(`${core}/configmaps/${name}-${jobId}-config-map`)).ok;
    },

    /** Merges this into the spec. */
    async patchSpec(spec: object): Promise<void> {
      const body = JSON.stringify({ spec });
      await cluster.kubectl('patch', 'flinkdeployment', name, `-n=${namespace}`, '--type=merge', `-p=${body}`);
    },
  };
}
