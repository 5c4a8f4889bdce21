import type { FlinkJob } from '../model/flink-job.ts';
import { fromTimestamp, toTimestamp } from '../model/instant.ts';
import type { JobGraph } from '../model/job-graph.ts';
import type { Operation } from '../model/managed-job.ts';
import type { FlinkDeploymentWorkload } from './flink-deployment.ts';
import type { Progress } from './progress.ts';

const pending = (why: string): Progress => ({ kind: 'pending', why });
const failed = (why: string): Progress => ({ kind: 'failed', why });

/**
 * How an operation on a FlinkDeployment stands: judged on the operator's view (generation seen, STABLE) and the JobManager's (tasks,
 * parallelism, start time), never on a patch's answer. Whether it took too long is the caller's question.
 */
export const readFlinkDeploymentProgress = (
  workload: FlinkDeploymentWorkload,
  job: FlinkJob | undefined,
  graph: JobGraph | undefined,
  operation: Operation,
): Progress => {
  if (operation.kind === 'Rescale') return rescaleProgress(workload, job, graph, operation);
  if (operation.kind === 'Suspend') return suspendProgress(workload);
  return startProgress(workload, job, operation);
};

const rescaleProgress = (
  workload: FlinkDeploymentWorkload,
  job: FlinkJob | undefined,
  graph: JobGraph | undefined,
  operation: Operation,
): Progress => {
  if (job === undefined || graph === undefined) return pending('the JobManager does not answer');
  // FINISHED and CANCELED are stages of an upgrade.
  if (job.state === 'FAILED') return failed('the job is FAILED');
  const target = operation.target?.parallelism ?? {};
  const behind = graph.vertices.filter((v) => target[v.id] !== undefined && target[v.id] !== v.parallelism);
  if (behind.length > 0) {
    return pending(behind.map((v) => `${v.name} runs at ${v.parallelism} of ${target[v.id]}`).join(', '));
  }
  return runsFully(job) ?? settledProgress(workload);
};

const suspendProgress = (workload: FlinkDeploymentWorkload): Progress => {
  if (workload.suspended && workload.settled && workload.lifecycle === 'SUSPENDED') return { kind: 'done' };
  return workload.suspended && workload.observed && workload.lifecycle === 'FAILED'
    ? failed(reasonOf(workload))
    : pending(reasonOf(workload));
};

/** A start is a new one when the job's start time is later than the one the operation began with. */
const startProgress = (
  workload: FlinkDeploymentWorkload,
  job: FlinkJob | undefined,
  operation: Operation,
): Progress => {
  const before = fromTimestamp(operation.jobStartedAt ?? operation.startedAt) ?? 0;
  // Cut to whole seconds as the operation's own times are, or every job would look newer than itself.
  const isNew = job !== undefined && (fromTimestamp(toTimestamp(job.startedAt)) ?? 0) > before;
  if (!isNew) {
    return isRefused(workload, operation)
      ? failed(reasonOf(workload))
      : pending(`not started anew: ${reasonOf(workload)}`);
  }
  if (job.state === 'FAILED' || job.state === 'CANCELED') return failed(`started anew, and is ${job.state}`);
  if (job.state === 'FINISHED') return { kind: 'done' };
  return runsFully(job) ?? settledProgress(workload);
};

/** The operator has seen this attempt and says that it needs a person (`CommonStatus.MSG_MANUAL_RESTORE_REQUIRED`). */
const isRefused = ({ observed, error, recovery }: FlinkDeploymentWorkload, { epoch }: Operation): boolean =>
  observed &&
  (recovery.owned.savepointRedeployNonce === epoch || recovery.owned.restartNonce === epoch) &&
  error?.includes('Manual restore required') === true;

const runsFully = ({ state, tasks }: FlinkJob): Progress | undefined =>
  state === 'RUNNING' && tasks.total > 0 && tasks.running === tasks.total
    ? undefined
    : pending(`the job is ${state}, ${tasks.running} of ${tasks.total} tasks run`);

const settledProgress = (workload: FlinkDeploymentWorkload): Progress =>
  workload.settled ? { kind: 'done' } : pending(reasonOf(workload));

const reasonOf = ({ lifecycle, reportedState, error }: FlinkDeploymentWorkload): string =>
  `the operator reports ${lifecycle ?? 'nothing'}, job ${reportedState ?? 'unknown'}${error === undefined ? '' : `: ${error}`}`;
