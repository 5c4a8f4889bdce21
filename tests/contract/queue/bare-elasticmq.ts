/** ElasticMQ on a free loopback port, without queues. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fetchArtifacts } from '../../real/artifacts/fetch.ts';
import { eventually } from '../../real/cluster/eventually.ts';
import type { Reach } from './contract.ts';

export type BareElasticMq = Reach & { readonly stop: () => Promise<void> };

/** Starts it (it needs Java, and Maven for the first time) and waits until it answers. */
export const startBareElasticMq = async (): Promise<BareElasticMq> => {
  const jars = await fetchArtifacts('elasticmq-1.7');
  const port = await freePort();
  const folder = mkdtempSync(join(tmpdir(), 'headgate-elasticmq-'));
  const configuration = join(folder, 'elasticmq.conf');
  writeFileSync(
    configuration,
    `include classpath("application.conf")
node-address { protocol = http, host = "127.0.0.1", port = ${port}, context-path = "" }
rest-sqs { enabled = true, bind-port = ${port}, bind-hostname = "127.0.0.1", sqs-limits = strict }
rest-stats.enabled = false
`,
  );
  const options = ['-Xmx256m', '-XX:+UseSerialGC', '-cp', `${jars}/lib/*`, `-Dconfig.file=${configuration}`];
  const server = spawn('java', [...options, 'org.elasticmq.server.Main'], { stdio: 'ignore' });
  const gone = once(server, 'exit');
  const endpoint = `http://127.0.0.1:${port}`;
  const stop = async (): Promise<void> => {
    server.kill('SIGKILL');
    await gone;
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    await eventually(() => fetch(endpoint), { seconds: 60 });
  } catch (error) {
    await stop();
    throw error;
  }
  return { fetch: (request) => fetch(request), endpoint, pass: (seconds) => sleep(seconds * 1000), stop };
};

const freePort = async (): Promise<number> => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
};
