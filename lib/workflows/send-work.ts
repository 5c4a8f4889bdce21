import type { PoolMessage, WorkMessage } from '../../events/work.ts';
import type { Run } from './run.ts';

/** Queues looks at tenants. The message group is the tenant, so that no two runs of `work` look at it at once. */
export const sendWork = async (run: Run, workQueueUrl: string, ...messages: readonly WorkMessage[]): Promise<void> => {
  await run.queue.send(
    workQueueUrl,
    messages.map((message) => ({
      body: JSON.stringify(message),
      groupId: message.tenant,
      dedupId: `${message.tenant}-${message.id}`,
    })),
  );
};

/** Wakes `rebalance` for one pool. */
export const sendPool = async (run: Run, poolsQueueUrl: string, message: PoolMessage): Promise<void> => {
  await run.queue.send(poolsQueueUrl, [
    { body: JSON.stringify(message), groupId: message.pool, dedupId: `${message.pool}-${message.id}` },
  ]);
};

/** Queues a look at a tenant after a short wait, by way of the `later` queue, which `tick` forwards from. */
export const sendLater = async (
  run: Run,
  laterQueueUrl: string,
  message: WorkMessage,
  delaySeconds: number,
): Promise<void> => {
  await run.queue.send(laterQueueUrl, [{ body: JSON.stringify(message), delaySeconds }]);
};
