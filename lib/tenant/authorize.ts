import { VERBS, type RequestType } from '../../events/tenant-request.ts';
import { namespacesOf, type Tenant } from '../model/tenant.ts';

export type Authorization =
  | { readonly allowed: true }
  | { readonly allowed: false; readonly reason: 'NotAllowed' | 'UnknownTenant'; readonly message: string };

const ALLOWED: Authorization = { allowed: true };

/**
 * Whether a sender is the principal that is meant. SQS reports a role's session as `<role id>:<session name>`;
 * whoever assumes the role chooses the session name, so only the id proves anything. A principal that states a session
 * asks for exactly that one.
 */
const isPrincipal = (sender: string, principal: string): boolean =>
  sender === principal || (sender.startsWith('sqs:') && sender.split(':', 2).join(':') === principal);

/** The user name by which RBAC knows an owner; undefined for a group, which no sender proves. */
const userName = (owner: Tenant['spec']['owners'][number]): string | undefined => {
  if (owner.kind === 'User') return owner.name;
  return owner.kind === 'ServiceAccount' ? `system:serviceaccount:${owner.namespace}:${owner.name}` : undefined;
};

const mayAskFor = (tenant: Tenant, sender: string, createdIn: string | undefined): boolean =>
  tenant.spec.requesters.some((r) => isPrincipal(sender, `sqs:${r.sqsSender}`)) ||
  (sender.startsWith('kubernetes:') &&
    (createdIn === namespacesOf(tenant)[0] ||
      tenant.spec.owners.some((owner) => owner.role !== 'view' && sender === `kubernetes:${userName(owner)}`)));

/**
 * Whether an authenticated sender may ask for this. Who somebody is comes from the queue or the API server alone,
 * never from the request's body.
 */
export const authorize = (question: {
  /** `sqs:<SenderId>` or `kubernetes:<user>`. */
  readonly sender: string;
  readonly type: RequestType;
  /** Undefined when there is none of that name. */
  readonly tenant: Tenant | undefined;
  /** Admin senders, in the same form. */
  readonly admins: readonly string[];
  /** Senders that are Headgate's own functions, in the same form. */
  readonly headgate: readonly string[];
  /** Namespace of a TenantRequest made with kubectl or GitOps: whoever made it had the API server's leave to. */
  readonly createdIn?: string;
}): Authorization => {
  const { sender, type, tenant, admins, headgate, createdIn } = question;
  const isAdmin = admins.some((admin) => isPrincipal(sender, admin));
  const { who } = VERBS[type];

  if (who === 'headgate') {
    if (headgate.some((own) => isPrincipal(sender, own))) return ALLOWED;
    return refuse(`${type} is sent by Headgate itself, not by ${sender}`);
  }
  if (who === 'admin') return isAdmin ? ALLOWED : refuse(`${type} needs an admin, and ${sender} is none`);
  if (tenant === undefined) {
    // A stranger is not told which tenants there are.
    if (!isAdmin) return refuse(`${sender} is no requester of this tenant`);
    return { allowed: false, reason: 'UnknownTenant', message: 'there is no such tenant' };
  }
  if (isAdmin || mayAskFor(tenant, sender, createdIn)) return ALLOWED;
  return refuse(`${sender} is no requester of this tenant`);
};

const refuse = (message: string): Authorization => ({ allowed: false, reason: 'NotAllowed', message });
