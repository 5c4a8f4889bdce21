import type { EpochMillis } from '../../model/instant.ts';
import type { StateLocation } from './state-location.ts';

/** One kind of store: folders with files in them. Both reject with a HeadgateError. */
export type Folders = {
  /** Names of the folders in a folder; none when it is not there. */
  readonly listFolders: (folder: StateLocation) => Promise<readonly string[]>;
  /** When a file was last written; undefined when it is not there. */
  readonly readModifiedAt: (file: StateLocation) => Promise<EpochMillis | undefined>;
};
