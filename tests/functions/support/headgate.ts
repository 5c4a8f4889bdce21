import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { APIGatewayProxyStructuredResultV2, Context, SQSBatchResponse } from 'aws-lambda';
import { parseAllDocuments } from 'yaml';
import { make as alerts } from '../../../functions/alerts.ts';
import { make as console_ } from '../../../functions/console.ts';
import { make as rebalance } from '../../../functions/rebalance.ts';
import { make as rejected } from '../../../functions/rejected.ts';
import { make as tenantRequests } from '../../../functions/tenant-requests.ts';
import { make as tick } from '../../../functions/tick.ts';
import { make as work } from '../../../functions/work.ts';
import type { KubernetesObject } from '../../../lib/model/kubernetes-object.ts';
import type { World } from '../../../lib/runtime/world.ts';
import { createKubernetes } from '../../../local/kubernetes/kubernetes.ts';
import { lambdaContext } from '../../runtime/invoke.ts';
import { createAdmin, SERVER, type Admin, type Shown } from './admin.ts';
import { createClock, type Clock } from './clock.ts';
import { createOperator, type Operator, type OperatorVersion } from './operator.ts';
import { createQueues, ENDPOINT, queueEvent, urlOf, type Message, type QueueName, type Queues } from './queues.ts';

const FUNCTIONS = { 'tenant-requests': tenantRequests, tick, work, rebalance, alerts, rejected, console: console_ };
export type FunctionName = keyof typeof FUNCTIONS;

/** When the sample requests in events/samples were made. */
export const START = Date.UTC(2026, 10, 23, 10, 10);
export const ADMIN = 'AROAEXAMPLEADMIN:alice';
/** Opens the webhook and the console. */
export const TOKEN = 'a-token-of-the-tests';

/** One call of a function to the outside, and what it was answered. */
export type Call = {
  readonly function: FunctionName;
  readonly method: string;
  /** Path with query at the API server; queue calls have the endpoint before it. */
  readonly path: string;
  readonly body: string;
  readonly status: number;
  readonly answer: string;
};

/** How an invocation is to end at its Nth write: dead before or after it took effect, or alive without an answer. */
export type Fate = { readonly write: number; readonly how: 'dies before' | 'dies after' | 'loses the answer' };

/** A log line, as printed. */
export type LogLine = Readonly<Record<string, unknown>> & {
  readonly message?: string;
  readonly function: FunctionName;
};

export type Invoked = { readonly died: boolean; readonly writes: number; readonly result: unknown };

/** Headgate's functions in one process, on stand-ins of everything that they talk to. */
export type Headgate = {
  readonly clock: Clock;
  readonly admin: Admin;
  readonly operator: Operator;
  readonly queues: Queues;
  readonly calls: Call[];
  readonly logs: LogLine[];
  /** Answers instead of the stand-ins, where it answers at all; `silence`: nothing ever comes. */
  fault: ((call: Omit<Call, 'status' | 'answer'>) => Response | 'silence' | undefined) | undefined;
  /** Calls a function as Lambda does. With a fate in a sandbox of its own; else in its warm one. */
  readonly invoke: (name: FunctionName, event: unknown, fate?: Fate) => Promise<Invoked>;
  /** Hands a function one batch of what lies in a queue; what it does not handle goes back. Answers how many it was. */
  readonly deliver: (
    queue: QueueName,
    fate?: Fate,
  ) => Promise<Invoked & { readonly delivered: number; readonly failed: number }>;
  /** Delivers until no queue holds anything that is due. */
  readonly drain: () => Promise<void>;
  readonly schedule: (name: 'tick' | 'rebalance', at?: number) => Promise<Invoked>;
  readonly http: (name: 'alerts' | 'console', request?: HttpRequest) => Promise<APIGatewayProxyStructuredResultV2>;
  /** A tenant's or an admin's request. */
  readonly request: (event: object, sent?: { group?: string; senderId?: string; body?: string }) => void;
  /** Every object of the cluster, by path. */
  readonly objects: () => Promise<ReadonlyMap<string, Shown>>;
};

export type HttpRequest = {
  readonly method?: string;
  readonly body?: string;
  readonly token?: string | undefined;
};

const WOKEN_BY: Partial<Record<QueueName, { readonly name: FunctionName; readonly batch: number }>> = {
  requests: { name: 'tenant-requests', batch: 10 },
  pools: { name: 'rebalance', batch: 1 },
  work: { name: 'work', batch: 1 },
  later: { name: 'tick', batch: 10 },
  'requests-dead': { name: 'rejected', batch: 10 },
  'work-dead': { name: 'rejected', batch: 10 },
};

const root = join(import.meta.dirname, '../../..');
const readObjects = (path: string): readonly KubernetesObject[] =>
  parseAllDocuments(readFileSync(path, 'utf8')).map((document): KubernetesObject => document.toJS());
const folder = (path: string) => readdirSync(join(root, path)).flatMap((file) => readObjects(join(root, path, file)));
/** What docs/install.md applies, and the operator's definition. */
const INSTALLED = [
  ...folder('deploy/crds'),
  ...readObjects(join(import.meta.dirname, 'flink-deployments.yaml')),
  ...folder('deploy/rbac'),
];

export type Options = {
  readonly operator?: OperatorVersion;
  readonly capacity?: { readonly cpu: string; readonly memory: string };
  /** The folder that stands for `file:///`. */
  readonly stateRoot?: string;
};

export const startHeadgate = async (options: Options = {}): Promise<Headgate> => {
  const clock = createClock(START);
  const random = seeded(7);
  const identities = Object.fromEntries(
    (Object.keys(FUNCTIONS) as FunctionName[]).map((name) => [
      `token-${name}`,
      { name: `headgate-${name}`, groups: [`headgate:${name}`] },
    ]),
  );
  const kubernetes = createKubernetes({
    now: clock.now,
    random,
    identities: { ...identities, admin: { name: 'admin', groups: ['system:masters'] } },
    podTimes: { startMillis: 0, stopMillis: 0 },
    serviceProxy: async (namespace, service, _port, request) => {
      const key = `${namespace}/${service.replace(/-rest$/, '')}`;
      if (operator.unreachable.has(key)) return undefined;
      return operator.jobManager(namespace, service.replace(/-rest$/, ''))?.answer(request);
    },
  });
  const apiServer = async (request: Request): Promise<Response> => {
    const answer = await kubernetes.fetch(request);
    kubernetes.settle();
    return answer;
  };
  const admin = createAdmin(apiServer);
  const operator = createOperator(clock.now, admin, options.operator ?? '1.10');
  const queues = createQueues(clock.now);
  const calls: Call[] = [];
  const logs: LogLine[] = [];
  const sandboxes = new Map<FunctionName, Sandbox>();

  const answer = async (request: Request, name: FunctionName): Promise<Response> =>
    request.url.startsWith(ENDPOINT)
      ? queues.answer(request, `AROAEXAMPLE${name.toUpperCase()}:headgate-${name}`)
      : apiServer(request);

  type Sandbox = {
    readonly handler: (event: unknown, context: Context) => unknown;
    readonly died: Promise<void>;
    readonly writes: () => number;
  };

  const startSandbox = (name: FunctionName, fate: Fate | undefined): Sandbox => {
    const { sleep, forget } = clock.sleepers();
    let writes = 0;
    let isDead = false;
    let markDead = () => {};
    const died = new Promise<void>((resolve) => (markDead = resolve));
    const die = (): Promise<never> => {
      isDead = true;
      forget();
      markDead();
      return never();
    };
    const fetch: World['fetch'] = async (request) => {
      if (isDead) return never();
      request.signal.throwIfAborted();
      const isWrite = request.method !== 'GET';
      if (isWrite) writes += 1;
      const struck = isWrite && fate?.write === writes ? fate.how : undefined;
      if (struck === 'dies before') return die();
      const { pathname, search, origin } = new URL(request.url);
      const path = `${origin === SERVER ? '' : origin}${pathname}${search}`;
      const body = isWrite ? await clock.during(request.clone().text()) : '';
      const call = { function: name, method: request.method, path, body };
      const fault = headgate.fault?.(call);
      if (fault === 'silence') {
        return new Promise((_, reject) => {
          request.signal.addEventListener('abort', () => reject(request.signal.reason));
        });
      }
      const given = fault ?? (await clock.during(answer(request, name)));
      calls.push({ ...call, status: given.status, answer: await clock.during(given.clone().text()) });
      if (struck === 'dies after') return die();
      if (struck !== undefined) throw connectionReset();
      return isDead ? never() : given;
    };
    const world: World = {
      fetch,
      now: clock.now,
      sleep,
      random,
      env: environmentOf(name, options),
      print: (line) => logs.push({ ...JSON.parse(line), function: name }),
    };
    return { handler: FUNCTIONS[name](world), died, writes: () => writes };
  };

  const invoke: Headgate['invoke'] = async (name, event, fate) => {
    const sandbox =
      fate === undefined ? (sandboxes.get(name) ?? startSandbox(name, undefined)) : startSandbox(name, fate);
    if (fate === undefined) sandboxes.set(name, sandbox);
    const begun = sandbox.writes();
    const ended = Promise.resolve(sandbox.handler(event, lambdaContext({ now: clock.now } as World)));
    const outcome = await Promise.race([
      ended.then((result) => ({ died: false, result })),
      sandbox.died.then(() => ({ died: true, result: undefined })),
    ]);
    return { ...outcome, writes: sandbox.writes() - begun };
  };

  const deliver: Headgate['deliver'] = async (queue, fate) => {
    const woken = WOKEN_BY[queue];
    assert.ok(woken !== undefined, queue);
    const messages = queues.receive(queue, woken.batch);
    if (messages.length === 0) return { died: false, writes: 0, result: undefined, delivered: 0, failed: 0 };
    const invoked = await invoke(woken.name, queueEvent(queue, messages), fate).catch((error: unknown) => {
      queues.giveBack(queue, messages);
      throw error;
    });
    const back = invoked.died ? messages : failedOf(messages, invoked.result as SQSBatchResponse | undefined);
    queues.giveBack(queue, back);
    return { ...invoked, delivered: messages.length, failed: back.length };
  };

  const drain = async (): Promise<void> => {
    for (let round = 0; round < 200; round += 1) {
      let delivered = 0;
      for (const queue of ['requests', 'pools', 'work', 'later'] as const) {
        const { failed, delivered: more, result } = await deliver(queue);
        assert.equal(failed, 0, `${queue}: ${JSON.stringify(result)} ${JSON.stringify(logs.at(-2))}`);
        delivered += more;
      }
      if (delivered === 0) return;
    }
    assert.fail('the queues never empty');
  };

  const headgate: Headgate = {
    clock,
    admin,
    operator,
    queues,
    calls,
    logs,
    fault: undefined,
    invoke,
    deliver,
    drain,
    schedule: (name, at = clock.now()) =>
      invoke(name, { 'detail-type': 'Scheduled Event', source: 'aws.events', time: new Date(at).toISOString() }),
    http: async (name, { method = name === 'alerts' ? 'POST' : 'GET', body, token = TOKEN } = {}) => {
      const { result } = await invoke(name, {
        version: '2.0',
        rawPath: `/${name}`,
        headers: token === '' ? {} : { authorization: `Bearer ${token}` },
        requestContext: { http: { method } },
        isBase64Encoded: false,
        ...(body !== undefined && { body }),
      });
      return result as APIGatewayProxyStructuredResultV2;
    },
    request: (event, { group = (event as { subject: string }).subject, senderId = ADMIN, body } = {}) =>
      queues.send('requests', { body: body ?? JSON.stringify(event), group, senderId }),
    objects: () => readEverything(admin),
  };

  for (const object of INSTALLED) await admin.applyAs('kubectl', object);
  const { capacity = { cpu: '8', memory: '16Gi' } } = options;
  await admin.applyAs('kubectl', {
    apiVersion: 'headgate.dev/v1alpha1',
    kind: 'CapacityPool',
    metadata: { name: 'default' },
    spec: { capacity, bandPercent: 0, cooldownSeconds: 0 },
  });
  await admin.applyAs('kubectl', {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name: 'node-1' },
  });
  await admin.merge('/api/v1/nodes/node-1/status', {
    status: {
      allocatable: { cpu: '64', memory: '256Gi', pods: '500' },
      capacity: { cpu: '64', memory: '256Gi', pods: '500' },
      conditions: [{ type: 'Ready', status: 'True', reason: 'KubeletReady', message: '' }],
    },
  });
  return headgate;
};

const never = (): Promise<never> => new Promise(() => {});

const connectionReset = (): Error =>
  new TypeError('fetch failed', { cause: Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' }) });

const failedOf = (messages: readonly Message[], result: SQSBatchResponse | undefined): readonly Message[] => {
  const failed = new Set(result?.batchItemFailures.map((failure) => failure.itemIdentifier));
  return messages.filter((message) => failed.has(message.id));
};

/** Park and Miller's generator: the same numbers in every run. */
const seeded = (seed: number) => {
  let state = seed;
  return (): number => (state = (state * 48_271) % 2_147_483_647) / 2_147_483_647;
};

const environmentOf = (name: FunctionName, { stateRoot }: Options): World['env'] => ({
  HEADGATE_CLUSTER: 'server',
  HEADGATE_SERVER: SERVER,
  HEADGATE_SERVER_TOKEN: `token-${name}`,
  AWS_REGION: 'eu-west-1',
  AWS_ACCESS_KEY_ID: 'x',
  AWS_SECRET_ACCESS_KEY: 'x',
  AWS_ENDPOINT_URL_SQS: ENDPOINT,
  HEADGATE_WORK_QUEUE_URL: urlOf('work'),
  HEADGATE_LATER_QUEUE_URL: urlOf('later'),
  HEADGATE_POOLS_QUEUE_URL: urlOf('pools'),
  HEADGATE_REQUESTS_QUEUE_URL: urlOf('requests'),
  HEADGATE_ADMINS: 'AROAEXAMPLEADMIN',
  HEADGATE_SENDERS: 'AROAEXAMPLETICK',
  HEADGATE_CONTROL_PLANE_CIDRS: '10.0.0.0/24',
  HEADGATE_TOKEN_SHA256: createHash('sha256').update(TOKEN).digest('hex'),
  ...(stateRoot !== undefined && { HEADGATE_STATE_FILES_ROOT: stateRoot }),
});

const COLLECTIONS = [
  '/api/v1/namespaces',
  '/api/v1/configmaps',
  '/api/v1/serviceaccounts',
  '/api/v1/resourcequotas',
  '/api/v1/limitranges',
  '/apis/networking.k8s.io/v1/networkpolicies',
  '/apis/rbac.authorization.k8s.io/v1/rolebindings',
  '/apis/events.k8s.io/v1/events',
  '/apis/headgate.dev/v1alpha1/tenants',
  '/apis/headgate.dev/v1alpha1/capacitypools',
  '/apis/headgate.dev/v1alpha1/managedjobs',
  '/apis/headgate.dev/v1alpha1/tenantrequests',
  '/apis/flink.apache.org/v1beta1/flinkdeployments',
];

/** Objects of every kind that Headgate writes, by kind, namespace and name. */
const readEverything = async (admin: Admin): Promise<ReadonlyMap<string, Shown>> => {
  const objects = new Map<string, Shown>();
  for (const collection of COLLECTIONS) {
    const { items } = await admin.list(collection);
    const kind = collection.split('/').at(-1) ?? '';
    for (const item of items)
      objects.set([kind, item.metadata.namespace, item.metadata.name].filter(Boolean).join('/'), item);
  }
  return objects;
};
