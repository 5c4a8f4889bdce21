import { TENANT, TENANT_REQUEST } from '../../clients/kubernetes/kinds.ts';
import { HEADGATE_API_VERSION, SYSTEM_NAMESPACE, TENANT_LABEL } from '../../model/group.ts';
import { toTimestamp } from '../../model/instant.ts';
import type { TenantRequest, TenantRequestSpec } from '../../model/tenant-request.ts';
import { DnsLabel, namespacesOf, TenantSpec, type Tenant } from '../../model/tenant.ts';
import type { QueuedMessage } from '../../runtime/sqs-batch.ts';
import { eventFor } from '../event.ts';
import type { Run } from '../run.ts';
import { statusWish } from '../status-wish.ts';
import type { Outcome } from './outcome.ts';

/** The entry of a request, wherever it was made: in its tenant's first namespace or in `headgate-system`. */
export const findEntry = async (run: Run, name: string, ledger: string): Promise<TenantRequest | undefined> => {
  const places = new Set([SYSTEM_NAMESPACE, ledger]);
  const found = await Promise.all(
    [...places].map((namespace) => run.kubernetes.get(TENANT_REQUEST, { namespace, name })),
  );
  return found.find((entry) => entry !== undefined);
};

/** Where a tenant's requests are kept: its first namespace, once it is fenced; else `headgate-system`. */
export const ledgerOf = (tenant: Tenant | undefined): string =>
  tenant?.status?.namespaces?.includes(namespacesOf(tenant)[0]) === true ? namespacesOf(tenant)[0] : SYSTEM_NAMESPACE;

/** The tenant that a message was addressed to, if there is one of that name. */
export const readTenant = async (run: Run, group: string): Promise<Tenant | undefined> => {
  // A group that is no name can name no tenant; the API server would refuse the path.
  if (!DnsLabel.safeParse(group).success) return undefined;
  const tenant = await run.kubernetes.get(TENANT, { name: group });
  return tenant === undefined ? undefined : { ...tenant, spec: TenantSpec.parse(tenant.spec) };
};

/** How much of an unreadable body is kept for people to look at. */
const KEPT_BODY_CHARACTERS = 1024;

/** The entry of a message that is no request: what came, as far as it may be kept. */
export const unreadableSpec = (
  run: Run,
  message: Pick<QueuedMessage, 'body' | 'messageId' | 'group' | 'senderId'>,
): TenantRequestSpec => ({
  id: message.messageId,
  source: 'sqs',
  type: 'unreadable',
  tenant: message.group.slice(0, 63),
  time: toTimestamp(run.world.now()),
  sender: `sqs:${message.senderId}`,
  data: { body: message.body.slice(0, KEPT_BODY_CHARACTERS) },
});

/** Whether the request has had its one outcome: then a duplicate changes nothing. */
export const isSettled = (entry: TenantRequest): boolean =>
  entry.status?.outcome !== undefined && entry.status.outcome !== 'waiting';

/** Creation times are whole seconds; within one, versions tell (a number that grows, in every Kubernetes so far). */
const byArrival = ({ metadata: a }: TenantRequest, { metadata: b }: TenantRequest): number =>
  (a.creationTimestamp ?? '').localeCompare(b.creationTimestamp ?? '') ||
  Number(a.resourceVersion) - Number(b.resourceVersion);

/** Requests that wait, of one tenant or of all, in the order in which they came. They are kept in `headgate-system`. */
export const readWaiting = async (run: Run, tenant?: string): Promise<readonly TenantRequest[]> => {
  const entries = await run.kubernetes.list(TENANT_REQUEST, {
    namespace: SYSTEM_NAMESPACE,
    ...(tenant === undefined ? {} : { labelSelector: `${TENANT_LABEL}=${tenant}` }),
  });
  return entries.filter((entry) => entry.status?.outcome === 'waiting').toSorted(byArrival);
};

/** Writes down that a request came, before anything is done about it. Finds the entry when somebody was quicker. */
export const openEntry = async (
  run: Run,
  name: string,
  namespace: string,
  spec: TenantRequestSpec,
): Promise<TenantRequest> => {
  const labels = DnsLabel.safeParse(spec.tenant).success ? { [TENANT_LABEL]: spec.tenant } : {};
  const entry: TenantRequest = {
    apiVersion: HEADGATE_API_VERSION,
    kind: 'TenantRequest',
    metadata: { name, namespace, labels },
    spec,
  };
  const { object } = await run.kubernetes.create<TenantRequest>(entry, { manager: 'headgate-outcome' });
  return object;
};

/** Writes the outcome, and tells people by an Event. */
export const settleEntry = async (run: Run, entry: TenantRequest, outcome: Outcome): Promise<void> => {
  const decidedAt = toTimestamp(run.world.now());
  const status = {
    ...observed(entry),
    ...outcome,
    changed: 'changed' in outcome ? [...outcome.changed] : [],
    decidedAt,
  };
  await run.kubernetes.apply(statusWish(entry, status), { manager: 'headgate-outcome', subresource: 'status' });
  run.log.info('request', {
    request: entry.metadata.name,
    type: entry.spec.type,
    tenant: entry.spec.tenant,
    sender: entry.spec.sender,
    ...outcome,
  });
  run.count('Request', { outcome: outcome.outcome, reason: outcome.reason });
  const type = outcome.outcome === 'accepted' ? 'Normal' : 'Warning';
  const event = eventFor(
    entry,
    { type, reason: outcome.reason, action: entry.spec.type, note: outcome.message },
    run.world.now(),
  );
  await run.kubernetes
    .create(event, { manager: 'headgate-outcome' })
    .catch((error: unknown) => run.log.warn('event not written', { error: String(error) }));
};

const observed = (entry: TenantRequest): { observedGeneration?: number } =>
  entry.metadata.generation === undefined ? {} : { observedGeneration: entry.metadata.generation };
