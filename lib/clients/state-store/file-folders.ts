import { readdir, realpath, stat } from 'node:fs/promises';
import { join, sep } from 'node:path';
import { HeadgateError } from '../../runtime/errors.ts';
import type { Folders } from './folders.ts';
import type { StateLocation } from './state-location.ts';

/**
 * State in files, as on a mounted volume; `root` stands for `file:///`. Whoever writes state there can also place links, so what a path
 * leads to in the end must lie in the folder `fence`.
 */
export const createFileFolders = (root: string, fence: readonly string[]): Folders => {
  const resolve = async ({ segments }: StateLocation): Promise<string> => {
    const [base, path] = await Promise.all([realpath(join(root, ...fence)), realpath(join(root, ...segments))]);
    if (path !== base && !path.startsWith(base + sep)) {
      throw new HeadgateError('Forbidden', `${segments.join('/')} leads out of ${fence.join('/')}`);
    }
    return path;
  };
  return {
    listFolders: (folder) =>
      unlessAbsent([], async () => {
        const entries = await readdir(await resolve(folder), { withFileTypes: true });
        return entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name);
      }),
    readModifiedAt: (file) =>
      unlessAbsent(undefined, async () => {
        const found = await stat(await resolve(file));
        return found.isFile() ? Math.floor(found.mtimeMs) : undefined;
      }),
  };
};

const unlessAbsent = async <T>(absent: T, read: () => Promise<T>): Promise<T> => {
  try {
    return await read();
  } catch (error) {
    if (error instanceof HeadgateError) throw error;
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code === 'ENOENT' || code === 'ENOTDIR') return absent;
    throw new HeadgateError(code === 'EACCES' ? 'Forbidden' : 'Unavailable', String(error), { cause: error });
  }
};
