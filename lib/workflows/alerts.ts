import type { AlertmanagerWebhook } from '../../events/alertmanager.ts';
import { NAMESPACE } from '../clients/kubernetes/kinds.ts';
import { TENANT_LABEL } from '../model/group.ts';
import { DnsLabel } from '../model/tenant.ts';
import type { Run } from './run.ts';
import { sendWork } from './send-work.ts';

/** What became of a webhook call, alert by alert; this is also its HTTP answer. */
export type AlertsAnswer = {
  readonly queued: readonly { readonly fingerprint: string; readonly tenant: string; readonly job?: string }[];
  readonly ignored: readonly { readonly fingerprint: string; readonly reason: string }[];
};

type Alert = AlertmanagerWebhook['alerts'][number];

/** Alertmanager repeats a firing alert; inside one slot of this length a repeat is the same wish to look. */
const REPEAT_SLOT_MILLIS = 60_000;

/**
 * Turns alerts into an immediate look at the tenants they name. An alert never carries an action: its labels
 * `namespace` and `managedjob` only say where to look. A resolved alert is ignored.
 */
export const routeAlerts = async (
  run: Run,
  workQueueUrl: string,
  webhook: AlertmanagerWebhook,
): Promise<AlertsAnswer> => {
  const now = run.world.now();
  const queued: AlertsAnswer['queued'][number][] = [];
  const ignored: AlertsAnswer['ignored'][number][] = [];
  const tenantOf = cachedTenantLookup(run);
  for (const alert of webhook.alerts) {
    const { fingerprint } = alert;
    const namespace = alert.labels['namespace'];
    const reason = notRoutable(alert);
    const tenant = reason === undefined && namespace !== undefined ? await tenantOf(namespace) : undefined;
    if (tenant === undefined) {
      ignored.push({ fingerprint, reason: reason ?? `namespace ${namespace} belongs to no tenant` });
      continue;
    }
    // A label that can name no job still names a tenant to look at.
    const job = DnsLabel.safeParse(alert.labels['managedjob']).data;
    const slot = Math.floor(now / REPEAT_SLOT_MILLIS);
    await sendWork(run, workQueueUrl, {
      tenant,
      cause: 'alert',
      ...(job === undefined ? {} : { job: `${namespace}/${job}` }),
      id: `alert-${fingerprint}-${alert.startsAt}-${alert.status}-${slot}`,
      at: now,
    });
    queued.push({ fingerprint, tenant, ...(job === undefined ? {} : { job: `${namespace}/${job}` }) });
  }
  run.log.info('alerts', { queued, ignored, truncatedAlerts: webhook.truncatedAlerts });
  return { queued, ignored };
};

const notRoutable = (alert: Alert): string | undefined => {
  if (alert.status === 'resolved') return 'resolved alerts never act';
  if (alert.labels['namespace'] === undefined) return 'has no label "namespace"';
  if (!DnsLabel.safeParse(alert.labels['namespace']).success) return 'its label "namespace" is no name';
  return undefined;
};

/** The tenant that a namespace belongs to, by the label that only Headgate's fences set; asked once per namespace. */
const cachedTenantLookup = (run: Run) => {
  const known = new Map<string, Promise<string | undefined>>();
  return (namespace: string): Promise<string | undefined> => {
    const asked =
      known.get(namespace) ??
      run.kubernetes.get(NAMESPACE, { name: namespace }).then((found) => found?.metadata.labels?.[TENANT_LABEL]);
    known.set(namespace, asked);
    return asked;
  };
};
