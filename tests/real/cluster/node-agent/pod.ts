import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Cgroup } from '../cgroup.ts';
import { dnsAddress, podAddress } from '../network.ts';
import { type Api, ApiError } from './api.ts';
import { ContainerLife, type LifeGround } from './container-life.ts';
import type { PodAddresses } from './environment.ts';
import type { Images } from './image.ts';
import { log } from './log.ts';
import type { Pod } from './objects.ts';
import { type PodNetwork, createPodNetwork } from './pod-network.ts';
import { type PodStatus, describePod, restarts } from './pod-status.ts';
import { prepareVolume } from './volume.ts';

/** What the pods of a node share. */
export type PodHost = {
  api: Api;
  nodeAddress: string;
  images: Images;
  podsFolder: string;
  podLogsFolder: string;
  cgroup: Cgroup;
};

/** Until an object that a volume needs, or the API server, is asked for again. */
const retryMilliseconds = 500;

/** Pods started so far by this agent: each gets the next address. */
let podCount = 0;

/** One pod on a node, from its binding to its end. */
export class PodRunner {
  readonly #host: PodHost;
  readonly #pod: Pod;
  /** `<namespace>/<name>` */
  readonly name: string;
  readonly #folder: string;
  readonly #containers: ContainerLife[];
  readonly #initContainers: ContainerLife[];
  readonly #startTime = new Date().toISOString();
  /** Aborted when the pod is to end: nothing new starts then. */
  readonly #stopping = new AbortController();
  readonly #graceOver = Promise.withResolvers<void>();
  #address: string | undefined;
  #network: PodNetwork | undefined;
  #isInitialized = false;
  #reported: PodStatus | undefined;
  #reporting: Promise<void> = Promise.resolve();
  /** No one wants to hear of this pod any more. */
  #isSilent = false;
  readonly #ended: Promise<void>;

  /** Starts the pod; a pod that is already being deleted only needs its end confirmed. */
  constructor(host: PodHost, pod: Pod) {
    this.#host = host;
    this.#pod = pod;
    this.name = `${pod.metadata.namespace}/${pod.metadata.name}`;
    this.#folder = join(host.podsFolder, pod.metadata.uid);
    this.#containers = pod.spec.containers.map((spec) => new ContainerLife(spec));
    this.#initContainers = (pod.spec.initContainers ?? []).map((spec) => new ContainerLife(spec));
    this.#ended = pod.metadata.deletionTimestamp
      ? Promise.resolve()
      : this.#run()
          .catch((error: unknown) => log(this.name, 'cannot run:', error))
          .finally(() => this.#network?.close());
  }

  /** Ends the pod as its deletion asks: SIGTERM, the grace period, SIGKILL; then tells the API server that it is gone. */
  async delete(graceSeconds: number): Promise<void> {
    if (this.#stopping.signal.aborted) return;
    await this.#stop(graceSeconds);
    this.#report();
    await this.#reporting;
    this.#isSilent = true;
    while (!(await this.#confirmRemoval())) await delay(retryMilliseconds);
    log(this.name, 'removed');
  }

  /** Ends the pod at once and without a word, because it was deleted by force or its node is to seem dead. */
  async kill(): Promise<void> {
    this.#isSilent = true;
    this.#graceOver.resolve();
    if (!this.#stopping.signal.aborted) await this.#stop(0);
  }

  /** SIGKILL to every process of its containers, out of the blue. */
  crash(): void {
    for (const container of [...this.#initContainers, ...this.#containers]) container.kill();
  }

  async #run(): Promise<void> {
    log(this.name, 'starts');
    this.#report();
    this.#address = podAddress(podCount++);
    this.#network = await createPodNetwork(this.#address);
    const addresses = { podIP: this.#address, hostIP: this.#host.nodeAddress };
    const networkFiles = this.#writeNetworkFiles();
    const volumes = await this.#prepareVolumes(addresses);
    const { namespace = '', name } = this.#pod.metadata;
    const ground: LifeGround = {
      api: this.#host.api,
      images: this.#host.images,
      pod: this.#pod,
      addresses,
      networkPid: this.#network.pid,
      networkFiles,
      volumes,
      parentCgroup: this.#host.cgroup,
      containersFolder: join(this.#folder, 'containers'),
      logsFolder: join(this.#host.podLogsFolder, namespace, name),
      changed: () => this.#report(),
    };
    const { signal } = this.#stopping;
    for (const container of this.#initContainers) {
      const tryAgain = (exitCode: number) => exitCode !== 0 && this.#pod.spec.restartPolicy !== 'Never';
      await container.run(ground, tryAgain, signal);
      if (!container.hasSucceeded()) return;
    }
    this.#isInitialized = true;
    const restartsAfter = (exitCode: number) => restarts(this.#pod, exitCode);
    await Promise.all(this.#containers.map((container) => container.run(ground, restartsAfter, signal)));
  }

  async #stop(graceSeconds: number): Promise<void> {
    this.#stopping.abort();
    const containers = [...this.#initContainers, ...this.#containers];
    for (const container of containers) container.terminate();
    const timer = setTimeout(this.#graceOver.resolve, graceSeconds * 1000);
    await Promise.race([this.#ended, this.#graceOver.promise]);
    clearTimeout(timer);
    for (const container of containers) container.kill();
    await this.#ended;
    rmSync(this.#folder, { recursive: true, force: true });
  }

  #writeNetworkFiles(): LifeGround['networkFiles'] {
    mkdirSync(this.#folder, { recursive: true });
    const { namespace, name } = this.#pod.metadata;
    const files = { resolvConf: join(this.#folder, 'resolv.conf'), hosts: join(this.#folder, 'hosts') };
    const search = `${namespace}.svc.cluster.local svc.cluster.local cluster.local`;
    writeFileSync(files.resolvConf, `nameserver ${dnsAddress}\nsearch ${search}\noptions ndots:5\n`);
    writeFileSync(files.hosts, `127.0.0.1 localhost\n${this.#address} ${this.#pod.spec.hostname ?? name}\n`);
    return files;
  }

  /** Waits for what the volumes need, as long as the pod is wanted. */
  async #prepareVolumes(addresses: PodAddresses): Promise<Map<string, string>> {
    const folders = new Map<string, string>();
    for (const volume of this.#pod.spec.volumes ?? []) {
      const folder = join(this.#folder, 'volumes', volume.name);
      let lastProblem = '';
      while (!this.#stopping.signal.aborted && !folders.has(volume.name)) {
        try {
          folders.set(volume.name, await prepareVolume(this.#host.api, this.#pod, volume, folder, addresses));
        } catch (error) {
          const problem = String(error);
          if (problem !== lastProblem) log(this.name, `volume ${volume.name}:`, error);
          lastProblem = problem;
          await delay(retryMilliseconds);
        }
      }
    }
    return folders;
  }

  /** The last word of a deletion: without it the object stays. False when the API server could not hear it. */
  async #confirmRemoval(): Promise<boolean> {
    const { uid } = this.#pod.metadata;
    try {
      await this.#host.api.remove(this.#path, { gracePeriodSeconds: 0, preconditions: { uid } });
    } catch (error) {
      if (isAboutAnother(error)) return true;
      log(this.name, 'not removed:', error);
      return false;
    }
    return true;
  }

  /** Sends the status as it is when its turn comes; changes meanwhile go with it. */
  #report(): void {
    this.#reporting = this.#reporting.then(() => this.#sendStatus());
  }

  async #sendStatus(): Promise<void> {
    const { uid } = this.#pod.metadata;
    while (!this.#isSilent) {
      const status = describePod(this.#state(), this.#reported, new Date().toISOString());
      if (JSON.stringify(status) === JSON.stringify(this.#reported)) return;
      try {
        await this.#host.api.patch(`${this.#path}/status`, { metadata: { uid }, status }, 'merge');
        this.#reported = status;
        return;
      } catch (error) {
        if (isAboutAnother(error)) return;
        // The API server is away: it will want to know later.
        log(this.name, 'status not sent:', error);
        await delay(retryMilliseconds);
      }
    }
  }

  get #path(): string {
    return `/api/v1/namespaces/${this.#pod.metadata.namespace}/pods/${this.#pod.metadata.name}`;
  }

  #state() {
    return {
      pod: this.#pod,
      startTime: this.#startTime,
      hostAddress: this.#host.nodeAddress,
      ...(this.#address ? { address: this.#address } : {}),
      containers: this.#containers.map(({ status }) => status),
      initContainers: this.#initContainers.map(({ status }) => status),
      isInitialized: this.#isInitialized,
      isStopping: this.#stopping.signal.aborted,
    };
  }
}

/** There is no pod of that name any more, or it is another one (the uid is a precondition). */
function isAboutAnother(error: unknown): boolean {
  return error instanceof ApiError && (error.status === 404 || error.status === 409);
}
