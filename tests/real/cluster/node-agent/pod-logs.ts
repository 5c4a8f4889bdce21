import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { createServer } from 'node:https';
import { join } from 'node:path';
import { kubeletPort, nodePrefix } from '../network.ts';

/** A container's log file: one for each start. */
export function containerLogFile(podFolder: string, container: string, attempt: number): string {
  return join(podFolder, `${container}.${attempt}.log`);
}

/** All that a pod's containers printed, in order of their names and starts. */
export function readPodLogs(podFolder: string): string {
  const files = listLogs(podFolder);
  return files
    .map(({ container, attempt }) => readFileSync(containerLogFile(podFolder, container, attempt), 'utf8'))
    .join('');
}

/** What a container printed since its latest start, or between the one before and that; undefined when it never started. */
function readContainerLog(podFolder: string, container: string, previous: boolean): string | undefined {
  const attempts = listLogs(podFolder).filter((log) => log.container === container);
  const wanted = attempts.at(previous ? -2 : -1);
  return wanted && readFileSync(containerLogFile(podFolder, container, wanted.attempt), 'utf8');
}

function listLogs(podFolder: string): { container: string; attempt: number }[] {
  if (!existsSync(podFolder)) return [];
  return readdirSync(podFolder)
    .map((file) => ({ container: file.split('.')[0] ?? '', attempt: Number(file.split('.')[1]) }))
    .sort((a, b) => a.container.localeCompare(b.container) || a.attempt - b.attempt);
}

/**
 * The part of the kubelet's own API that `kubectl logs` needs (`GET /containerLogs/<namespace>/<pod>/<container>`), reached
 * through the API server, so RBAC on `pods/log` holds. Pods, which could ask the port directly, are turned away.
 */
export function serveContainerLogs(settings: {
  podLogsFolder: string;
  certificateFile: string;
  certificateKeyFile: string;
}): void {
  const certificate = { cert: readFileSync(settings.certificateFile), key: readFileSync(settings.certificateKeyFile) };
  const server = createServer(certificate, (request, response) => {
    const url = new URL(request.url ?? '/', 'https://node');
    const [api, namespace = '', pod = '', container = ''] = url.pathname.split('/').slice(1);
    const isApiServer = request.socket.remoteAddress?.startsWith(nodePrefix);
    const log =
      api === 'containerLogs' && isApiServer
        ? readContainerLog(
            join(settings.podLogsFolder, namespace, pod),
            container,
            url.searchParams.get('previous') === 'true',
          )
        : undefined;
    if (log === undefined) return response.writeHead(404).end();
    const tailLines = url.searchParams.get('tailLines');
    const lines = log.split('\n');
    return response.end(tailLines === null ? log : lines.slice(-1 - Number(tailLines)).join('\n'));
  });
  server.listen(kubeletPort, '0.0.0.0');
}
