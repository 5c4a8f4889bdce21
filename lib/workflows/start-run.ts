import { connect, type Connection } from '../clients/kubernetes/connection.ts';
import { createKubernetes } from '../clients/kubernetes/kubernetes.ts';
import { createQueue } from '../clients/queue/sqs.ts';
import type { Settings } from '../runtime/config.ts';
import type { Invocation } from '../runtime/handler.ts';
import type { World } from '../runtime/world.ts';
import type { Run } from './run.ts';

/** What every function needs to reach the cluster and the queues. */
export const RUN_SETTINGS = ['cluster', 'region', 'queueEndpoint'] as const;
type RunSettings = Pick<Settings, (typeof RUN_SETTINGS)[number]>;

/** Makes the clients of one invocation; the connection (its token, its open sockets) is kept between invocations. */
export const createRunStarter = (world: World): ((invocation: Invocation<RunSettings>) => Run) => {
  let connection: Connection | undefined;
  return ({ config, signal, log, count }) => {
    connection ??= connect(world, config.cluster);
    const endpoint = config.queueEndpoint;
    return {
      world,
      kubernetes: createKubernetes(world, { connection, signal }),
      queue: createQueue(world, { region: config.region, signal, ...(endpoint === undefined ? {} : { endpoint }) }),
      signal,
      log,
      count,
    };
  };
};
