import { z } from 'zod';

/** Whatever a field holds that should be a T: not read. A tenant's odd object must not stop the reading of its neighbours. */
const maybe = <T extends z.ZodType>(schema: T) => schema.optional().catch(undefined);

const Text = z.union([z.string(), z.number(), z.boolean()]).transform(String);
const Amounts = z.object({ cpu: maybe(Text), memory: maybe(Text) });

/** Resources of one kind of pod: `resource` in every operator, `resources` (Kubernetes' own shape) in those after 1.15. */
const PodSpec = z.object({
  resource: maybe(Amounts),
  resources: maybe(z.object({ requests: maybe(Amounts), limits: maybe(Amounts) })),
  replicas: maybe(z.number()),
});
export type PodSpec = z.infer<typeof PodSpec>;

/** The fields of a FlinkDeployment (flink.apache.org/v1beta1) that are read. */
export const FlinkDeploymentSpec = z.object({
  flinkVersion: maybe(z.string()),
  mode: maybe(z.enum(['native', 'standalone'])),
  flinkConfiguration: z.unknown().optional(),
  jobManager: maybe(PodSpec),
  taskManager: maybe(PodSpec),
  restartNonce: maybe(z.number()),
  job: maybe(
    z.object({
      state: maybe(z.enum(['running', 'suspended'])),
      parallelism: maybe(z.number()),
      upgradeMode: maybe(z.enum(['stateless', 'savepoint', 'last-state'])),
      initialSavepointPath: maybe(z.string()),
      savepointRedeployNonce: maybe(z.number()),
    }),
  ),
});
export type FlinkDeploymentSpec = z.infer<typeof FlinkDeploymentSpec>;

export const FlinkDeploymentStatus = z.object({
  observedGeneration: maybe(z.number()),
  lifecycleState: maybe(z.string()),
  error: maybe(z.string()),
  jobStatus: maybe(
    z.object({
      jobId: maybe(z.string()),
      state: maybe(z.string()),
      startTime: maybe(Text),
      upgradeSavepointPath: maybe(z.string()),
      savepointInfo: maybe(
        z.object({ lastSavepoint: maybe(z.object({ location: maybe(z.string()), timeStamp: maybe(z.number()) })) }),
      ),
    }),
  ),
  reconciliationStatus: maybe(z.object({ state: maybe(z.string()), lastReconciledSpec: maybe(z.string()) })),
  conditions: maybe(
    z.array(
      z.object({
        type: z.string(),
        status: z.enum(['True', 'False', 'Unknown']).catch('Unknown'),
        reason: z.string().catch(''),
        message: z.string().catch(''),
      }),
    ),
  ),
});
export type FlinkDeploymentStatus = z.infer<typeof FlinkDeploymentStatus>;

/** What the operator notes of the spec it last acted on (`SpecUtils.writeSpecWithMeta`). */
export const LastReconciled = z.object({
  spec: maybe(z.object({ job: maybe(z.record(z.string(), z.unknown())) })),
  resource_metadata: maybe(z.object({ metadata: maybe(z.object({ generation: maybe(z.number()) })) })),
});

/** `status.error` is an exception as JSON (`FlinkResourceException`); its causes often say more than itself. */
const OperatorError = z.object({
  message: maybe(z.string()),
  throwableList: maybe(z.array(z.object({ message: maybe(z.string()) }))),
});

const LONGEST_ERROR = 1000;

export const readOperatorError = (text: string | undefined): string | undefined => {
  if (text === undefined || text === '') return undefined;
  const { data } = OperatorError.safeParse(parseJson(text));
  const messages = [data?.message, ...(data?.throwableList ?? []).map((cause) => cause.message)];
  const sentences = [...new Set(messages.filter((message) => message !== undefined && message !== ''))];
  return (sentences.length === 0 ? text : sentences.join(': ')).slice(0, LONGEST_ERROR);
};

export const readLastReconciled = (text: string | undefined): z.infer<typeof LastReconciled> =>
  LastReconciled.safeParse(parseJson(text ?? '')).data ?? {};

const parseJson = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};
