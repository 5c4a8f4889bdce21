import { TENANT_REQUEST } from '../clients/kubernetes/kinds.ts';
import { SYSTEM_NAMESPACE } from '../model/group.ts';
import { DnsLabel, type Tenant } from '../model/tenant.ts';
import { authorize } from '../tenant/authorize.ts';
import { parseRequest, requestKey, type AcceptedRequest, type RejectedRequest } from '../tenant/parse-request.ts';
import { planCordon } from '../tenant/plan-wish.ts';
import type { TenantSettings } from '../tenant/settings.ts';
import { HeadgateError } from '../runtime/errors.ts';
import type { QueuedMessage } from '../runtime/sqs-batch.ts';
import type { Run } from './run.ts';
import { sendWork } from './send-work.ts';
import { readStop } from './stop.ts';
import { applyWish } from './tenant-requests/apply-planned.ts';
import { applyJobRequest, applyJobWish } from './tenant-requests/apply-job.ts';
import { applyTenant } from './tenant-requests/apply-tenant.ts';
import { fenceTenant } from './tenant-requests/fence-tenant.ts';
import {
  findEntry,
  isSettled,
  ledgerOf,
  openEntry,
  readTenant,
  readWaiting,
  settleEntry,
  unreadableSpec,
} from './tenant-requests/ledger.ts';
import { accepted, rejected, waiting, type Outcome } from './tenant-requests/outcome.ts';

export type TenantRequestsConfig = {
  readonly workQueueUrl: string;
  readonly poolsQueueUrl: string;
  readonly settings: TenantSettings;
  /** Senders that may ask for anything, and Headgate's own functions (`sqs:<sender id>`). */
  readonly admins: readonly string[];
  readonly headgate: readonly string[];
};

/** What of a message tells a request; its group is the tenant. */
export type RequestMessage = Pick<QueuedMessage, 'body' | 'messageId' | 'group' | 'senderId'>;

/** How long the ledger remembers: longer than any queue keeps a message (14 days). */
export const LEDGER_SECONDS = 15 * 86_400;

/** Carries out one request, or turns it down where its sender sees it. Only transient trouble throws. */
export const handleRequest = async (run: Run, config: TenantRequestsConfig, message: RequestMessage): Promise<void> => {
  const sender = `sqs:${message.senderId}`;
  const now = run.world.now();
  const parsed = parseRequest({ body: message.body, group: message.group, sender, now, maxAgeSeconds: LEDGER_SECONDS });
  const tenant = await readTenant(run, message.group);
  if (!parsed.ok) return await rejectUnread(run, message, tenant, parsed);
  if (parsed.type === 'dev.headgate.tenant.reconcile.v1') return await reconcile(run, config, sender, tenant);

  if (parsed.type === 'dev.headgate.request.resume.v1')
    return await resume(run, config, sender, tenant, parsed.data.name);

  const leave = authorize({ sender, type: parsed.type, tenant, admins: config.admins, headgate: config.headgate });
  // A stranger's request has an outcome of its own, and never stands in for the one that it claims to be.
  const key = leave.allowed ? parsed.key : requestKey(sender, parsed.key);
  const known = await findEntry(run, key, ledgerOf(tenant));
  if (known !== undefined && known.status?.outcome !== undefined) {
    run.log.info('request repeated', { request: key, outcome: known.status.outcome });
    return;
  }
  const reason = leave.allowed ? await whyWaiting(run, message.group) : undefined;
  // What waits is kept where only Headgate writes: its sender is believed when `tick` brings it back.
  const home = reason === undefined ? ledgerOf(tenant) : SYSTEM_NAMESPACE;
  const entry = known ?? (await openEntry(run, key, home, parsed.spec));
  if (entry.status?.outcome !== undefined) return;
  if (!leave.allowed) return await settleEntry(run, entry, rejected(leave.reason, [leave.message]));
  if (reason === undefined) return await settleEntry(run, entry, await decide(run, config, tenant, parsed));
  if (entry.metadata.namespace !== SYSTEM_NAMESPACE) throw new HeadgateError('Unavailable', reason);
  await settleEntry(run, entry, waiting('Stopped', reason));
};

/** The stop, or earlier requests of the same tenant that still wait for it: wishes are carried out in the order they came. */
const whyWaiting = async (run: Run, tenant: string): Promise<string | undefined> => {
  const stopped = await readStop(run.kubernetes);
  if (stopped !== undefined) return `${stopped}; it is taken up when the stop is lifted`;
  const earlier = DnsLabel.safeParse(tenant).success ? await readWaiting(run, tenant) : [];
  return earlier.length === 0 ? undefined : `${earlier.length} earlier requests wait to be taken up first`;
};

/** Takes up a request that waited, as its own sender. Only entries in `headgate-system` are believed. */
const resume = async (
  run: Run,
  config: TenantRequestsConfig,
  sender: string,
  tenant: Tenant | undefined,
  name: string,
): Promise<void> => {
  const { admins, headgate } = config;
  const type = 'dev.headgate.request.resume.v1';
  if (!authorize({ sender, type, tenant, admins, headgate }).allowed) return;
  const entry = await run.kubernetes.get(TENANT_REQUEST, { namespace: SYSTEM_NAMESPACE, name });
  if (entry === undefined || isSettled(entry) || (await readStop(run.kubernetes)) !== undefined) return;
  const { id, source, time, data } = entry.spec;
  const body = { specversion: '1.0', id, source, type: entry.spec.type, subject: entry.spec.tenant, time, data };
  const parsed = parseRequest({
    body,
    group: entry.spec.tenant,
    sender: entry.spec.sender,
    now: run.world.now(),
    maxAgeSeconds: LEDGER_SECONDS,
  });
  if (!parsed.ok) return await settleEntry(run, entry, rejected(parsed.reason, parsed.problems));
  const leave = authorize({ sender: entry.spec.sender, type: parsed.type, tenant, admins, headgate });
  const outcome = leave.allowed ? await decide(run, config, tenant, parsed) : rejected(leave.reason, [leave.message]);
  await settleEntry(run, entry, outcome);
};

const decide = async (
  run: Run,
  config: TenantRequestsConfig,
  tenant: Tenant | undefined,
  request: AcceptedRequest,
): Promise<Outcome> => {
  try {
    return await repeated(() => carryOut(run, config, tenant, request));
  } catch (error) {
    // What the API server refuses for good is an outcome; everything else is tried again.
    if (error instanceof HeadgateError && error.retry === 'never') return rejected(error.code, [error.message]);
    throw error;
  }
};

/** An object changed between reading and writing: read and decide again. */
const repeated = async <T>(attempt: () => Promise<T>, left = 3): Promise<T> => {
  try {
    return await attempt();
  } catch (error) {
    if (left <= 1 || !(error instanceof HeadgateError) || error.code !== 'Conflict') throw error;
    return await repeated(attempt, left - 1);
  }
};

const carryOut = async (
  run: Run,
  config: TenantRequestsConfig,
  tenant: Tenant | undefined,
  request: AcceptedRequest,
): Promise<Outcome> => {
  const { key } = request;
  if (request.type === 'dev.headgate.tenant.apply.v1')
    return await applyTenant(run, config, request.event.subject, key, request.data);
  if (tenant === undefined) return rejected('UnknownTenant', [`there is no tenant ${request.event.subject}`]);
  const outcome = await carryOutForTenant(run, tenant, request);
  if (outcome.outcome === 'accepted') {
    await sendWork(run, config.workQueueUrl, {
      tenant: tenant.metadata.name,
      cause: 'request',
      id: key,
      at: run.world.now(),
    });
  }
  return outcome;
};

const carryOutForTenant = async (run: Run, tenant: Tenant, request: AcceptedRequest): Promise<Outcome> => {
  const { key } = request;
  switch (request.type) {
    case 'dev.headgate.tenant.cordon.v1':
    case 'dev.headgate.tenant.uncordon.v1': {
      const planned = planCordon({ tenant, type: request.type, key });
      if ('problems' in planned) return rejected('Invalid', planned.problems);
      return accepted(
        (await Promise.all(planned.objects.map((object) => applyWish(run, object, 'headgate-wish')))).flat(),
      );
    }
    case 'dev.headgate.job.submit.v1':
    case 'dev.headgate.job.update.v1':
      return await applyJobRequest(run, tenant, key, request.type, request.data);
    case 'dev.headgate.job.scale.v1':
    case 'dev.headgate.job.delete.v1':
    case 'dev.headgate.job.suspend.v1':
    case 'dev.headgate.job.resume.v1':
    case 'dev.headgate.job.restart.v1':
    case 'dev.headgate.job.snapshot.v1':
    case 'dev.headgate.job.pause.v1':
    case 'dev.headgate.job.policy.v1':
    case 'dev.headgate.job.release.v1':
      return await applyJobWish(run, tenant, key, request);
    default:
      return rejected('NotSupported', [`${request.type} is not carried out by this version`]);
  }
};

/** Drift repair: no ledger entry, because nobody waits for an outcome; the Tenant's `Ready` condition tells. */
const reconcile = async (
  run: Run,
  config: TenantRequestsConfig,
  sender: string,
  tenant: Tenant | undefined,
): Promise<void> => {
  const leave = authorize({
    sender,
    type: 'dev.headgate.tenant.reconcile.v1',
    tenant,
    admins: config.admins,
    headgate: config.headgate,
  });
  if (!leave.allowed || tenant === undefined || tenant.metadata.deletionTimestamp !== undefined) return;
  if ((await readStop(run.kubernetes)) !== undefined) return;
  const fenced = await repeated(() => fenceTenant(run, tenant, config.settings));
  if (fenced.changed.length + fenced.problems.length > 0) {
    run.log.warn('drift repaired', { tenant: tenant.metadata.name, ...fenced });
    run.count('Drift', {}, fenced.changed.length);
  }
};

/** A request that cannot be read has its outcome too: under its own key, or that of the message that carried it. */
const rejectUnread = async (
  run: Run,
  message: RequestMessage,
  tenant: Tenant | undefined,
  parsed: RejectedRequest,
): Promise<void> => {
  const key = parsed.key ?? requestKey('sqs', message.messageId);
  const known = await findEntry(run, key, ledgerOf(tenant));
  if (known !== undefined && isSettled(known)) return;
  const entry = known ?? (await openEntry(run, key, ledgerOf(tenant), unreadableSpec(run, message)));
  if (isSettled(entry)) return;
  await settleEntry(run, entry, rejected(parsed.reason, parsed.problems));
};
