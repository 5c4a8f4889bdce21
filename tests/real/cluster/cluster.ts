import { type ChildProcess, type SpawnOptions, execFile, execFileSync, spawn } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { buildControlPlane } from './build-control-plane.ts';
import { makeCgroup } from './cgroup.ts';
import {
  type ClusterFiles,
  apiServerArguments,
  clusterFiles,
  controllerManagerArguments,
  etcdArguments,
  schedulerArguments,
  writeControlPlaneFiles,
} from './control-plane.ts';
import { enteredRunId } from './enter-network.ts';
import { signIdentity } from './identity.ts';
import { formatKubeconfig } from './kubeconfig.ts';
import { createNetworkScript, nodeAddress, serverUrl } from './network.ts';
import type { Images } from './node-agent/image.ts';
import type { AgentReport, AgentRequest, AgentSettings } from './node-agent/main.ts';
import { readPodLogs } from './node-agent/pod-logs.ts';
import { requirePrerequisites } from './prerequisites.ts';
import { type Run, insideRun, openRun, removeRun, sweepDeadRuns } from './run.ts';

export type { Image, Images } from './node-agent/image.ts';

/** How long a start may take: ten times what it takes on two busy cores. */
const startSeconds = 120;

/** What a test wants to run on. */
export type ClusterSettings = {
  /** Names all that the run owns on the machine. Default: the run that `enterClusterNetwork` made, else a random one. */
  runId?: string;
  /** Where the run's folder is made; it is removed at the end. */
  workDir: string;
  /** The nodes, with what the scheduler may hand out of each, as quantities ("2", "4Gi"). */
  nodes: readonly { name: string; cpu: string; memory: string }[];
  images: Images;
};

/**
 * Starts a whole cluster and resolves when pods can be scheduled (5 s once the control plane is built, 10 s on a busy machine). Removes everything
 * again when that fails, and when this process ends, by `stop()`, an error, Ctrl-C or SIGTERM.
 */
export async function startCluster(settings: ClusterSettings): Promise<Cluster> {
  requirePrerequisites();
  sweepDeadRuns();
  const program = await buildControlPlane();
  const runId = settings.runId ?? enteredRunId() ?? randomBytes(4).toString('hex');
  const run = openRun(runId, join(settings.workDir, `headgate-${runId}`));
  const cluster = new Cluster(run, program);
  try {
    await cluster.start(settings);
  } catch (error) {
    await cluster.stop();
    throw error;
  }
  return cluster;
}

/** A running cluster: the real control plane, and nodes that run pods as processes of this machine. */
export class Cluster {
  readonly runId: string;
  /** The run's folder: logs in `logs/`, one file per part and per container. */
  readonly folder: string;
  /** The API server's URL inside the cluster's network, `https://10.96.0.1`. */
  readonly server = serverUrl;
  /** The certificate to trust for `server`. */
  readonly caFile: string;
  readonly #run: Run;
  readonly #program: string;
  readonly #files: ClusterFiles;
  readonly #identitySecret = randomBytes(32).toString('hex');
  readonly #parts = new Map<string, ChildProcess>();
  /** Rejected when a part ends that should not. */
  readonly #failure = Promise.withResolvers<never>();
  #isStopping = false;

  constructor(run: Run, program: string) {
    this.runId = run.id;
    this.folder = run.folder ?? '';
    this.#run = run;
    this.#program = program;
    this.#files = clusterFiles(this.folder);
    this.caFile = this.#files.caFile;
    // Nothing may be waiting for it when it happens.
    this.#failure.promise.catch(() => undefined);
    process.once('exit', this.#onExit).once('SIGINT', exitOnSignal).once('SIGTERM', exitOnSignal);
  }

  /** Called once, by `startCluster`. */
  async start(settings: ClusterSettings): Promise<void> {
    const tooLate = setTimeout(() => {
      const ends = [...this.#parts.keys()].map((name) => this.#endOfLog(name));
      this.#failure.reject(new Error(`the cluster is not up after ${startSeconds} s\n${ends.join('\n')}`));
    }, startSeconds * 1000);
    try {
      await Promise.race([this.#start(settings), this.#failure.promise]);
    } finally {
      clearTimeout(tooLate);
    }
    this.#failure.promise.catch((error: unknown) => console.error(error));
  }

  /** Path of a kubeconfig of an administrator (group `system:masters`). */
  get adminKubeconfig(): string {
    return this.kubeconfigFor('admin', ['system:masters']);
  }

  /** Path of a kubeconfig for a user in these groups; any user, at any time. It works inside the cluster's network. */
  kubeconfigFor(user: string, groups: readonly string[] = []): string {
    const token = this.tokenFor(user, groups);
    const name = `${user.replace(/[^\w.-]/g, '_')}-${createHash('sha256').update(token).digest('hex').slice(0, 8)}`;
    const file = join(this.#files.kubeconfigs, `${name}.json`);
    const certificate = readFileSync(this.caFile, 'utf8');
    writeFileSync(file, formatKubeconfig({ server: this.server, certificate, user, token }), { mode: 0o600 });
    return file;
  }

  /** A bearer token of a user in these groups. */
  tokenFor(user: string, groups: readonly string[] = []): string {
    return signIdentity(this.#identitySecret, { user, groups });
  }

  /** Starts a program in the cluster's network; it ends with the run at the latest. */
  spawnInside(command: string, args: readonly string[], options: SpawnOptions = {}): ChildProcess {
    return spawn(...insideRun(this.#run, command, args), options);
  }

  /** What `kubectl` prints, as administrator; throws what it complains about. */
  kubectl(...args: string[]): Promise<string> {
    return this.#kubectl(args);
  }

  /** Applies objects server-side, as administrator, in this order. */
  async apply(...objects: object[]): Promise<void> {
    const list = JSON.stringify({ apiVersion: 'v1', kind: 'List', items: objects });
    await this.#kubectl(['apply', '--server-side', '--force-conflicts', '-f', '-'], list);
  }

  /** All that a pod's containers have printed, restarts included, also after the pod is gone. */
  logs(namespace: string, pod: string): string {
    return readPodLogs(join(this.#files.podLogs, namespace, pod));
  }

  /** The folder on this machine that holds the files of a bound PersistentVolumeClaim. */
  async claimFolder(namespace: string, name: string): Promise<string> {
    const volume = await this.kubectl('get', 'pvc', name, `-n=${namespace}`, '-o=jsonpath={.spec.volumeName}');
    return this.kubectl('get', 'pv', volume, '-o=jsonpath={.spec.hostPath.path}');
  }

  /** Kills the API server and starts it again on the same data; resolves when it is ready. */
  async restartApiServer(): Promise<void> {
    const apiServer = this.#parts.get('kube-apiserver');
    this.#parts.delete('kube-apiserver');
    apiServer?.kill('SIGKILL');
    if (apiServer) await once(apiServer, 'exit');
    this.#startPart('kube-apiserver', apiServerArguments(this.#files));
    this.#tell({ kind: 'waitForApiServer' });
    await Promise.race([this.#hear('api-server-ready'), this.#failure.promise]);
  }

  /** The node falls silent, its containers die: after some 50 s Kubernetes calls it NotReady. It does not come back. */
  stopNode(name: string): void {
    this.#tell({ kind: 'stopNode', name });
  }

  /** Kills all processes of a pod as a crash would (SIGKILL); its restart policy decides what follows. */
  crashPod(namespace: string, name: string): void {
    this.#tell({ kind: 'crashPod', namespace, name });
  }

  /** Ends everything and removes what the run owned. `keepFolder` keeps logs and volumes for a look afterwards. */
  async stop(options: { keepFolder?: boolean } = {}): Promise<void> {
    this.#isStopping = true;
    const alive = [...this.#parts.values()].filter(
      ({ exitCode, signalCode }) => exitCode === null && signalCode === null,
    );
    const ends = alive.map((part) => once(part, 'exit'));
    removeRun(this.runId, options);
    await Promise.all(ends);
    process.off('exit', this.#onExit).off('SIGINT', exitOnSignal).off('SIGTERM', exitOnSignal);
  }

  readonly #onExit = (): void => {
    this.#isStopping = true;
    removeRun(this.runId);
  };

  async #start(settings: ClusterSettings): Promise<void> {
    const files = this.#files;
    const nodes = settings.nodes.map((node, index) => ({ ...node, address: nodeAddress(index) }));
    const network = createNetworkScript(nodes.map(({ address }) => address));
    execFileSync(...insideRun(this.#run, 'sh', ['-ec', network]));
    writeControlPlaneFiles(files);
    const agentSettings: AgentSettings = {
      nodes,
      images: settings.images,
      identitySecret: this.#identitySecret,
      certificateFile: files.caFile,
      certificateKeyFile: files.apiServerKey,
      podsFolder: files.pods,
      podLogsFolder: files.podLogs,
      claimsFolder: files.claims,
      cgroup: makeCgroup(this.#run.cgroup, 'pods'),
    };
    writeFileSync(files.agentSettings, JSON.stringify(agentSettings), { mode: 0o600 });
    this.#startPart('etcd', etcdArguments(files));
    this.#startPart('kube-apiserver', apiServerArguments(files));
    this.#startAgent();
    await this.#hear('api-server-ready');
    const controllerManager = this.kubeconfigFor('system:kube-controller-manager');
    this.#startPart('kube-controller-manager', controllerManagerArguments(files, controllerManager));
    this.#startPart('kube-scheduler', schedulerArguments(this.kubeconfigFor('system:kube-scheduler')));
    await this.#hear('nodes-ready');
  }

  #startPart(name: string, args: readonly string[]): void {
    this.#watch(name, (output) => this.spawnInside(this.#program, args, { stdio: ['ignore', output, output] }));
  }

  #startAgent(): void {
    const main = join(import.meta.dirname, 'node-agent/main.ts');
    const args = [main, this.#files.agentSettings];
    this.#watch('node-agent', (output) =>
      this.spawnInside(process.execPath, args, { stdio: ['ignore', output, output, 'ipc'] }),
    );
  }

  #tell(request: AgentRequest): void {
    this.#parts.get('node-agent')?.send(request);
  }

  /** Resolves when the agent reports this next. */
  #hear(report: AgentReport): Promise<void> {
    return new Promise((resolve) => {
      const agent = this.#parts.get('node-agent');
      const listen = (heard: unknown) => {
        if (heard !== report) return;
        agent?.off('message', listen);
        resolve();
      };
      agent?.on('message', listen);
    });
  }

  #watch(name: string, start: (output: number) => ChildProcess): void {
    const output = openSync(this.#logFile(name), 'a');
    const part = start(output);
    closeSync(output);
    this.#parts.set(name, part);
    part.once('error', this.#failure.reject);
    part.once('exit', (code, signal) => {
      if (this.#isStopping || this.#parts.get(name) !== part) return;
      this.#failure.reject(new Error(`${name} ended (${signal ?? `exit ${code}`})\n${this.#endOfLog(name)}`));
    });
  }

  #logFile(name: string): string {
    return join(this.#files.logs, `${name}.log`);
  }

  #endOfLog(name: string): string {
    const file = this.#logFile(name);
    return `the end of ${file}:\n${readFileSync(file, 'utf8').trimEnd().split('\n').slice(-15).join('\n')}`;
  }

  async #kubectl(args: readonly string[], input = ''): Promise<string> {
    const command = insideRun(this.#run, this.#program, ['kubectl', `--kubeconfig=${this.adminKubeconfig}`, ...args]);
    const env = { ...process.env, KUBECACHEDIR: join(this.folder, 'kubectl-cache') };
    const running = promisify(execFile)(...command, { env, maxBuffer: 64 * 2 ** 20 });
    running.child.stdin?.end(input);
    try {
      return (await running).stdout;
    } catch (error) {
      const complaint = error instanceof Error && 'stderr' in error ? String(error.stderr).trim() : '';
      throw new Error(`kubectl ${args.join(' ')}: ${complaint}`, { cause: error });
    }
  }
}

/** Ends this process, so that its `exit` listeners remove the runs. */
function exitOnSignal(signal: NodeJS.Signals): void {
  process.exit(signal === 'SIGINT' ? 130 : 143);
}
