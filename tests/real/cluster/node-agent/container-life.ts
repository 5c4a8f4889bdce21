import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { type Api, ApiError } from './api.ts';
import { ContainerRefused } from './container-refused.ts';
import { type ContainerGround, type RunningContainer, startContainer } from './container.ts';
import { type PodAddresses, readEnvironment } from './environment.ts';
import type { Images } from './image.ts';
import { log } from './log.ts';
import type { Container } from './objects.ts';
import { type ContainerStatus, newContainerStatus } from './pod-status.ts';
import { containerLogFile } from './pod-logs.ts';
import { watchProbe } from './probe.ts';

/** The kubelet waits 10 s before the second start and doubles; ten times faster suits tests. */
const firstBackoffSeconds = 1;
const longestBackoffSeconds = 300;
/** A container that ran this long has its back-off forgotten (the kubelet's figure). */
const calmSeconds = 600;
/** Until what was missing (a ConfigMap for a variable) is looked for again. */
const retrySeconds = 0.5;

/** What a container needs to start, besides its own spec. */
export type LifeGround = Omit<ContainerGround, 'folder' | 'logFile'> & {
  api: Api;
  images: Images;
  addresses: PodAddresses;
  /** Folder of this pod's containers, and of their logs. */
  containersFolder: string;
  logsFolder: string;
  /** Tells that the status has changed. */
  changed: () => void;
};

/** One container of a pod through all its restarts. */
export class ContainerLife {
  readonly spec: Container;
  status: ContainerStatus;
  #running: RunningContainer | undefined;

  constructor(spec: Container) {
    this.spec = spec;
    this.status = newContainerStatus(spec);
  }

  /** Starts it, and again after each end that `restartsAfter` says so; resolves when it is over for good or the signal aborts. */
  async run(ground: LifeGround, restartsAfter: (exitCode: number) => boolean, signal: AbortSignal): Promise<void> {
    let backoffSeconds = firstBackoffSeconds;
    while (!signal.aborted) {
      const startedAt = Date.now();
      const exitCode = await this.#runOnce(ground, signal);
      if (exitCode === undefined) {
        await wait(retrySeconds, signal);
        continue;
      }
      if (signal.aborted || !restartsAfter(exitCode)) return;
      if (Date.now() - startedAt > calmSeconds * 1000) backoffSeconds = firstBackoffSeconds;
      const message = `back-off ${backoffSeconds}s restarting failed container=${this.spec.name} pod=${ground.pod.metadata.name}`;
      const state = { waiting: { reason: 'CrashLoopBackOff', message } };
      this.status = { ...this.status, lastState: this.status.state, state };
      ground.changed();
      await wait(backoffSeconds, signal);
      this.status = { ...this.status, restartCount: this.status.restartCount + 1 };
      backoffSeconds = Math.min(backoffSeconds * 2, longestBackoffSeconds);
    }
  }

  hasSucceeded(): boolean {
    return 'terminated' in this.status.state && this.status.state.terminated.exitCode === 0;
  }

  terminate(): void {
    this.#running?.terminate();
  }

  kill(): void {
    this.#running?.kill();
  }

  /** Its exit code, or undefined when it could not be started as things are. */
  async #runOnce(ground: LifeGround, signal: AbortSignal): Promise<number | undefined> {
    let running: RunningContainer | undefined;
    try {
      running = await this.#start(ground, signal);
    } catch (error) {
      this.#wait(error, ground);
    }
    if (!running) return undefined;
    const startedAt = new Date().toISOString();
    const containerID = `processes://${ground.pod.metadata.uid}/${this.spec.name}/${this.status.restartCount}`;
    const { readinessProbe, image } = this.spec;
    const state = { running: { startedAt } };
    this.status = { ...this.status, state, containerID, imageID: image, started: true, ready: !readinessProbe };
    this.#running = running;
    ground.changed();

    const probing = new AbortController();
    this.#probe(running, ground, probing.signal);
    const exit = await running.exit;
    probing.abort();
    this.#running = undefined;
    const terminated = { ...exit, startedAt, finishedAt: new Date().toISOString(), containerID };
    this.status = { ...this.status, state: { terminated }, started: false, ready: false };
    log(
      ground.pod.metadata.name,
      this.spec.name,
      `${exit.reason} (${exit.exitCode})${signal.aborted ? ', was stopped' : ''}`,
    );
    ground.changed();
    return exit.exitCode;
  }

  async #start(ground: LifeGround, signal: AbortSignal): Promise<RunningContainer | undefined> {
    const { name, image: imageName } = this.spec;
    const image = ground.images[imageName];
    if (!image) throw new ContainerRefused('ErrImagePull', `no such image in the test's table: ${imageName}`);
    const variables = await readEnvironment(ground.api, ground.pod, this.spec, ground.addresses);
    // The pod's end came while we read: whoever ended it has seen no container to end.
    if (signal.aborted) return undefined;
    const attempt = this.status.restartCount;
    const folder = join(ground.containersFolder, `${name}-${attempt}`);
    const logFile = containerLogFile(ground.logsFolder, name, attempt);
    return startContainer({ ...ground, folder, logFile }, this.spec, image, variables);
  }

  #wait(error: unknown, ground: LifeGround): void {
    const reason = error instanceof ContainerRefused ? error.reason : 'CreateContainerConfigError';
    const message = error instanceof Error ? error.message : String(error);
    // The API server itself may be away for a moment: that is no fault of the container.
    if (!(error instanceof ContainerRefused || error instanceof ApiError)) log(ground.pod.metadata.name, error);
    const { state } = this.status;
    if ('waiting' in state && state.waiting.reason === reason && state.waiting.message === message) return;
    this.status = { ...this.status, state: { waiting: { reason, message } } };
    ground.changed();
  }

  #probe(running: RunningContainer, ground: LifeGround, signal: AbortSignal): void {
    const { readinessProbe, livenessProbe } = this.spec;
    const { podIP } = ground.addresses;
    if (readinessProbe) {
      const setReady = (ready: boolean) => {
        this.status = { ...this.status, ready };
        ground.changed();
      };
      void watchProbe(readinessProbe, this.spec, podIP, setReady, signal);
    }
    if (livenessProbe) {
      const endWhenDead = (isAlive: boolean) => {
        if (isAlive) return;
        log(ground.pod.metadata.name, this.spec.name, 'failed its liveness probe');
        running.terminate();
        void wait(ground.pod.spec.terminationGracePeriodSeconds ?? 30, signal).then(() => running.kill());
      };
      void watchProbe(livenessProbe, this.spec, podIP, endWhenDead, signal);
    }
  }
}

/** Resolves after the time, or at once when the signal aborts. */
async function wait(seconds: number, signal: AbortSignal): Promise<void> {
  await delay(seconds * 1000, undefined, { signal }).catch(() => undefined);
}
