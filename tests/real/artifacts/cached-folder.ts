import { createHash, randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

const cache = fileURLToPath(new URL('../../../.cache/', import.meta.url));

/**
 * The folder `.cache/<name>/<hash of inputs>`, made by `fill` unless it is there. It is filled under another name and then moved, so a folder that exists is
 * complete, and two runs that fill it at the same time do not disturb each other.
 */
export async function cachedFolder(
  name: string,
  inputs: readonly (string | Buffer)[],
  fill: (folder: string) => Promise<void>,
): Promise<string> {
  const hash = createHash('sha256');
  for (const input of inputs) hash.update(input).update('\0');
  const folder = `${cache}${name}/${hash.digest('hex').slice(0, 16)}`;
  if (existsSync(folder)) return folder;

  const draft = `${folder}.${randomUUID().slice(0, 8)}`;
  await mkdir(draft, { recursive: true });
  try {
    await fill(draft);
    await rename(draft, folder).catch((error: unknown) => {
      if (!existsSync(folder)) throw error;
    });
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
  return folder;
}
