import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdir, readdir, rename, rm } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

import { cachedFolder } from './cached-folder.ts';

const run = promisify(execFile);

/** One per `<name>.pom.xml` beside this file. */
export type Artifacts = 'flink-1.18' | 'flink-1.19' | 'operator-1.7' | 'elasticmq-1.7';

/**
 * The jars a pom names and all they need, from Maven Central: the folder holds `lib/`, and for the operator `crds/` as published in its API jar.
 * Fetched once per content of the pom.
 */
export async function fetchArtifacts(which: Artifacts): Promise<string> {
  const pom = fileURLToPath(new URL(`${which}.pom.xml`, import.meta.url));
  return cachedFolder(`artifacts/${which}`, [readFileSync(pom)], async (folder) => {
    const started = Date.now();
    await copyDependencies(pom, `${folder}/lib`).catch(async () => copyDependencies(pom, `${folder}/lib`));
    const jars = await readdir(`${folder}/lib`);
    await extractCrds(folder, jars);
    console.error(`${which}: fetched ${jars.length} jars in ${((Date.now() - started) / 1000).toFixed(1)} s`);
  });
}

async function copyDependencies(pom: string, lib: string): Promise<void> {
  const goal = ['dependency:copy-dependencies', '-DincludeScope=runtime', `-DoutputDirectory=${lib}`];
  await run('mvn', ['-q', '-B', '-f', pom, ...goal]);
}

async function extractCrds(folder: string, jars: readonly string[]): Promise<void> {
  const api = jars.find((jar) => jar.startsWith('flink-kubernetes-operator-api-'));
  if (api === undefined) return;
  await run('jar', ['xf', `lib/${api}`, 'META-INF/fabric8'], { cwd: folder });
  await mkdir(`${folder}/crds`);
  for (const file of await readdir(`${folder}/META-INF/fabric8`)) {
    if (file.endsWith('-v1.yml')) await rename(`${folder}/META-INF/fabric8/${file}`, `${folder}/crds/${file}`);
  }
  await rm(`${folder}/META-INF`, { recursive: true });
}
