import { z } from 'zod';

const seconds = (defaultSeconds: number) => z.number().int().min(0).max(86_400).default(defaultSeconds);
const fraction = (byDefault: number) => z.number().min(0).max(1).default(byDefault);

/**
 * How a job is scaled. Meanings follow the Flink autoscaler's options (`job.autoscaler.*`, class `AutoScalerOptions`)
 * where one exists; its name stands beside each.
 */
export const AutoscalingPolicy = z.object({
  /** Busy share the scaler aims for (`utilization.target`). */
  targetUtilization: fraction(0.7),
  /** Above this share a vertex is scaled up, below `minUtilization` down (`utilization.max`, `utilization.min`). */
  maxUtilization: fraction(0.9),
  minUtilization: fraction(0.45),
  /** Lag, in seconds of input, that must not last: the objective that catch-up is sized for. */
  lagLimitSeconds: seconds(60),
  /** Time in which a backlog is to be worked off (`catch-up.duration`, there 30 minutes). */
  catchUpSeconds: seconds(300),
  /** Assumed time that a rescale stops the job (`restart.time`). */
  restartSeconds: seconds(30),
  /** No decision until the job has run this long since its last start or rescale (`stabilization.interval`). */
  stabilizationSeconds: seconds(60),
  /** Samples older than this are not used (`metrics.window`). */
  windowSeconds: seconds(180),
  /** A lower wish must have stood this long before it is followed (`scale-down.interval`, there 1 hour). */
  scaleDownDelaySeconds: seconds(600),
  /** Largest share of its parallelism that a vertex may lose in one step (`scale-down.max-factor`). */
  maxScaleDownFraction: fraction(0.6),
  /** Largest factor by which a vertex may grow in one step (`scale-up.max-factor`). */
  maxScaleUpFactor: z.number().min(1).max(1000).default(8),
});
export type AutoscalingPolicy = z.infer<typeof AutoscalingPolicy>;

/** Overrides of single fields, as a tenant or a job sets them. */
export const AutoscalingOverrides = z.object(
  Object.fromEntries(
    Object.entries(AutoscalingPolicy.shape).map(([name, schema]) => [name, schema.unwrap().optional()]),
  ) as { [K in keyof AutoscalingPolicy]: z.ZodOptional<z.ZodNumber> },
);
export type AutoscalingOverrides = z.infer<typeof AutoscalingOverrides>;

/** Parallelism limits of a job's vertices and the number of its TaskManagers. */
export const ScalingBounds = z.object({
  minParallelism: z.number().int().min(1).optional(),
  maxParallelism: z.number().int().min(1).optional(),
  maxTaskManagers: z.number().int().min(1).optional(),
});
export type ScalingBounds = z.infer<typeof ScalingBounds>;

/** Defaults, then the tenant's overrides, then the job's. */
export const resolveAutoscaling = (...overrides: readonly (AutoscalingOverrides | undefined)[]): AutoscalingPolicy =>
  AutoscalingPolicy.parse(Object.assign({}, ...overrides));
