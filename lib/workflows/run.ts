import type { FlinkClock } from '../clients/flink/observe.ts';
import type { Kubernetes } from '../clients/kubernetes/kubernetes.ts';
import type { Queue } from '../clients/queue/sqs.ts';
import type { World } from '../runtime/world.ts';

/** Fields of one structured log line. */
export type LogFields = Readonly<Record<string, unknown>>;

/** What one invocation works with. Clients carry the invocation's signal: past its deadline every call ends. */
export type Run = {
  readonly world: World;
  readonly kubernetes: Kubernetes;
  readonly queue: Queue;
  readonly signal: AbortSignal;
  readonly log: {
    info(message: string, fields?: LogFields): void;
    warn(message: string, fields?: LogFields): void;
    error(message: string, fields?: LogFields): void;
  };
  /** Counts one metric (EMF); dimensions are few and closed. */
  readonly count: (metric: string, dimensions?: Readonly<Record<string, string>>, value?: number) => void;
};

/** The clock of Flink's client, whose waits end with the invocation. */
export const flinkClock = (run: Run): FlinkClock => ({
  now: run.world.now,
  sleep: (millis) => run.world.sleep(millis, run.signal),
});
