import { createHash } from 'node:crypto';
import type { WorkMessage } from '../../events/work.ts';
import { TENANT } from '../clients/kubernetes/kinds.ts';
import type { QueueMessage } from '../clients/queue/sqs.ts';
import { toTimestamp, type EpochMillis } from '../model/instant.ts';
import type { Run } from './run.ts';
import { sendWork } from './send-work.ts';
import { readStop } from './stop.ts';
import { readWaiting } from './tenant-requests/ledger.ts';

export type TickConfig = { readonly workQueueUrl: string; readonly requestsQueueUrl: string };

/** How often each tenant's fences are compared with what they should be. */
const RECONCILE_EVERY_MINUTES = 10;
const MINUTE = 60_000;

/**
 * One work message per tenant, now and then a `tenant.reconcile`, and whatever waited for the stop to be lifted. Named after the scheduled time, so that a
 * schedule that fires twice asks once.
 */
export const sendTicks = async (run: Run, config: TickConfig, scheduledAt: EpochMillis): Promise<void> => {
  const tenants = await run.kubernetes.list(TENANT);
  const minute = Math.floor(scheduledAt / MINUTE);
  const ticks = tenants.map(({ metadata }): WorkMessage => {
    const id = `tick-${toTimestamp(scheduledAt)}`;
    return { tenant: metadata.name, cause: 'tick', id, at: run.world.now() };
  });
  await sendWork(run, config.workQueueUrl, ...ticks);
  const due = tenants.filter(({ metadata }) => (minute + spread(metadata.name)) % RECONCILE_EVERY_MINUTES === 0);
  const reconciles = due.map(({ metadata }) => requestMessage(run, 'tenant.reconcile', metadata.name, `${minute}`, {}));
  const resumes = ((await readStop(run.kubernetes)) === undefined ? await readWaiting(run) : []).map(
    ({ metadata, spec }) =>
      requestMessage(run, 'request.resume', spec.tenant, `${metadata.name}-${minute}`, { name: metadata.name }),
  );
  await run.queue.send(config.requestsQueueUrl, [...reconciles, ...resumes]);
  run.log.info('tick', { tenants: tenants.length, resumed: resumes.length, scheduledAt: toTimestamp(scheduledAt) });
};

/** Forwards a follow-up that has come due to the tenant's work group. */
export const forwardFollowUp = (run: Run, config: TickConfig, message: WorkMessage): Promise<void> =>
  sendWork(run, config.workQueueUrl, message);

/** A request of Headgate to itself. */
const requestMessage = (run: Run, verb: string, tenant: string, occasion: string, data: object): QueueMessage => {
  const id = `${verb}-${tenant}-${occasion}`;
  const event = {
    specversion: '1.0',
    id,
    source: 'headgate/tick',
    type: `dev.headgate.${verb}.v1`,
    subject: tenant,
    time: toTimestamp(run.world.now()),
    data,
  };
  return { body: JSON.stringify(event), groupId: tenant, dedupId: id };
};

/** Spreads the tenants' reconciliations over the minutes, by name and not by chance. */
const spread = (name: string): number =>
  createHash('sha256').update(name).digest().readUInt32BE(0) % RECONCILE_EVERY_MINUTES;
