import type { FlinkLook } from '../../clients/flink/flink.ts';
import { isSameLocation } from '../../clients/state-store/state-location.ts';
import type { StateStore } from '../../clients/state-store/state-store.ts';
import { toTimestamp } from '../../model/instant.ts';
import type { ManagedJob, RestorePoint } from '../../model/managed-job.ts';
import type { RestorePointCandidate } from '../../recovery/recovery-decision.ts';
import { HeadgateError } from '../../runtime/errors.ts';
import type { FlinkDeploymentWorkload } from '../../targets/flink-deployment.ts';
import type { JobHistory } from './tenant-history.ts';

/**
 * Every place the job might be restored from, each with a proof that it is there or is not; undefined when they could not be listed.
 * Folders may hold the state of other jobs too, so only what carries an id of this job counts, and what was recorded for it by name.
 */
export const readRestorePoints = async (
  stateStore: StateStore,
  managed: ManagedJob,
  workload: FlinkDeploymentWorkload | undefined,
  look: FlinkLook | undefined,
  history: JobHistory,
): Promise<readonly RestorePointCandidate[] | undefined> => {
  const ids = [look?.job?.id, workload?.reportedJobId, managed.status?.job?.id, history.memory?.jobId];
  const jobIds = [...new Set(ids.filter((id) => id !== undefined))];
  const { checkpoints, savepoints } = workload?.directories ?? {};
  const folders = [
    ...(checkpoints === undefined ? [] : jobIds.map((id) => `${checkpoints}/${id}`)),
    ...(savepoints === undefined ? [] : [savepoints]),
  ];
  const found = await listAll(stateStore, folders);
  if (found === undefined) return undefined;
  const own = found.filter(({ location }) => belongsTo(jobIds, location));
  const listed = own.filter((point, i) => own.findIndex((other) => sameLocation(other, point)) === i);
  const recorded = workload?.recordedSavepoint;
  const named = [
    look?.latestCheckpoint,
    history.latestCheckpoint,
    managed.status?.restorePoint,
    recorded && asRestorePoint(recorded),
  ].filter((p) => p !== undefined);
  const unlisted = named.filter(
    (p, i) => !listed.some((l) => sameLocation(l, p)) && named.findIndex((n) => sameLocation(n, p)) === i,
  );
  const proven = await Promise.all(unlisted.map((point) => prove(stateStore, point)));
  return [...listed.map((point) => ({ point, proof: 'proven' as const })), ...proven];
};

/** Flink puts checkpoints below `<job id>/`, and names savepoints `savepoint-<first six of the job id>-<random>`. */
const belongsTo = (jobIds: readonly string[], location: string): boolean => {
  const segments = location.split('/').filter((segment) => segment !== '');
  const [folder = '', name = ''] = segments.slice(-2);
  return jobIds.some((id) =>
    name.startsWith('chk-') ? folder === id : name.startsWith(`savepoint-${id.slice(0, 6)}-`),
  );
};

/** A path that the controller recorded, of a time that it may not have noted. */
const asRestorePoint = ({ location, at }: NonNullable<FlinkDeploymentWorkload['recordedSavepoint']>): RestorePoint => ({
  kind: /\/chk-\d+\/?$/.test(location) ? 'checkpoint' : 'savepoint',
  location,
  completedAt: at === undefined ? '' : toTimestamp(at),
});

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

/** Whether it is there; the store also knows since when, where nobody else does. */
const prove = async (stateStore: StateStore, point: RestorePoint): Promise<RestorePointCandidate> => {
  const proof = await stateStore.proveCheckpoint(point.location);
  if (proof.kind !== 'exists') return { point, proof: proof.kind === 'absent' ? 'missing' : 'unknown' };
  const completedAt = point.completedAt === '' ? toTimestamp(proof.completedAt) : point.completedAt;
  return { point: { ...point, completedAt }, proof: 'proven' };
};
