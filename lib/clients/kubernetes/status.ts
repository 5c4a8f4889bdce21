import { z } from 'zod';
import { HeadgateError, type ErrorCode } from '../../runtime/errors.ts';
import type { Answer } from '../call.ts';
import { isRepeatable, type ApiRequest } from './transport.ts';

/** `metav1.Status`: how the API server says no. */
const Status = z.object({
  kind: z.literal('Status'),
  apiVersion: z.literal('v1'),
  message: z.string().default(''),
  reason: z.string().default(''),
  details: z
    .object({
      retryAfterSeconds: z.number().optional(),
      causes: z
        .array(
          z.object({ reason: z.string().default(''), message: z.string().default(''), field: z.string().default('') }),
        )
        .default([]),
    })
    .prefault({}),
});
type Status = z.infer<typeof Status>;

/** A field that somebody else owns. */
const FieldConflict = z.object({ manager: z.string(), field: z.string() });
export type FieldConflict = z.infer<typeof FieldConflict>;

/** The conflicts of an `OwnedByAnother`; none of any other error. */
export const conflictsOf = (error: unknown): readonly FieldConflict[] =>
  error instanceof HeadgateError ? (z.array(FieldConflict).safeParse(error.details['conflicts']).data ?? []) : [];

const CODES: Readonly<Record<number, ErrorCode>> = {
  400: 'Invalid',
  401: 'Forbidden',
  403: 'Forbidden',
  404: 'NotFound',
  409: 'Conflict',
  410: 'Conflict',
  413: 'Invalid',
  422: 'Invalid',
  429: 'Throttled',
};

/** The Status in an answer's body, or undefined: then it was not the API server that spoke, but a service behind it. */
export const parseStatus = (text: string): Status | undefined => {
  try {
    return Status.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
};

/** The failure that an answer stands for, in the API server's own words. `details`: `status`, `reason`, and `conflicts` of an apply. */
export const failureOf = (answer: Answer, request: ApiRequest): HeadgateError => {
  const status = parseStatus(answer.text);
  const conflicts = fieldConflicts(status);
  return new HeadgateError(
    conflicts.length > 0 ? 'OwnedByAnother' : codeOf(answer.status, status?.message ?? '', request),
    `${request.method} ${request.path}: ${status?.message || `${answer.status} ${answer.text.slice(0, 500)}`}`,
    {
      ...retryAfter(answer, status),
      details: { status: answer.status, reason: status?.reason ?? '', ...(conflicts.length > 0 && { conflicts }) },
    },
  );
};

/** Quota admission until the quota controller has first seen a new quota (plugin `resourcequota`, `CheckRequest`): a matter of seconds. */
const QUOTA_NOT_SEEN_YET = 'status unknown for quota';

const codeOf = (status: number, message: string, request: ApiRequest): ErrorCode => {
  if (status === 403 && message.includes(QUOTA_NOT_SEEN_YET)) return 'Throttled';
  // A server that fails half-way through a write does not say on which half.
  if (status >= 500) return isRepeatable(request) ? 'Unavailable' : 'OutcomeUnknown';
  return CODES[status] ?? 'Invalid';
};

const retryAfter = (answer: Answer, status: Status | undefined): { retryAfterSeconds?: number } => {
  const header = Number(answer.headers.get('retry-after') ?? Number.NaN);
  const seconds = Number.isFinite(header) ? header : status?.details.retryAfterSeconds;
  return seconds === undefined ? {} : { retryAfterSeconds: Math.max(0, seconds) };
};

/** The API server words it `conflict with "NAME" [with subresource "S"] using VERSION`, the name quoted as Go does (`fieldmanager`, conflicts). */
const fieldConflicts = (status: Status | undefined): readonly FieldConflict[] =>
  (status?.details.causes ?? [])
    .filter((cause) => cause.reason === 'FieldManagerConflict')
    .map((cause) => ({
      manager: /^conflict with "((?:[^"\\]|\\.)*)"/.exec(cause.message)?.[1] ?? '',
      field: cause.field,
    }));
