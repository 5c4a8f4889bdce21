import { createHash } from 'node:crypto';
import type { z } from 'zod';
import { CloudEvent } from '../../events/cloud-event.ts';
import { VERBS, type RequestData, type RequestType } from '../../events/tenant-request.ts';
import { fromTimestamp, type EpochMillis } from '../model/instant.ts';
import { DnsLabel } from '../model/tenant.ts';
import type { TenantRequestSpec } from '../model/tenant-request.ts';
import { bounded, problemsOf, unknownFields } from './problems.ts';
import { isRecord } from './record.ts';

/** Why a request is turned away unread; the first that applies, in this order. */
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
  /** Name of its TenantRequest: a duplicate finds the first outcome under it. */
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

/** What one SQS message could hold when this was written, and far more than any request needs. */
const MAX_BYTES = 256 * 1024;
/** Deeper than any pod template, shallow enough for every recursion over it. */
const MAX_DEPTH = 40;
/** More than fit into that many bytes; an object that was built, not parsed, can repeat itself without end. */
const MAX_VALUES = 200_000;
/** How far a sender's clock may be ahead of ours. */
const MAX_SKEW_SECONDS = 300;

/** Name of the TenantRequest for a CloudEvent, whose (source, id) is unique. A DNS label. */
export const requestKey = (source: string, id: string): string =>
  `r-${createHash('sha256')
    .update(JSON.stringify([source, id]))
    .digest('hex')
    .slice(0, 40)}`;

/** Keys that JSON may hold and that no object of ours should. */
const PROTOTYPE_KEYS = new Set(['__proto__', 'constructor', 'prototype']);

const LEAVES = new Set(['string', 'number', 'boolean']);

/** The first thing that makes a value unfit to walk, or undefined. Not recursive: the value is hostile. */
const structureProblem = (root: unknown): string | undefined => {
  const open: { value: unknown; depth: number }[] = [{ value: root, depth: 1 }];
  let seen = 0;
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const { value, depth } = next;
    if (++seen > MAX_VALUES) return `holds more than ${MAX_VALUES} values`;
    if (value === null || value === undefined || LEAVES.has(typeof value)) continue;
    if (typeof value !== 'object') return `is no JSON: it holds a ${typeof value}`;
    if (depth > MAX_DEPTH) return `nests deeper than ${MAX_DEPTH} levels`;
    for (const key of Object.keys(value)) {
      if (PROTOTYPE_KEYS.has(key)) return `has a field named ${key}`;
    }
    for (const child of Object.values(value)) open.push({ value: child, depth: depth + 1 });
  }
  return undefined;
};

type Read =
  | { readonly value: Record<string, unknown> }
  | { readonly reason: RejectionReason; readonly problem: string };

const tooLarge = (text: string): boolean => Buffer.byteLength(text) > MAX_BYTES;

/** Text or an object to a harmless JSON object. */
const readBody = (body: unknown): Read => {
  const overSize = { reason: 'TooLarge', problem: `body: is larger than ${MAX_BYTES / 1024} KiB` } as const;
  let value: unknown = body;
  if (typeof body === 'string') {
    if (tooLarge(body)) return overSize;
    try {
      value = JSON.parse(body);
    } catch {
      return { reason: 'Malformed', problem: 'body: is no JSON' };
    }
  }
  if (!isRecord(value)) {
    return { reason: 'Malformed', problem: 'body: is no JSON object' };
  }
  const problem = structureProblem(value);
  if (problem !== undefined) return { reason: 'Malformed', problem: `body: ${problem}` };
  if (typeof body !== 'string' && tooLarge(JSON.stringify(value))) return overSize;
  return { value };
};

const isKnownType = (type: string): type is RequestType => Object.hasOwn(VERBS, type);

/** A type that is none of ours: a version that we do not know of a verb that we do, or no verb at all. */
const unknownType = (type: string): 'UnknownVersion' | 'UnknownType' => {
  const verb = /^(.*)\.v\d+$/.exec(type)?.[1];
  return verb !== undefined && Object.keys(VERBS).some((known) => known.replace(/\.v\d+$/, '') === verb)
    ? 'UnknownVersion'
    : 'UnknownType';
};

/**
 * Reads a request from hostile input: a message body, or an object that was parsed already. Never throws.
 * Everything that is wrong is reported at once, as far as it can be read.
 */
export const parseRequest = (input: {
  readonly body: unknown;
  /** Message group: the tenant that the request was addressed to. */
  readonly group: string;
  /** The authenticated sender (`sqs:<SenderId>` or `kubernetes:<user>`). */
  readonly sender: string;
  readonly now: EpochMillis;
  /** A request older than the ledger remembers might have been done already. */
  readonly maxAgeSeconds: number;
}): AcceptedRequest | RejectedRequest => {
  const { group, sender, now, maxAgeSeconds } = input;
  const tenant = DnsLabel.safeParse(group).success ? group : undefined;
  const read = readBody(input.body);
  if ('problem' in read) {
    return { ok: false, reason: read.reason, problems: [read.problem], ...(tenant !== undefined && { tenant }) };
  }

  const found: { reason: RejectionReason; problems: readonly string[] }[] = [];
  const note = (reason: RejectionReason, ...problems: readonly string[]) => {
    if (problems.length > 0) found.push({ reason, problems });
  };
  const { source, id, specversion, type, subject, time, data = {} } = read.value;
  const envelope = CloudEvent.safeParse(read.value);

  if (typeof specversion === 'string' && specversion !== '1.0') {
    note('UnknownVersion', `specversion: ${JSON.stringify(specversion.slice(0, 16))} is not 1.0`);
  }
  const envelopeProblems = envelope.success ? [] : problemsOf(envelope.error);
  note(
    'Malformed',
    ...envelopeProblems.filter((p) => typeof specversion !== 'string' || !p.startsWith('specversion:')),
  );

  let parsedData: z.ZodSafeParseResult<unknown> | undefined;
  if (typeof type === 'string' && isKnownType(type)) {
    parsedData = VERBS[type].data.safeParse(data);
    note(
      'Malformed',
      ...(parsedData.success ? unknownFields(data, parsedData.data, 'data') : problemsOf(parsedData.error, 'data')),
    );
  } else if (typeof type === 'string') {
    const reason = unknownType(type);
    note(reason, `type: ${JSON.stringify(type.slice(0, 128))} is no request of ours`);
  }

  if (tenant === undefined) note('Mismatch', 'group: is not the name of a tenant');
  else if (typeof subject === 'string' && subject !== group) {
    note('Mismatch', `subject: ${JSON.stringify(subject.slice(0, 63))} is not the tenant addressed, ${group}`);
  }

  const madeAt = typeof time === 'string' ? fromTimestamp(time) : undefined;
  if (madeAt !== undefined && madeAt < now - maxAgeSeconds * 1000) {
    note('Expired', `time: is more than ${maxAgeSeconds} s ago`);
  }
  if (madeAt !== undefined && madeAt > now + MAX_SKEW_SECONDS * 1000) {
    note('FromTheFuture', `time: is more than ${MAX_SKEW_SECONDS} s ahead`);
  }

  const key = typeof source === 'string' && typeof id === 'string' ? requestKey(source, id) : undefined;
  if (found.length === 0 && envelope.success && parsedData?.success === true) {
    const event = envelope.data;
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the schema of this very type has read the data
    return {
      ok: true,
      key: requestKey(event.source, event.id),
      type: event.type,
      data: parsedData.data,
      event,
      spec: {
        id: event.id,
        source: event.source,
        type: event.type,
        tenant: group,
        time: event.time,
        sender,
        data: event.data,
      },
    } as AcceptedRequest;
  }
  const reasons = new Set(found.map((f) => f.reason));
  return {
    ok: false,
    reason: PRECEDENCE.find((reason) => reasons.has(reason)) ?? 'Malformed',
    problems: bounded(found.flatMap((f) => f.problems)),
    ...(tenant !== undefined && { tenant }),
    ...(key !== undefined && { key }),
  };
};

/** What a sender should hear first when several things are wrong. */
const PRECEDENCE: readonly RejectionReason[] = [
  'UnknownVersion',
  'UnknownType',
  'Mismatch',
  'Expired',
  'FromTheFuture',
  'Malformed',
];
