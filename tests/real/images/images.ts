import { fileURLToPath } from 'node:url';

import { fetchArtifacts } from '../artifacts/fetch.ts';
import type { Image, Images } from '../cluster/cluster.ts';
import { buildFlinkJob } from '../flink-job/build.ts';

/** Where the job's jar lies in the Flink image. Not in `usrlib`: the operator mounts an empty folder over that in standalone mode. */
export const jarUri = 'local:///opt/flink/jobs/exactness.jar';

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

/** The images of a Flink cluster for the node agent, from fetched artifacts (folders with `lib/`) and the job's jar. Root by default, as the official ones. */
export function imageTable(
  artifacts: { flink118: string; flink119: string; operator: string },
  jobJar: string,
): Images {
  return {
    'flink:1.18': flinkImage(artifacts.flink118, jobJar),
    'flink:1.19': flinkImage(artifacts.flink119, jobJar),
    'flink-kubernetes-operator:1.7.0': {
      entrypoint: ['/docker-entrypoint.sh'],
      workdir: '/flink-kubernetes-operator',
      binds: {
        '/docker-entrypoint.sh': here('operator-entrypoint.sh'),
        '/opt/flink/bin': here('bin'),
        '/flink-kubernetes-operator/lib': `${artifacts.operator}/lib`,
      },
    },
  };
}

function flinkImage(artifacts: string, jobJar: string): Image {
  return {
    entrypoint: ['/docker-entrypoint.sh'],
    workdir: '/opt/flink',
    binds: {
      '/docker-entrypoint.sh': here('flink-entrypoint.sh'),
      '/opt/flink/bin': here('bin'),
      '/opt/flink/lib': `${artifacts}/lib`,
      '/opt/flink/jobs/exactness.jar': jobJar,
    },
  };
}

/** Fetches and builds what the images need (nothing, when it is there) and gives the table. Call it where Maven Central is in reach. */
export async function prepareImages(): Promise<Images> {
  const flink118 = await fetchArtifacts('flink-1.18');
  const flink119 = await fetchArtifacts('flink-1.19');
  const operator = await fetchArtifacts('operator-1.7');
  return imageTable({ flink118, flink119, operator }, await buildFlinkJob());
}
