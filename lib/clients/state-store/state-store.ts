import { toTimestamp, type EpochMillis } from '../../model/instant.ts';
import type { RestorePoint } from '../../model/managed-job.ts';
import { HeadgateError } from '../../runtime/errors.ts';
import type { World } from '../../runtime/world.ts';
import { createFileFolders } from './file-folders.ts';
import type { Folders } from './folders.ts';
import { createS3Folders, type S3Options } from './s3-folders.ts';
import { isBelow, parseStateLocation, type StateLocation } from './state-location.ts';

/** What a look at the store says about a restore point. `unknown`: the store could not be asked, or may not be asked there. */
export type CheckpointProof =
  | { readonly kind: 'exists'; readonly completedAt: EpochMillis }
  | { readonly kind: 'absent'; readonly why: string }
  | { readonly kind: 'unknown'; readonly why: string };

export type StateStoreOptions = {
  /** The tenant's `isolation.statePrefix`; nothing outside it is ever read. */
  readonly statePrefix: string;
  readonly s3?: S3Options;
  /** The folder that stands for the root of `file:` locations, where such state can be reached at all. */
  readonly filesRoot?: string;
  /** The invocation's signal. */
  readonly signal?: AbortSignal;
};

/** A read-only look at where checkpoints and savepoints lie. */
export type StateStore = {
  /** Whether `<location>/_metadata` is there: what Flink needs to restore. Rejects only when the invocation ends. */
  readonly proveCheckpoint: (location: string) => Promise<CheckpointProof>;
  /**
   * Checkpoints (`chk-N`) and savepoints in the folder `prefix`, and in the folders of jobs below it, that have a `_metadata`; newest
   * first. `Forbidden` outside the tenant's prefix, `Misconfigured` for a kind of store that is not set up, and what the store says.
   */
  readonly listRestorePoints: (prefix: string) => Promise<readonly RestorePoint[]>;
};

/** What every checkpoint and savepoint has, and what is written last (`AbstractFsCheckpointStorageAccess.METADATA_FILE_NAME`). */
const METADATA = '_metadata';
const JOB_FOLDER = /^[0-9a-f]{32}$/;
const CHECKPOINT_FOLDER = /^chk-(\d+)$/;
const SAVEPOINT_FOLDER = /^savepoint-/;

/** Each costs one call. Checkpoints beyond are older ones; savepoints have random names, so beyond this it is chance which are seen. */
const MOST_IN_A_FOLDER = 50;

export const createStateStore = (world: World, options: StateStoreOptions): StateStore => {
  const { statePrefix, s3, filesRoot, signal = new AbortController().signal } = options;
  const fence = parseStateLocation(statePrefix);
  const stores: Readonly<Record<string, Folders | undefined>> = {
    s3: s3 && createS3Folders(world, s3, signal),
    file: filesRoot === undefined ? undefined : createFileFolders(filesRoot, fence?.segments ?? []),
  };

  const open = (text: string): { readonly folders: Folders; readonly location: StateLocation } => {
    const location = parseStateLocation(text);
    if (location === undefined || !isBelow(statePrefix, text)) {
      throw new HeadgateError('Forbidden', `${text} is not below ${statePrefix}`);
    }
    const folders = stores[location.scheme];
    if (folders === undefined) throw new HeadgateError('Misconfigured', `no store for ${location.scheme}: is set up`);
    return { folders, location };
  };

  const proveCheckpoint = async (text: string): Promise<CheckpointProof> => {
    try {
      const { folders, location } = open(text);
      const file = location.segments.at(-1) === METADATA ? location : inside(location, METADATA);
      const completedAt = await folders.readModifiedAt(file);
      return completedAt === undefined
        ? { kind: 'absent', why: `there is no ${METADATA} in ${text}` }
        : { kind: 'exists', completedAt };
    } catch (error) {
      if (!(error instanceof HeadgateError) || error.code === 'DeadlineExceeded') throw error;
      return { kind: 'unknown', why: error.message };
    }
  };

  const listRestorePoints = async (text: string): Promise<readonly RestorePoint[]> => {
    const { folders, location } = open(text);
    const names = await folders.listFolders(location);
    const below = (name: string): string => `${text.replace(/\/+$/, '')}/${name}`;
    const inJobs = names.filter((name) => JOB_FOLDER.test(name)).map((name) => listRestorePoints(below(name)));
    const here = candidatesOf(names).map(async ({ name, ...what }): Promise<readonly RestorePoint[]> => {
      const modifiedAt = await folders.readModifiedAt(inside(location, name, METADATA));
      return modifiedAt === undefined ? [] : [{ ...what, location: below(name), completedAt: toTimestamp(modifiedAt) }];
    });
    const points = (await Promise.all([...inJobs, ...here])).flat();
    return points.sort((a, b) => compare(b.completedAt, a.completedAt) || (b.id ?? 0) - (a.id ?? 0));
  };

  return { proveCheckpoint, listRestorePoints };
};

const inside = (folder: StateLocation, ...names: readonly string[]): StateLocation => ({
  ...folder,
  segments: [...folder.segments, ...names],
});

type Candidate = Pick<RestorePoint, 'kind' | 'id'> & { readonly name: string };

const candidatesOf = (names: readonly string[]): readonly Candidate[] => {
  const checkpoints = names
    .map((name) => ({ name, kind: 'checkpoint' as const, id: Number(CHECKPOINT_FOLDER.exec(name)?.[1] ?? Number.NaN) }))
    .filter(({ id }) => Number.isSafeInteger(id))
    .sort((a, b) => b.id - a.id);
  const savepoints = names
    .filter((name) => SAVEPOINT_FOLDER.test(name))
    .map((name) => ({ name, kind: 'savepoint' as const }));
  return [...checkpoints.slice(0, MOST_IN_A_FOLDER), ...savepoints.slice(0, MOST_IN_A_FOLDER)];
};

const compare = (a: string, b: string): number => (a < b ? -1 : Number(a > b));
