import { setTimeout as delay } from 'node:timers/promises';
import type { Api } from './api.ts';
import { listWatch } from './list-watch.ts';
import { log } from './log.ts';
import { type NodeSettings, registerNode, renewLease } from './node.ts';
import type { KubeObject, Pod } from './objects.ts';
import { type PodHost, PodRunner } from './pod.ts';

/** One node: its lease and the pods that are bound to it. */
export class NodeRunner {
  readonly name: string;
  readonly address: string;
  readonly #settings: NodeSettings;
  readonly #host: PodHost;
  readonly #pods = new Map<string, PodRunner>();
  readonly #life = new AbortController();

  constructor(settings: NodeSettings, host: PodHost) {
    this.name = settings.name;
    this.address = settings.address;
    this.#settings = settings;
    this.#host = host;
  }

  /** Registers the node and begins to run pods; resolves once the scheduler may use it. */
  async start(): Promise<void> {
    const { api } = this.#host;
    const { signal } = this.#life;
    await registerNode(api, this.#settings);
    void renewLease(api, this.name, signal);
    const ofThisNode = { fieldSelector: `spec.nodeName=${this.name}` };
    void listWatch<Pod>(api, '/api/v1/pods', ofThisNode, (pod, change) => this.#onPod(pod, change), signal);
    await untilSchedulable(api, this.name);
  }

  /** Falls silent like a machine that lost its power: no lease, no status, no living container. */
  stop(): void {
    log('node', this.name, 'stops');
    this.#life.abort();
    for (const pod of this.#pods.values()) void pod.kill();
  }

  /** Kills the processes of a pod, if it is here; they start again as its restart policy says. */
  crashPod(namespace: string, name: string): void {
    for (const pod of this.#pods.values()) if (pod.name === `${namespace}/${name}`) pod.crash();
  }

  #onPod(pod: Pod, change: 'present' | 'gone'): void {
    if (this.#life.signal.aborted) return;
    const { uid, deletionTimestamp, deletionGracePeriodSeconds = 30 } = pod.metadata;
    if (change === 'gone') {
      void this.#pods.get(uid)?.kill();
      this.#pods.delete(uid);
      return;
    }
    const runner = this.#pods.get(uid) ?? new PodRunner(this.#host, pod);
    this.#pods.set(uid, runner);
    if (deletionTimestamp) void runner.delete(deletionGracePeriodSeconds);
  }
}

/** The node life cycle controller takes its `not-ready` taint off once it has seen the Ready condition. */
async function untilSchedulable(api: Api, name: string): Promise<void> {
  for (;;) {
    const node = await api.get<KubeObject & { spec: { taints?: object[] } }>(`/api/v1/nodes/${name}`);
    if (!node.spec.taints?.length) return;
    await delay(100);
  }
}
