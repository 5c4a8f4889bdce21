import { readFileSync } from 'node:fs';
import { createServer } from 'node:https';
import { join } from 'node:path';
import { kubeletPort, nodePrefix } from '../network.ts';
import { readContainerLog } from './pod-logs.ts';

/** What the server needs to know: where logs lie, and the certificate to show. */
type KubeletSettings = { podLogsFolder: string; certificateFile: string; certificateKeyFile: string };

/**
 * The part of the kubelet's own API that `kubectl logs` needs (`GET /containerLogs/<namespace>/<pod>/<container>`), reached
 * through the API server, so RBAC on `pods/log` holds. Pods, which could ask a node directly, are turned away.
 */
export function serveKubeletApi(settings: KubeletSettings, nodeAddress: string): void {
  const certificate = { cert: readFileSync(settings.certificateFile), key: readFileSync(settings.certificateKeyFile) };
  const server = createServer(certificate, (request, response) => {
    const url = new URL(request.url ?? '/', 'https://node');
    const [api, namespace = '', pod = '', container = ''] = url.pathname.split('/').slice(1);
    const isAllowed = request.socket.remoteAddress?.startsWith(nodePrefix) && api === 'containerLogs';
    const podFolder = join(settings.podLogsFolder, namespace, pod);
    const previous = url.searchParams.get('previous') === 'true';
    const log = isAllowed ? readContainerLog(podFolder, container, previous) : undefined;
    if (log === undefined) return response.writeHead(404).end();
    const tailLines = url.searchParams.get('tailLines');
    return response.end(
      tailLines === null
        ? log
        : log
            .split('\n')
            .slice(-1 - Number(tailLines))
            .join('\n'),
    );
  });
  server.listen(kubeletPort, nodeAddress);
}
