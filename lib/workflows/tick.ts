import { createHash } from 'node:crypto';
import type { WorkMessage } from '../../events/work.ts';
import { TENANT } from '../clients/kubernetes/kinds.ts';
import { toTimestamp, type EpochMillis } from '../model/instant.ts';
import type { Tenant } from '../model/tenant.ts';
import type { Run } from './run.ts';
import { sendWork } from './send-work.ts';

export type TickConfig = { readonly workQueueUrl: string; readonly requestsQueueUrl: string };

/** How often each tenant's fences are compared with what they should be. */
const RECONCILE_EVERY_MINUTES = 10;
const MINUTE = 60_000;

/**
 * One work message per tenant, and now and then a `tenant.reconcile`. Named after the scheduled time, so that a
 * schedule that fires twice asks once.
 */
export const sendTicks = async (run: Run, config: TickConfig, scheduledAt: EpochMillis): Promise<void> => {
  const tenants = await run.kubernetes.list(TENANT);
  const minute = Math.floor(scheduledAt / MINUTE);
  for (const tenant of tenants) {
    const name = tenant.metadata.name;
    await sendWork(run, config.workQueueUrl, {
      tenant: name,
      cause: 'tick',
      id: `tick-${toTimestamp(scheduledAt)}`,
      at: run.world.now(),
    });
    if ((minute + spread(name)) % RECONCILE_EVERY_MINUTES === 0) await sendReconcile(run, config, tenant, minute);
  }
  run.log.info('tick', { tenants: tenants.length, scheduledAt: toTimestamp(scheduledAt) });
};

/** Forwards a follow-up that has come due to the tenant's work group. */
export const forwardFollowUp = (run: Run, config: TickConfig, message: WorkMessage): Promise<void> =>
  sendWork(run, config.workQueueUrl, message);

const sendReconcile = async (run: Run, config: TickConfig, tenant: Tenant, minute: number): Promise<void> => {
  const name = tenant.metadata.name;
  const id = `reconcile-${name}-${minute}`;
  const event = {
    specversion: '1.0',
    id,
    source: 'headgate/tick',
    type: 'dev.headgate.tenant.reconcile.v1',
    subject: name,
    time: toTimestamp(run.world.now()),
    data: {},
  };
  await run.queue.send(config.requestsQueueUrl, [{ body: JSON.stringify(event), groupId: name, dedupId: id }]);
};

/** Spreads the tenants' reconciliations over the minutes, by name and not by chance. */
const spread = (name: string): number =>
  createHash('sha256').update(name).digest().readUInt32BE(0) % RECONCILE_EVERY_MINUTES;
