import type { RequestType } from '../../events/tenant-request.ts';
import type { Tenant } from '../model/tenant.ts';

export type Authorization =
  | { readonly allowed: true }
  | { readonly allowed: false; readonly reason: 'NotAllowed' | 'UnknownTenant'; readonly message: string };

/** Whether an authenticated sender may ask for this. */
export const authorize = (_question: {
  /** `sqs:<SenderId>` or `kubernetes:<user>`, never from the body. */
  readonly sender: string;
  readonly type: RequestType;
  /** Undefined when there is none of that name. */
  readonly tenant: Tenant | undefined;
  /** Admin senders, in the same form. */
  readonly admins: readonly string[];
  /** Senders that are Headgate's own functions, in the same form. */
  readonly headgate: readonly string[];
  /** Namespace of a TenantRequest that somebody made with kubectl or GitOps: the API server has let them. */
  readonly createdIn?: string;
}): Authorization => {
  throw new Error('not written yet');
};
