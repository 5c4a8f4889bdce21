/** Ends once the API server is ready, or with an error after a minute. Run inside the cluster's network: server, CA file. */
import { existsSync, readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { setDefaultCACertificates } from 'node:tls';

const [server = '', caFile = ''] = process.argv.slice(2);
const deadline = Date.now() + 60_000;
while (!(await isReady())) {
  if (Date.now() > deadline) process.exit(1);
  await delay(100);
}

async function isReady(): Promise<boolean> {
  // The API server writes its certificate as it starts.
  if (!existsSync(caFile)) return false;
  try {
    setDefaultCACertificates([readFileSync(caFile, 'utf8')]);
    const answer = await fetch(`${server}/readyz`);
    return answer.ok;
  } catch {
    return false;
  }
}
