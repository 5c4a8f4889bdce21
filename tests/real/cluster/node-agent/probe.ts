import { get } from 'node:http';
import { connect } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import type { Container, Probe } from './objects.ts';

/**
 * Asks a container again and again how it is, until the signal aborts, and tells each time the answer changes for good: after
 * `successThreshold` good answers or `failureThreshold` bad ones in a row. Knows http and tcp.
 */
export async function watchProbe(
  probe: Probe,
  container: Container,
  address: string,
  tell: (isWell: boolean) => void,
  signal: AbortSignal,
): Promise<void> {
  const wait = (seconds: number) => delay(seconds * 1000, undefined, { signal }).catch(() => undefined);
  await wait(probe.initialDelaySeconds ?? 0);
  let streak = 0;
  let last: boolean | undefined;
  while (!signal.aborted) {
    const isWell = await ask(probe, container, address);
    streak = isWell === last ? streak + 1 : 1;
    last = isWell;
    if (streak === (isWell ? (probe.successThreshold ?? 1) : (probe.failureThreshold ?? 3)) && !signal.aborted)
      tell(isWell);
    await wait(probe.periodSeconds ?? 10);
  }
}

function ask(
  { httpGet, tcpSocket, timeoutSeconds = 1 }: Probe,
  container: Container,
  address: string,
): Promise<boolean> {
  const wanted = (httpGet ?? tcpSocket)?.port;
  const port =
    typeof wanted === 'string' ? container.ports?.find(({ name }) => name === wanted)?.containerPort : wanted;
  // A kind of probe that we do not know says nothing against the container.
  if (port === undefined) return Promise.resolve(true);
  const timeout = timeoutSeconds * 1000;
  return new Promise((resolve) => {
    if (httpGet) {
      const request = get({ host: address, port, path: httpGet.path ?? '/', agent: false, timeout }, (response) => {
        response.resume();
        resolve((response.statusCode ?? 500) < 400);
      });
      request.on('timeout', () => request.destroy(new Error('timeout')));
      request.on('error', () => resolve(false));
    } else {
      const socket = connect({ host: address, port, timeout });
      const answer = (isWell: boolean) => {
        socket.destroy();
        resolve(isWell);
      };
      socket.on('connect', () => answer(true));
      socket.on('timeout', () => answer(false));
      socket.on('error', () => answer(false));
    }
  });
}
