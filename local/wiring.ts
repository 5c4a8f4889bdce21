import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';

/** A queue as deploy/aws/resources.yml makes it. */
export type QueueWiring = {
  readonly logicalId: string;
  readonly name: string;
  readonly fifo: boolean;
  readonly visibilitySeconds: number;
  readonly redrive: { readonly deadLetters: string; readonly maxReceiveCount: number } | undefined;
};

/** A value of a function's environment: known text, or the URL of a queue. Values that come at deployment are left out. */
export type EnvironmentValue = string | { readonly queue: string };

/** A function as serverless.yml wires it. */
export type FunctionWiring = {
  readonly name: string;
  readonly timeoutSeconds: number;
  readonly environment: Readonly<Record<string, EnvironmentValue>>;
  readonly queues: readonly { readonly queue: string; readonly batchSize: number }[];
  readonly schedules: readonly { readonly periodSeconds: number }[];
  readonly routes: readonly { readonly method: string; readonly path: string }[];
};

export type Wiring = { readonly functions: readonly FunctionWiring[]; readonly queues: readonly QueueWiring[] };

const Ref = z.object({ Ref: z.string() });
const GetAtt = z.object({ 'Fn::GetAtt': z.tuple([z.string(), z.string()]) }).transform((v) => v['Fn::GetAtt'][0]);

/** Text, the URL of a queue, or something that only a deployment knows. */
const EnvironmentValueText = z.union([z.string(), Ref, z.record(z.string(), z.unknown()).transform(() => undefined)]);

const FunctionEvent = z.union([
  z.object({ sqs: z.object({ arn: GetAtt, batchSize: z.number().default(10) }) }),
  z.object({ schedule: z.object({ rate: z.string() }) }),
  z.object({ httpApi: z.string() }),
]);

const Serverless = z.object({
  provider: z.object({ environment: z.record(z.string(), EnvironmentValueText).default({}) }),
  functions: z.record(
    z.string(),
    z.object({
      timeout: z.number(),
      environment: z.record(z.string(), EnvironmentValueText).default({}),
      events: z.array(FunctionEvent),
    }),
  ),
});

const Queue = z.object({
  Type: z.literal('AWS::SQS::Queue'),
  Properties: z.object({
    QueueName: z.string(),
    FifoQueue: z.boolean().default(false),
    VisibilityTimeout: z.number(),
    RedrivePolicy: z.object({ deadLetterTargetArn: GetAtt, maxReceiveCount: z.number() }).optional(),
  }),
});
const Resources = z.object({ Resources: z.record(z.string(), z.looseObject({ Type: z.string() })) });

/** Reads the one wiring table: serverless.yml below `root`, and the queues it names. */
export const readWiring = (root: string): Wiring => {
  const read = (file: string): unknown => parse(readFileSync(join(root, file), 'utf8'));
  const { provider, functions } = Serverless.parse(read('serverless.yml'));
  const { Resources: resources } = Resources.parse(read('deploy/aws/resources.yml'));
  return {
    functions: Object.entries(functions).map(([name, f]) => ({
      name,
      timeoutSeconds: f.timeout,
      environment: { ...environmentOf(provider.environment), ...environmentOf(f.environment) },
      queues: f.events.flatMap((e) => ('sqs' in e ? [{ queue: e.sqs.arn, batchSize: e.sqs.batchSize }] : [])),
      schedules: f.events.flatMap((e) => ('schedule' in e ? [{ periodSeconds: periodOf(e.schedule.rate) }] : [])),
      routes: f.events.flatMap((e) => ('httpApi' in e ? [routeOf(e.httpApi)] : [])),
    })),
    queues: Object.entries(resources)
      .filter(([, resource]) => resource.Type === 'AWS::SQS::Queue')
      .map(([logicalId, resource]) => queueOf(logicalId, Queue.parse(resource))),
  };
};

const environmentOf = (
  environment: Readonly<Record<string, z.infer<typeof EnvironmentValueText>>>,
): Record<string, EnvironmentValue> =>
  Object.fromEntries(
    Object.entries(environment).flatMap(([name, value]): [string, EnvironmentValue][] => {
      if (value === undefined) return [];
      if (typeof value !== 'string') return [[name, { queue: value.Ref }]];
      return value.includes('${') ? [] : [[name, value]];
    }),
  );

const SECONDS: Record<string, number> = { minute: 60, minutes: 60, hour: 3600, hours: 3600 };

const periodOf = (rate: string): number => {
  const [, count, unit] = /^rate\((\d+) (minutes?|hours?)\)$/.exec(rate) ?? [];
  if (count === undefined || unit === undefined)
    throw new RangeError(`a schedule that this stack does not know: ${rate}`);
  return Number(count) * SECONDS[unit]!;
};

const routeOf = (route: string): { method: string; path: string } => {
  const [method = '', path = ''] = route.split(' ');
  return { method, path };
};

const queueOf = (logicalId: string, { Properties: p }: z.infer<typeof Queue>): QueueWiring => ({
  logicalId,
  name: p.QueueName.replace('${sls:stage}', 'local'),
  fifo: p.FifoQueue,
  visibilitySeconds: p.VisibilityTimeout,
  redrive:
    p.RedrivePolicy === undefined
      ? undefined
      : { deadLetters: p.RedrivePolicy.deadLetterTargetArn, maxReceiveCount: p.RedrivePolicy.maxReceiveCount },
});
