import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createHash } from 'node:crypto';
import { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { lambdaWorld } from '../../../lib/runtime/lambda-world.ts';
import { runFunctions, type RunningFunctions } from '../../../local/lambda/run-functions.ts';
import { readWiring } from '../../../local/wiring.ts';
import type { Cluster } from '../cluster/cluster.ts';
import { startElasticMq } from '../queue/elasticmq.ts';

/** The bearer token of the webhook and the console in this run. */
export const TOKEN = 'a-token-of-this-test-run';

/** A decision as `work` logs it: one line each. */
export type LoggedDecision = {
  readonly job: string;
  readonly kind: string;
  readonly reason: string;
  readonly why: string;
  readonly cause: string;
  readonly at: number;
};

/** Headgate as it is deployed: the packaged bundles, each in processes and under an identity of its own. */
export type Headgate = {
  readonly send: (event: object, options?: { readonly group?: string; readonly body?: string }) => Promise<void>;
  readonly http: RunningFunctions['http'];
  /** Every decision logged so far, oldest first. */
  readonly decisions: readonly LoggedDecision[];
  readonly stop: () => Promise<void>;
};

const root = join(import.meta.dirname, '../../..');

/** Starts the queues and the functions against a cluster. `periodSeconds` replaces the minute of the schedules. */
export const startHeadgate = async (
  cluster: Cluster,
  options: { readonly periodSeconds: number; readonly stateRoot: string },
): Promise<Headgate> => {
  const wiring = readWiring(root);
  const queues = await startElasticMq(cluster, wiring.queues);
  const sqs = new SQSClient({
    endpoint: queues.endpoint,
    region: 'elasticmq',
    credentials: { accessKeyId: 'x', secretAccessKey: 'x' },
  });
  const decisions: LoggedDecision[] = [];
  const stopping = new AbortController();
  const running = runFunctions({
    world: lambdaWorld,
    wiring,
    bundles: join(root, '.build'),
    sqs,
    queueUrl: queues.urlOf,
    environment: (name) => ({
      HEADGATE_CLUSTER: 'kubeconfig',
      KUBECONFIG: cluster.kubeconfigFor(`headgate-${name}`, [`headgate:${name}`]),
      NODE_EXTRA_CA_CERTS: cluster.caFile,
      AWS_REGION: 'elasticmq',
      AWS_ACCESS_KEY_ID: 'x',
      AWS_SECRET_ACCESS_KEY: 'x',
      AWS_ENDPOINT_URL_SQS: queues.endpoint,
      HEADGATE_STATE_FILES_ROOT: options.stateRoot,
      HEADGATE_ADMINS: queues.senderId,
      HEADGATE_SENDERS: queues.senderId,
      HEADGATE_OPERATOR_NAMESPACE: 'flink-operator',
      HEADGATE_CONTROL_PLANE_CIDRS: '10.244.0.1/32',
      HEADGATE_DNS_CIDRS: '10.96.0.10/32',
      HEADGATE_TICK_PERIOD_SECONDS: String(Math.max(10, options.periodSeconds)),
      HEADGATE_TOKEN_SHA256: createHash('sha256').update(TOKEN).digest('hex'),
    }),
    periodSeconds: options.periodSeconds,
    onLine: (name, line) => onLine(name, line, decisions),
    signal: stopping.signal,
  });
  let sent = 0;
  return {
    http: running.http,
    decisions,
    send: async (event, { group = (event as { subject: string }).subject, body = JSON.stringify(event) } = {}) => {
      sent += 1;
      await sqs.send(
        new SendMessageCommand({
          QueueUrl: queues.urlOf('RequestsQueue'),
          MessageBody: body,
          MessageGroupId: group,
          MessageDeduplicationId: `sent-${sent}`,
        }),
      );
    },
    stop: async () => {
      stopping.abort();
      await running.stopped;
      queues.stop();
    },
  };
};

const verbose = process.env['HEADGATE_VERBOSE'] === 'true';

const onLine = (name: string, line: string, decisions: LoggedDecision[]): void => {
  const record = parseLine(line);
  if (record?.['message'] === 'decision') {
    const decision = { ...(record as unknown as LoggedDecision), at: Date.now() };
    // What a reader of the run wants to see go by: each change of mind, in its own words.
    if (decisions.at(-1)?.reason !== decision.reason) console.error(`           ${decision.reason}: ${decision.why}`);
    decisions.push(decision);
  }
  if (verbose || record?.['level'] === 'ERROR' || record === undefined)
    console.error(`  [${name}] ${line.slice(0, 2000)}`);
};

const parseLine = (line: string): Record<string, unknown> | undefined => {
  try {
    return JSON.parse(line) as Record<string, unknown>;
  } catch {
    return undefined;
  }
};

/** The commands of docs/install.md's Kubernetes half, word for word. */
export const installCommands = (): readonly (readonly string[])[] => {
  const guide = readFileSync(join(root, 'docs/install.md'), 'utf8');
  return [...guide.matchAll(/^```sh kubernetes\n([\s\S]*?)^```$/gm)]
    .flatMap(([, block = '']) => block.trim().split('\n'))
    .map((line) => line.split(/\s+/))
    .map(([kubectl, ...args]) => {
      if (kubectl !== 'kubectl') throw new Error(`docs/install.md: not a kubectl command: ${kubectl}`);
      return args;
    });
};
