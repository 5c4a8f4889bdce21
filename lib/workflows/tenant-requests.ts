import { TENANT } from '../clients/kubernetes/kinds.ts';
import { SYSTEM_NAMESPACE } from '../model/group.ts';
import { toTimestamp } from '../model/instant.ts';
import type { TenantRequestSpec } from '../model/tenant-request.ts';
import { namespacesOf, TenantSpec, type Tenant } from '../model/tenant.ts';
import { authorize } from '../tenant/authorize.ts';
import { parseRequest, requestKey, type AcceptedRequest, type RejectedRequest } from '../tenant/parse-request.ts';
import { planCordon } from '../tenant/plan-wish.ts';
import type { TenantSettings } from '../tenant/settings.ts';
import { HeadgateError } from '../runtime/errors.ts';
import type { Run } from './run.ts';
import { sendWork } from './send-work.ts';
import { readStop } from './stop.ts';
import { applyWish } from './tenant-requests/apply-planned.ts';
import { applyJobRequest, applyJobWish } from './tenant-requests/apply-job.ts';
import { applyTenant } from './tenant-requests/apply-tenant.ts';
import { fenceTenant } from './tenant-requests/fence-tenant.ts';
import { findEntry, isSettled, openEntry, settleEntry } from './tenant-requests/ledger.ts';
import { accepted, rejected, type Outcome } from './tenant-requests/outcome.ts';

export type TenantRequestsConfig = {
  readonly workQueueUrl: string;
  readonly poolsQueueUrl: string;
  readonly settings: TenantSettings;
  /** Senders that may ask for anything, and Headgate's own functions (`sqs:<sender id>`). */
  readonly admins: readonly string[];
  readonly headgate: readonly string[];
};

/** A message as the queue delivers it. */
export type RequestMessage = {
  readonly body: string;
  readonly messageId: string;
  /** Message group: the tenant. */
  readonly group: string;
  readonly senderId: string;
};

/** How long the ledger remembers: longer than any queue keeps a message (14 days). */
export const LEDGER_SECONDS = 15 * 86_400;

/** Carries out one request, or turns it down where its sender sees it. Only transient trouble throws. */
export const handleRequest = async (run: Run, config: TenantRequestsConfig, message: RequestMessage): Promise<void> => {
  const sender = `sqs:${message.senderId}`;
  const now = run.world.now();
  const parsed = parseRequest({ body: message.body, group: message.group, sender, now, maxAgeSeconds: LEDGER_SECONDS });
  const tenant = await readTenant(run, message.group);
  if (!parsed.ok) return await rejectUnread(run, message, sender, tenant, parsed);
  if (parsed.type === 'dev.headgate.tenant.reconcile.v1') return await reconcile(run, config, sender, tenant);

  const leave = authorize({ sender, type: parsed.type, tenant, admins: config.admins, headgate: config.headgate });
  // A stranger's request has an outcome of its own, and never stands in for the one that it claims to be.
  const key = leave.allowed ? parsed.key : requestKey(sender, parsed.key);
  const known = await findEntry(run, key, ledgerOf(tenant));
  if (known !== undefined && isSettled(known)) {
    run.log.info('request repeated', { request: key, outcome: known.status?.outcome });
    return;
  }
  const entry = known ?? (await openEntry(run, key, ledgerOf(tenant) ?? SYSTEM_NAMESPACE, parsed.spec));
  if (isSettled(entry)) return;
  await settleEntry(
    run,
    entry,
    leave.allowed ? await decide(run, config, tenant, parsed) : rejected(leave.reason, [leave.message]),
  );
};

const readTenant = async (run: Run, name: string): Promise<Tenant | undefined> => {
  // A group that is no name can name no tenant; the API server would refuse the path.
  if (!/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/.test(name)) return undefined;
  const tenant = await run.kubernetes.get(TENANT, { name });
  return tenant === undefined ? undefined : { ...tenant, spec: TenantSpec.parse(tenant.spec) };
};

/** Where a tenant's requests are kept: its first namespace, once it is fenced. */
const ledgerOf = (tenant: Tenant | undefined): string | undefined =>
  tenant?.status?.namespaces?.includes(namespacesOf(tenant)[0]) === true ? namespacesOf(tenant)[0] : undefined;

const decide = async (
  run: Run,
  config: TenantRequestsConfig,
  tenant: Tenant | undefined,
  request: AcceptedRequest,
): Promise<Outcome> => {
  const stopped = await readStop(run.kubernetes);
  if (stopped !== undefined) throw new HeadgateError('Unavailable', `Headgate is stopped: ${stopped}`);
  try {
    return await carryOut(run, config, tenant, request);
  } catch (error) {
    // What the API server refuses for good is an outcome; everything else is tried again.
    if (error instanceof HeadgateError && error.retry === 'never') return rejected(error.code, [error.message]);
    throw error;
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
  const fenced = await fenceTenant(run, tenant, config.settings);
  if (fenced.changed.length + fenced.problems.length > 0) {
    run.log.warn('drift repaired', { tenant: tenant.metadata.name, ...fenced });
    run.count('Drift', {}, fenced.changed.length);
  }
};

/** A request that cannot be read has its outcome too: under its own key, or that of the message that carried it. */
const rejectUnread = async (
  run: Run,
  message: RequestMessage,
  sender: string,
  tenant: Tenant | undefined,
  parsed: RejectedRequest,
): Promise<void> => {
  const key = parsed.key ?? requestKey('sqs', message.messageId);
  const known = await findEntry(run, key, ledgerOf(tenant));
  if (known !== undefined && isSettled(known)) return;
  const entry =
    known ?? (await openEntry(run, key, ledgerOf(tenant) ?? SYSTEM_NAMESPACE, unreadSpec(run, message, sender)));
  if (isSettled(entry)) return;
  await settleEntry(run, entry, rejected(parsed.reason, parsed.problems));
};

/** How much of an unreadable body is kept for people to look at. */
const KEPT_BODY_CHARACTERS = 1024;

const unreadSpec = (run: Run, message: RequestMessage, sender: string): TenantRequestSpec => ({
  id: message.messageId,
  source: 'sqs',
  type: 'unreadable',
  tenant: message.group.slice(0, 63),
  time: toTimestamp(run.world.now()),
  sender,
  data: { body: message.body.slice(0, KEPT_BODY_CHARACTERS) },
});
