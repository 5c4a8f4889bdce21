import type { FlinkVersion, FlinkSettings, JobSpec } from '../../../../local/flink/job-model/spec.ts';
import { createJobManager, type JobManager } from '../../../../local/flink/rest/job-manager.ts';
import { createFlink, type Flink } from '../../../../lib/clients/flink/flink.ts';
import type { FlinkAnswer, FlinkRequest, SendToFlink } from '../../../../lib/clients/flink/rest.ts';
import { settings, START, submitted } from './jobs.ts';

/** A stand-in with a clock that only moves when it is told to, and our own client of it. */
export type Cluster = {
  readonly manager: JobManager;
  readonly send: SendToFlink;
  readonly get: (path: string) => Promise<FlinkAnswer>;
  readonly flink: Flink;
  readonly now: () => number;
  readonly pass: (seconds: number) => void;
};

export const cluster = (
  spec: JobSpec,
  given: {
    readonly version?: FlinkVersion;
    readonly taskManagers?: number;
    readonly settings?: Partial<FlinkSettings>;
  } = {},
): Cluster => {
  let now = START;
  const job = submitted(spec, given.taskManagers ?? 2, settings(given.version, given.settings));
  const manager = createJobManager(() => now, job);
  const send: SendToFlink = async ({ method, path, query, body }: FlinkRequest) => {
    const search = query === undefined ? '' : `?${new URLSearchParams(query).toString()}`;
    const response = await manager.answer(
      new Request(`http://probe-rest.payments:8081${path}${search}`, {
        method,
        ...(body !== undefined && { body: JSON.stringify(body) }),
      }),
    );
    return { status: response.status, body: await response.json() };
  };
  const clock = {
    now: () => now,
    sleep: async (millis: number) => {
      now += millis;
    },
  };
  return {
    manager,
    send,
    get: (path) => {
      const [pathname = '', search] = path.split('?');
      const query = search === undefined ? undefined : Object.fromEntries(new URLSearchParams(search));
      return send({ method: 'GET', path: pathname, ...(query && { query }) });
    },
    flink: createFlink(send, clock),
    now: () => now,
    pass: (seconds) => {
      now += seconds * 1000;
    },
  };
};
