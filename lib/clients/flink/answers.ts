import { z } from 'zod';

/**
 * What Flink 1.18 to 2.x answer, as far as it is read: unknown fields are ignored, fields that came or went between
 * versions are optional. Tests parse recorded answers of 1.20 and 2.3.
 */
const JobState = z.enum([
  'INITIALIZING',
  'CREATED',
  'RUNNING',
  'FAILING',
  'FAILED',
  'CANCELLING',
  'CANCELED',
  'FINISHED',
  'RESTARTING',
  'SUSPENDED',
  'RECONCILING',
]);

/** Java writes NaN and the infinities as text. */
const JavaNumber = z.union([z.number(), z.enum(['NaN', 'Infinity', '-Infinity']).transform(Number)]);

/** `GET /jobs/overview` */
export const JobsOverview = z.object({
  jobs: z.array(
    z.object({
      jid: z.string(),
      name: z.string(),
      state: JobState,
      'start-time': z.number(),
      tasks: z.object({ total: z.number(), running: z.number(), finished: z.number() }),
    }),
  ),
});

const VertexMetrics = z.object({
  'read-records': z.number(),
  'read-records-complete': z.boolean(),
  'write-records': z.number(),
  'write-records-complete': z.boolean(),
  'accumulated-busy-time': JavaNumber.optional(),
  'accumulated-backpressured-time': JavaNumber.optional(),
  'accumulated-idle-time': JavaNumber.optional(),
});

/** Custom partitioners and whatever comes new count as `OTHER`. */
const ShipStrategy = z.enum(['HASH', 'FORWARD', 'REBALANCE', 'RESCALE', 'BROADCAST', 'GLOBAL', 'OTHER']).catch('OTHER');

/** `GET /jobs/:id` */
export const JobDetails = z.object({
  jid: z.string(),
  name: z.string(),
  state: JobState,
  'start-time': z.number(),
  timestamps: z.record(z.string(), z.number()),
  vertices: z.array(
    z.object({
      id: z.string(),
      name: z.string(),
      parallelism: z.number(),
      maxParallelism: z.number(),
      slotSharingGroupId: z.string().nullish(),
      tasks: z.record(z.string(), z.number()),
      metrics: VertexMetrics,
    }),
  ),
  plan: z.object({
    nodes: z
      .array(
        z.object({
          id: z.string(),
          inputs: z.array(z.object({ id: z.string(), ship_strategy: ShipStrategy })).nullish(),
        }),
      )
      .default([]),
  }),
});
export type JobDetails = z.infer<typeof JobDetails>;

const Checkpoint = z.object({
  id: z.number(),
  is_savepoint: z.boolean(),
  latest_ack_timestamp: z.number(),
  external_path: z.string().nullish(),
  discarded: z.boolean().default(false),
});

/** `GET /jobs/:id/checkpoints` */
export const Checkpoints = z.object({
  latest: z.object({ completed: Checkpoint.nullish(), savepoint: Checkpoint.nullish() }),
});
export type Checkpoints = z.infer<typeof Checkpoints>;

/** `GET /jobs/:id/exceptions`: 2.x has the history only, 1.x also names the exception that ended the job. */
export const Exceptions = z.object({
  'root-exception': z.string().nullish(),
  timestamp: z.number().nullish(),
  exceptionHistory: z
    .object({
      entries: z.array(z.object({ exceptionName: z.string(), stacktrace: z.string(), timestamp: z.number() })),
    })
    .default({ entries: [] }),
});
export type Exceptions = z.infer<typeof Exceptions>;

/** `GET …/metrics` without `get`: the names there are; with it: values as text. */
export const Metrics = z.array(z.object({ id: z.string(), value: z.string().optional() }));
export type Metrics = z.infer<typeof Metrics>;

/** `GET …/subtasks/metrics?get=…&agg=sum` */
export const SummedMetrics = z.array(z.object({ id: z.string(), sum: JavaNumber }));

/** `GET` and `PUT /jobs/:id/resource-requirements` */
export const ResourceRequirements = z.record(
  z.string(),
  z.object({ parallelism: z.object({ lowerBound: z.number(), upperBound: z.number() }) }),
);
export type ResourceRequirements = z.infer<typeof ResourceRequirements>;

/** `GET /taskmanagers`; `timeSinceLastHeartbeat` is a point in time, whatever its name says. */
export const TaskManagers = z.object({
  taskmanagers: z.array(
    z.object({
      id: z.string(),
      slotsNumber: z.number(),
      freeSlots: z.number(),
      timeSinceLastHeartbeat: z.number(),
    }),
  ),
});

/** `GET /jobs/:id/jobmanager/config` */
export const Configuration = z.array(z.object({ key: z.string(), value: z.string() }));

/** `GET /jobs/:id/savepoints/:triggerid` */
export const SavepointStatus = z.object({
  status: z.object({ id: z.enum(['IN_PROGRESS', 'COMPLETED']) }),
  operation: z
    .object({
      location: z.string().nullish(),
      'failure-cause': z.object({ class: z.string(), 'stack-trace': z.string() }).partial().nullish(),
    })
    .nullish(),
});
export type SavepointStatus = z.infer<typeof SavepointStatus>;
