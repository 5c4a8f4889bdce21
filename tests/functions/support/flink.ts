/** A JobManager as far as Headgate asks it: one job of three vertices, with a load and the work it costs. */
export type JobManager = {
  readonly answer: (request: Request) => Promise<Response>;
  /** How the job stands, for tests to look at and to change; times are milliseconds since the epoch. */
  readonly job: FlinkJob;
  /** Records that arrive each second, and what one costs a subtask of the middle vertex. */
  readonly load: { recordsPerSecond: number; millisPerRecord: number };
  /** Runs the job at this parallelism from now on: a new execution of the same job. */
  readonly rescale: (parallelism: Readonly<Record<string, number>>) => void;
  readonly fail: (exception: string) => void;
  /** What was asked for last by `PUT …/resource-requirements`. */
  readonly required: () => unknown;
};

export type FlinkJob = {
  readonly id: string;
  readonly name: string;
  readonly startedAt: number;
  readonly restoredFrom: string | undefined;
  state: 'RUNNING' | 'FAILED' | 'CANCELED';
  checkpoint: { readonly id: number; readonly location: string; readonly completedAt: number } | undefined;
};

export const SOURCE = 'f362c87ffabe89c8a91fa7d0a523ba6c';
export const WORK = '674df9b0384c0348e0b9d1034a44c46c';
export const SINK = '2e588ce1c86a9d46e2e85186773ce4fd';
const VERTICES = [
  { id: SOURCE, name: 'Source: lag-source', inputs: [] },
  { id: WORK, name: 'work', inputs: [{ id: SOURCE, ship_strategy: 'HASH' }] },
  { id: SINK, name: 'sink: Writer', inputs: [{ id: WORK, ship_strategy: 'HASH' }] },
] as const;

const EMITTED = 'Source__lag-source.numRecordsOut';
const PENDING = 'Source__lag-source.pendingRecords';

/** Share of their time that the vertices at the ends are busy. */
const BUSY_AT_THE_ENDS = 0.1;

export const createJobManager = (
  now: () => number,
  given: {
    readonly name: string;
    readonly id: string;
    readonly parallelism: number;
    readonly restoredFrom?: string | undefined;
  },
): JobManager => {
  const job: FlinkJob = {
    id: given.id,
    name: given.name,
    startedAt: now(),
    restoredFrom: given.restoredFrom,
    state: 'RUNNING',
    checkpoint: undefined,
  };
  const load = { recordsPerSecond: 100, millisPerRecord: 5 };
  let parallelism: Record<string, number> = Object.fromEntries(VERTICES.map(({ id }) => [id, given.parallelism]));
  let runningSince = now();
  let exception: { readonly text: string; readonly at: number } | undefined;
  let required: unknown;
  let countedUntil = now();
  let pending = 0;
  let counters = { records: 0, busyMillis: 0, millis: 0 };

  /** The load is worked off as fast as the middle vertex can; what is too much for it stays pending. */
  const count = (): void => {
    const seconds = (now() - countedUntil) / 1000;
    countedUntil = now();
    if (job.state !== 'RUNNING' || seconds <= 0) return;
    const capacity = (1000 / load.millisPerRecord) * parallelism[WORK]! * seconds;
    const waiting = pending + load.recordsPerSecond * seconds;
    const worked = Math.min(waiting, capacity);
    pending = waiting - worked;
    counters = {
      records: counters.records + worked,
      busyMillis: counters.busyMillis + worked * load.millisPerRecord,
      millis: counters.millis + 1000 * seconds,
    };
  };

  const metricsOf = (id: string) => {
    const lived = counters.millis * parallelism[id]!;
    const busy = id === WORK ? counters.busyMillis : lived * BUSY_AT_THE_ENDS;
    const records = Math.round(counters.records);
    return {
      'read-records': id === SOURCE ? 0 : records,
      'read-records-complete': true,
      'write-records': id === SINK ? 0 : records,
      'write-records-complete': true,
      'accumulated-busy-time': busy,
      'accumulated-backpressured-time': 0,
      'accumulated-idle-time': lived - busy,
    };
  };

  const details = () => {
    const status = job.state === 'RUNNING' ? 'RUNNING' : job.state;
    return {
      jid: job.id,
      name: job.name,
      state: job.state,
      'start-time': job.startedAt,
      timestamps: { INITIALIZING: job.startedAt, RUNNING: runningSince },
      vertices: VERTICES.map(({ id, name }) => ({
        id,
        name,
        parallelism: parallelism[id]!,
        maxParallelism: 128,
        slotSharingGroupId: 'group',
        tasks: { RUNNING: 0, FAILED: 0, CANCELED: 0, [status]: parallelism[id]! },
        metrics: metricsOf(id),
      })),
      plan: { nodes: VERTICES.map(({ id, inputs }) => ({ id, inputs })) },
    };
  };

  const overview = () => {
    const total = Object.values(parallelism).reduce((a, b) => a + b, 0);
    const running = job.state === 'RUNNING' ? total : 0;
    const { id, name, state, startedAt } = job;
    return { jobs: [{ jid: id, name, state, 'start-time': startedAt, tasks: { total, running, finished: 0 } }] };
  };

  const checkpoints = () => {
    const { checkpoint } = job;
    const completed = checkpoint && {
      id: checkpoint.id,
      is_savepoint: false,
      latest_ack_timestamp: checkpoint.completedAt,
      external_path: checkpoint.location,
      discarded: false,
    };
    return { latest: { completed: completed ?? null, savepoint: null } };
  };

  const exceptions = () => ({
    'root-exception': exception?.text ?? null,
    timestamp: exception?.at ?? null,
    exceptionHistory: {
      entries: exception
        ? [{ exceptionName: exception.text.split(':')[0], stacktrace: exception.text, timestamp: exception.at }]
        : [],
    },
  });

  const sourceMetrics = (asked: string | null) =>
    asked === null
      ? [{ id: EMITTED }, { id: PENDING }]
      : [
          { id: EMITTED, sum: Math.round(counters.records) },
          { id: PENDING, sum: Math.round(pending) },
        ];

  const answer = async (request: Request): Promise<Response> => {
    count();
    const { pathname, searchParams } = new URL(request.url);
    const ofJob = `/jobs/${job.id}`;
    if (request.method === 'PUT' && pathname === `${ofJob}/resource-requirements`) {
      required = await request.json();
      return Response.json({});
    }
    switch (pathname) {
      case '/jobs/overview':
        return Response.json(overview());
      case ofJob:
        return Response.json(details());
      case `${ofJob}/metrics`:
        return Response.json([{ id: 'numRestarts', value: '0' }]);
      case `${ofJob}/checkpoints`:
        return Response.json(checkpoints());
      case `${ofJob}/exceptions`:
        return Response.json(exceptions());
      case `${ofJob}/vertices/${SOURCE}/subtasks/metrics`:
        return Response.json(sourceMetrics(searchParams.get('get')));
      default:
        return Response.json({ errors: [`Not found: ${pathname}`] }, { status: 404 });
    }
  };

  return {
    answer,
    job,
    load,
    rescale: (wanted) => {
      count();
      parallelism = { ...parallelism, ...wanted };
      runningSince = now();
      counters = { records: 0, busyMillis: 0, millis: 0 };
    },
    fail: (text) => {
      count();
      job.state = 'FAILED';
      exception = { text, at: now() };
    },
    required: () => required,
  };
};
