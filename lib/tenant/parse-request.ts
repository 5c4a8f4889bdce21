import type { CloudEvent } from '../../events/cloud-event.ts';
import type { RequestData, RequestType } from '../../events/tenant-request.ts';
import type { EpochMillis } from '../model/instant.ts';
import type { TenantRequestSpec } from '../model/tenant-request.ts';

export type RejectionReason =
  | 'TooLarge'
  | 'Malformed'
  | 'UnknownVersion'
  | 'UnknownType'
  | 'Mismatch'
  | 'Expired'
  | 'FromTheFuture';

type Accepted<T extends RequestType> = {
  readonly ok: true;
  /** Name of its TenantRequest: `r-` and a hash of (source, id), so that a duplicate finds the first outcome. */
  readonly key: string;
  readonly type: T;
  readonly data: RequestData<T>;
  readonly event: CloudEvent;
  /** The ledger entry: the request as it came, and its sender. */
  readonly spec: TenantRequestSpec;
};
export type AcceptedRequest = { [T in RequestType]: Accepted<T> }[RequestType];
export type RejectedRequest = {
  readonly ok: false;
  readonly reason: RejectionReason;
  /** Every problem, as `path: message`. */
  readonly problems: readonly string[];
  /** As far as they can be read: whom and what to tell. */
  readonly tenant?: string;
  readonly key?: string;
};

/** Name of the TenantRequest for a CloudEvent. */
export const requestKey = (_source: string, _id: string): string => {
  throw new Error('not written yet');
};

/** Reads a request from hostile input. Never throws. */
export const parseRequest = (_input: {
  /** A message body, or an object that was parsed already. */
  readonly body: unknown;
  /** Message group: the tenant that the request was addressed to. */
  readonly group: string;
  readonly sender: string;
  readonly now: EpochMillis;
  readonly maxAgeSeconds: number;
}): AcceptedRequest | RejectedRequest => {
  throw new Error('not written yet');
};
