import { z } from 'zod';
import { HeadgateError } from './errors.ts';

type Environment = Readonly<Record<string, string | undefined>>;

const HttpUrl = z.url({ protocol: /^https?$/, error: 'must be an http(s) URL' });
const SecureUrl = z.url({ protocol: /^https$/, error: 'must be an https URL' });

/** What EKS calls `certificateAuthority.data`: a PEM file in base64. */
const CertificateAuthority = z
  .string()
  .transform((text) => Buffer.from(text, 'base64').toString('latin1'))
  .refine((pem) => pem.includes('-----BEGIN CERTIFICATE-----'), 'must be a PEM certificate in base64');

const CommaSeparated = z
  .string()
  .default('')
  .transform((text) =>
    text
      .split(',')
      .map((part) => part.trim())
      .filter((part) => part !== ''),
  );

const Sha256List = CommaSeparated.pipe(
  z.array(z.string().regex(/^[\da-f]{64}$/, 'must be SHA-256 sums in lower-case hexadecimal')).min(1),
);

const SenderIds = CommaSeparated.transform((ids) => ids.map((id) => `sqs:${id}`));

/** Which cluster, and how to get in: the four ways differ in the variables they need. */
const Cluster = z.discriminatedUnion('HEADGATE_CLUSTER', [
  z
    .object({
      HEADGATE_CLUSTER: z.literal('eks'),
      HEADGATE_EKS_CLUSTER_NAME: z.string(),
      HEADGATE_EKS_ENDPOINT: SecureUrl,
      HEADGATE_EKS_CA: CertificateAuthority,
      AWS_REGION: z.string(),
    })
    .transform((env) => ({
      kind: 'eks' as const,
      clusterName: env.HEADGATE_EKS_CLUSTER_NAME,
      server: env.HEADGATE_EKS_ENDPOINT,
      certificateAuthority: env.HEADGATE_EKS_CA,
      region: env.AWS_REGION,
    })),
  z
    .object({
      HEADGATE_CLUSTER: z.literal('server'),
      HEADGATE_SERVER: HttpUrl,
      HEADGATE_SERVER_TOKEN: z.string().optional(),
      HEADGATE_SERVER_CA: CertificateAuthority.optional(),
    })
    .transform((env) => ({
      kind: 'server' as const,
      server: env.HEADGATE_SERVER,
      token: env.HEADGATE_SERVER_TOKEN,
      certificateAuthority: env.HEADGATE_SERVER_CA,
    })),
  z
    .object({
      HEADGATE_CLUSTER: z.literal('kubeconfig'),
      KUBECONFIG: z.string().optional(),
      HEADGATE_KUBECONFIG_CONTENT: z.string().optional(),
    })
    .refine((env) => (env.KUBECONFIG ?? env.HEADGATE_KUBECONFIG_CONTENT) !== undefined, { path: ['KUBECONFIG'] })
    .transform((env) => ({
      kind: 'kubeconfig' as const,
      /** The content wins over the path of a file. */
      content: env.HEADGATE_KUBECONFIG_CONTENT,
      path: env.KUBECONFIG ?? '',
    })),
  z.object({ HEADGATE_CLUSTER: z.literal('in-cluster') }).transform(() => ({ kind: 'in-cluster' as const })),
]);
export type ClusterConfig = z.infer<typeof Cluster>;

/** Every setting and the variables it comes from: serverless.yml sets them, each function names the ones it needs. */
const SETTINGS = {
  cluster: Cluster,
  region: z.object({ AWS_REGION: z.string() }).transform((env) => env.AWS_REGION),
  /** Instead of AWS's own queues. */
  queueEndpoint: z
    .object({ AWS_ENDPOINT_URL_SQS: HttpUrl.optional(), AWS_ENDPOINT_URL: HttpUrl.optional() })
    .transform((env) => env.AWS_ENDPOINT_URL_SQS ?? env.AWS_ENDPOINT_URL),
  workQueueUrl: z.object({ HEADGATE_WORK_QUEUE_URL: HttpUrl }).transform((env) => env.HEADGATE_WORK_QUEUE_URL),
  laterQueueUrl: z.object({ HEADGATE_LATER_QUEUE_URL: HttpUrl }).transform((env) => env.HEADGATE_LATER_QUEUE_URL),
  poolsQueueUrl: z.object({ HEADGATE_POOLS_QUEUE_URL: HttpUrl }).transform((env) => env.HEADGATE_POOLS_QUEUE_URL),
  requestsQueueUrl: z
    .object({ HEADGATE_REQUESTS_QUEUE_URL: HttpUrl })
    .transform((env) => env.HEADGATE_REQUESTS_QUEUE_URL),
  /** Who may send admin requests, and Headgate's own functions: SQS sender ids (`AROA…`), as `sqs:<id>`. */
  senders: z.object({ HEADGATE_ADMINS: SenderIds, HEADGATE_SENDERS: SenderIds }).transform((env) => ({
    admins: env.HEADGATE_ADMINS,
    headgate: env.HEADGATE_SENDERS,
  })),
  /** Facts of the cluster that tenants' fences depend on (lib/tenant/settings.ts). */
  tenantSettings: z
    .object({
      HEADGATE_OPERATOR_NAMESPACE: z.string().default('flink-operator'),
      HEADGATE_OPERATOR_SERVICE_ACCOUNT: z.string().optional(),
      HEADGATE_CONTROL_PLANE_CIDRS: CommaSeparated.pipe(z.array(z.union([z.cidrv4(), z.cidrv6()])).min(1)),
      HEADGATE_DNS_NAMESPACE: z.string().default('kube-system'),
      HEADGATE_DNS_CIDRS: CommaSeparated,
      HEADGATE_WORK_GROUP: z.string().default('headgate:work'),
    })
    .transform((env) => ({
      operatorNamespace: env.HEADGATE_OPERATOR_NAMESPACE,
      ...(env.HEADGATE_OPERATOR_SERVICE_ACCOUNT === undefined
        ? {}
        : { operatorServiceAccount: env.HEADGATE_OPERATOR_SERVICE_ACCOUNT }),
      controlPlaneCidrs: env.HEADGATE_CONTROL_PLANE_CIDRS,
      dnsNamespace: env.HEADGATE_DNS_NAMESPACE,
      dnsCidrs: env.HEADGATE_DNS_CIDRS,
      serviceProxySubjects: [{ kind: 'Group' as const, name: env.HEADGATE_WORK_GROUP }],
    })),
  /** Where checkpoints are looked for: S3, and for tests a folder that stands for the root of `file:` locations. */
  stateStore: z
    .object({
      AWS_REGION: z.string(),
      AWS_ENDPOINT_URL_S3: HttpUrl.optional(),
      AWS_ENDPOINT_URL: HttpUrl.optional(),
      HEADGATE_STATE_FILES_ROOT: z.string().optional(),
    })
    .transform((env) => {
      const endpoint = env.AWS_ENDPOINT_URL_S3 ?? env.AWS_ENDPOINT_URL;
      return {
        s3: { region: env.AWS_REGION, ...(endpoint === undefined ? {} : { endpoint, forcePathStyle: true }) },
        ...(env.HEADGATE_STATE_FILES_ROOT === undefined ? {} : { filesRoot: env.HEADGATE_STATE_FILES_ROOT }),
      };
    }),
  /** SHA-256 of the bearer tokens that are let in, in hexadecimal. */
  tokenSha256: z.object({ HEADGATE_TOKEN_SHA256: Sha256List }).transform((env) => env.HEADGATE_TOKEN_SHA256),
  tickPeriodSeconds: z
    .object({ HEADGATE_TICK_PERIOD_SECONDS: z.coerce.number().int().min(10).max(3600).default(60) })
    .transform((env) => env.HEADGATE_TICK_PERIOD_SECONDS),
};

export type Settings = { readonly [K in keyof typeof SETTINGS]: z.infer<(typeof SETTINGS)[K]> };

/** The named settings, or `Misconfigured` with every problem at once. A variable that is set to nothing counts as missing. */
export const readConfig = <K extends keyof Settings>(
  environment: Environment,
  ...names: readonly K[]
): Pick<Settings, K> => {
  const env = Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== ''));
  const problems: string[] = [];
  const settings = names.map((name) => {
    const result = SETTINGS[name].safeParse(env);
    if (!result.success)
      problems.push(...result.error.issues.map((issue) => `${issue.path.join('.')}: ${wordsOf(issue, env)}`));
    return [name, result.data];
  });
  if (problems.length > 0) {
    const unique = [...new Set(problems)];
    throw new HeadgateError('Misconfigured', `environment: ${unique.join('; ')}`, { details: { problems: unique } });
  }
  const config: Pick<Settings, K> = Object.fromEntries(settings);
  return config;
};

const wordsOf = (issue: z.core.$ZodIssue, env: Environment): string =>
  env[String(issue.path[0])] === undefined ? 'is not set' : issue.message;
