import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { zipSync } from 'fflate';
import { z } from 'zod';

const ROOT = join(import.meta.dirname, '../..');
const SERVERLESS = createRequire(import.meta.url).resolve('serverless/bin/serverless.js');

/** Nothing of this machine's: neither credentials nor settings that could find their way into the template. */
const BARE_ENVIRONMENT = { PATH: dirname(process.execPath), HOME: '/nonexistent', SLS_TELEMETRY_DISABLED: '1' };

/** `Fn::GetAtt` of another resource, as that resource's logical id. */
const AttributeOf = z
  .object({ 'Fn::GetAtt': z.tuple([z.string(), z.string()]) })
  .transform((value) => value['Fn::GetAtt'][0]);
const oneOrMore = <T extends z.ZodType>(item: T) =>
  z.union([item.transform((one: z.output<T>) => [one]), z.array(item)]);

const Queue = z.object({
  FifoQueue: z.boolean().default(false),
  VisibilityTimeout: z.number(),
  MessageRetentionPeriod: z.number(),
  SqsManagedSseEnabled: z.boolean(),
  RedrivePolicy: z.object({ deadLetterTargetArn: AttributeOf, maxReceiveCount: z.number() }).optional(),
});

const LambdaFunction = z.object({
  FunctionName: z.string(),
  Handler: z.string(),
  Runtime: z.string(),
  Timeout: z.number(),
  Role: AttributeOf,
  Environment: z.object({ Variables: z.record(z.string(), z.union([z.string(), z.record(z.string(), z.unknown())])) }),
});

const EventSourceMapping = z.object({
  EventSourceArn: AttributeOf,
  FunctionName: AttributeOf,
  FunctionResponseTypes: z.array(z.string()).default([]),
});

const Statement = z.object({
  Effect: z.literal('Allow'),
  Action: oneOrMore(z.string()),
  /** A queue by its logical id, or the pattern of an ARN. */
  Resource: oneOrMore(z.union([AttributeOf, z.object({ 'Fn::Sub': z.string() }).transform((v) => v['Fn::Sub'])])),
});
const Role = z.object({
  AssumeRolePolicyDocument: z.object({
    Statement: z.array(z.object({ Principal: z.object({ Service: z.string() }), Action: z.string() })),
  }),
  Policies: z.array(z.object({ PolicyDocument: z.object({ Statement: z.array(Statement) }) })),
});

const Alarm = z.object({
  Namespace: z.string(),
  MetricName: z.string(),
  Dimensions: z.tuple([z.object({ Name: z.string(), Value: z.union([z.string(), AttributeOf]) })]),
});

/** A resource's logical id and its properties. */
type Named<T extends z.ZodType> = z.output<T> & { readonly id: string };

/** What the tests look at of the CloudFormation template. */
export type PackagedTemplate = {
  readonly text: string;
  readonly types: readonly string[];
  readonly queues: readonly Named<typeof Queue>[];
  readonly functions: readonly Named<typeof LambdaFunction>[];
  readonly eventSources: readonly Named<typeof EventSourceMapping>[];
  readonly roles: readonly Named<typeof Role>[];
  readonly alarms: readonly Named<typeof Alarm>[];
};

const Template = z.object({
  Resources: z.record(z.string(), z.object({ Type: z.string(), Properties: z.unknown() })),
});

/**
 * The template as `serverless package` writes it, in a folder of its own and without AWS credentials. What the zips hold does
 * not show in it, so empty ones do.
 */
export const packageTemplate = (): PackagedTemplate => {
  const folder = mkdtempSync(join(tmpdir(), 'headgate-template-'));
  try {
    cpSync(join(ROOT, 'serverless.yml'), join(folder, 'serverless.yml'));
    cpSync(join(ROOT, 'deploy'), join(folder, 'deploy'), { recursive: true });
    mkdirSync(join(folder, '.build'));
    for (const name of functionNames()) writeFileSync(join(folder, '.build', `${name}.zip`), zipSync({}));
    execFileSync(process.execPath, [SERVERLESS, 'package'], { cwd: folder, env: BARE_ENVIRONMENT, stdio: 'pipe' });
    return parseTemplate(readFileSync(join(folder, '.serverless/cloudformation-template-update-stack.json'), 'utf8'));
  } finally {
    rmSync(folder, { recursive: true });
  }
};

/** Names of the files in functions/. */
export const functionNames = (): readonly string[] =>
  readdirSync(join(ROOT, 'functions')).map((file) => file.replace(/\.ts$/, ''));

const parseTemplate = (text: string): PackagedTemplate => {
  const resources = Object.entries(Template.parse(JSON.parse(text)).Resources);
  const ofType = <T extends z.ZodObject>(type: string, schema: T): Named<T>[] =>
    resources
      .filter(([, resource]) => resource.Type === type)
      .map(([id, { Properties }]) => ({ id, ...schema.parse(Properties) }));
  return {
    text,
    types: resources.map(([, { Type }]) => Type),
    queues: ofType('AWS::SQS::Queue', Queue),
    functions: ofType('AWS::Lambda::Function', LambdaFunction),
    eventSources: ofType('AWS::Lambda::EventSourceMapping', EventSourceMapping),
    roles: ofType('AWS::IAM::Role', Role),
    alarms: ofType('AWS::CloudWatch::Alarm', Alarm),
  };
};
