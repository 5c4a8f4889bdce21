import { execFile } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

import { cachedFolder } from '../artifacts/cached-folder.ts';
import { fetchArtifacts } from '../artifacts/fetch.ts';

const run = promisify(execFile);
const sources = fileURLToPath(new URL('src/', import.meta.url));

/** The class to name as the job's `entryClass`. */
export const entryClass = 'dev.headgate.exactness.ExactnessJob';

/** The path of the job's jar, compiled with plain `javac` against Flink's own jars; compiled once per content of the sources. */
export async function buildFlinkJob(): Promise<string> {
  const flink = await fetchArtifacts('flink-1.18');
  const files = readdirSync(sources, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.java'))
    .toSorted()
    .map((file) => sources + file);
  const inputs = [flink, ...files.map((file) => readFileSync(file))];
  const folder = await cachedFolder('flink-job', inputs, async (draft) => {
    await run('javac', ['--release', '17', '-cp', `${flink}/lib/*`, '-d', `${draft}/classes`, ...files]);
    await run('jar', [
      '--create',
      '--file',
      `${draft}/exactness.jar`,
      '--main-class',
      entryClass,
      '-C',
      `${draft}/classes`,
      '.',
    ]);
  });
  return `${folder}/exactness.jar`;
}
