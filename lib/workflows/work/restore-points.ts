import type { FlinkLook } from '../../clients/flink/flink.ts';
import { isSameLocation } from '../../clients/state-store/state-location.ts';
import type { StateStore } from '../../clients/state-store/state-store.ts';
import type { ManagedJob, RestorePoint } from '../../model/managed-job.ts';
import type { RestorePointCandidate } from '../../recovery/recovery-decision.ts';
import { HeadgateError } from '../../runtime/errors.ts';
import type { FlinkDeploymentWorkload } from '../../targets/flink-deployment.ts';
import type { JobHistory } from './tenant-history.ts';

/** Every place the job might be restored from, each with a proof that it is there or is not. */
export const readRestorePoints = async (
  stateStore: StateStore,
  managed: ManagedJob,
  workload: FlinkDeploymentWorkload | undefined,
  look: FlinkLook | undefined,
  history: JobHistory,
): Promise<readonly RestorePointCandidate[] | undefined> => {
  const jobId = look?.job?.id ?? workload?.reportedJobId ?? managed.status?.job?.id;
  const { checkpoints, savepoints } = workload?.directories ?? {};
  const folders = [
    ...(checkpoints === undefined || jobId === undefined ? [] : [`${checkpoints}/${jobId}`]),
    ...(savepoints === undefined ? [] : [savepoints]),
  ];
  const listed = await listAll(stateStore, folders);
  if (listed === undefined) return undefined;
  const named = [look?.latestCheckpoint, history.latestCheckpoint, managed.status?.restorePoint].filter(
    (p) => p !== undefined,
  );
  const unlisted = named.filter(
    (p, i) => !listed.some((l) => sameLocation(l, p)) && named.findIndex((n) => sameLocation(n, p)) === i,
  );
  const proven = await Promise.all(unlisted.map(async (point) => ({ point, proof: await proofOf(stateStore, point) })));
  return [...listed.map((point) => ({ point, proof: 'proven' as const })), ...proven];
};

/** Undefined when a folder could not be listed: a newer point than those seen may lie there. */
const listAll = async (
  stateStore: StateStore,
  folders: readonly string[],
): Promise<readonly RestorePoint[] | undefined> => {
  try {
    return (await Promise.all(folders.map((folder) => stateStore.listRestorePoints(folder)))).flat();
  } catch (error) {
    if (!(error instanceof HeadgateError) || error.code === 'DeadlineExceeded') throw error;
    return undefined;
  }
};

const sameLocation = (a: RestorePoint, b: RestorePoint): boolean => isSameLocation(a.location, b.location);

const proofOf = async (stateStore: StateStore, point: RestorePoint): Promise<RestorePointCandidate['proof']> => {
  const proof = await stateStore.proveCheckpoint(point.location);
  if (proof.kind === 'exists') return 'proven';
  return proof.kind === 'absent' ? 'missing' : 'unknown';
};
