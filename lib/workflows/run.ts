import type { FlinkClock } from '../clients/flink/observe.ts';
import type { Kubernetes } from '../clients/kubernetes/kubernetes.ts';
import type { Queue } from '../clients/queue/sqs.ts';
import type { Count, Log } from '../runtime/telemetry.ts';
import type { World } from '../runtime/world.ts';

/** What one invocation works with. Clients carry the invocation's signal: past its deadline every call ends. */
export type Run = {
  readonly world: World;
  readonly kubernetes: Kubernetes;
  readonly queue: Queue;
  readonly signal: AbortSignal;
  readonly log: Log;
  readonly count: Count;
};

/** The clock of Flink's client, whose waits end with the invocation. */
export const flinkClock = (run: Run): FlinkClock => ({
  now: run.world.now,
  sleep: (millis) => run.world.sleep(millis, run.signal),
});
