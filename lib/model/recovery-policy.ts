import { z } from 'zod';

/** How a failed job is brought back. */
export const RecoveryPolicy = z.object({
  /** Automatic actions on one job inside `windowSeconds`; one more quarantines it. */
  maxAttempts: z.number().int().min(0).max(100).default(5),
  windowSeconds: z.number().int().min(60).max(604_800).default(21_600),
  /** First wait after a failure; doubles with each attempt up to `maxBackoffSeconds`. */
  backoffSeconds: z.number().int().min(0).max(86_400).default(30),
  maxBackoffSeconds: z.number().int().min(0).max(86_400).default(1_800),
  /** A restore point older than this needs a person's word. */
  maxRestorePointAgeSeconds: z.number().int().min(60).max(2_592_000).default(86_400),
  /** Attempts are forgotten after this much healthy running. */
  healthySeconds: z.number().int().min(0).max(86_400).default(3_600),
});
export type RecoveryPolicy = z.infer<typeof RecoveryPolicy>;

/** Overrides of single fields, as a tenant or a job sets them. */
export const RecoveryOverrides = z.object(
  Object.fromEntries(
    Object.entries(RecoveryPolicy.shape).map(([name, schema]) => [name, schema.unwrap().optional()]),
  ) as {
    [K in keyof RecoveryPolicy]: z.ZodOptional<z.ZodNumber>;
  },
);
export type RecoveryOverrides = z.infer<typeof RecoveryOverrides>;

/** Defaults, then the tenant's overrides, then the job's. */
export const resolveRecovery = (...overrides: readonly (RecoveryOverrides | undefined)[]): RecoveryPolicy =>
  RecoveryPolicy.parse(Object.assign({}, ...overrides));
