import type { User } from '../access/user.ts';
import type { Cluster } from '../cluster.ts';
import { resourceOf, type Kind } from '../kinds/kind.ts';
import type { ResourceRequest } from '../request-path.ts';
import {
  badRequest,
  forbiddenField,
  invalid,
  required,
  unsupportedValue,
  type FieldError,
  type GroupResource,
} from '../status-error.ts';

/** One request for one kind, authenticated and with its body read. */
export type Call = {
  readonly cluster: Cluster;
  readonly kind: Kind;
  readonly path: ResourceRequest;
  readonly user: User;
  readonly query: URLSearchParams;
  /** Media type of the body, without parameters. */
  readonly contentType: string;
  readonly userAgent: string;
  readonly accept: string;
  readonly body: string;
  /** Texts for Warning headers. */
  readonly warnings: string[];
};

/** What every write may say in its query. */
export type WriteOptions = {
  readonly isDryRun: boolean;
  readonly fieldValidation: 'Ignore' | 'Warn' | 'Strict';
  /** Who owns what the write changes: the fieldManager, or the start of the User-Agent. */
  readonly manager: string;
  readonly isForced: boolean;
};

export const resourceOfCall = (call: Call): GroupResource => resourceOf(call.kind);

const MAX_MANAGER_LENGTH = 128;

/** Reads the options of a write. @throws StatusError 422, with every wrong one */
export const writeOptions = (
  call: Call,
  optionsKind: 'CreateOptions' | 'UpdateOptions' | 'PatchOptions',
): WriteOptions => {
  const { query } = call;
  const errors: FieldError[] = [];
  const isApply = call.contentType.startsWith('application/apply-patch');
  const dryRun = query.getAll('dryRun').filter((value) => value !== '');
  if (dryRun.some((value) => value !== 'All')) errors.push(unsupportedValue('dryRun', dryRun, ['All']));
  const fieldValidation = query.get('fieldValidation') ?? '';
  if (!['', 'Ignore', 'Warn', 'Strict'].includes(fieldValidation)) {
    errors.push(unsupportedValue('fieldValidation', fieldValidation, ['', 'Ignore', 'Strict', 'Warn']));
  }
  const fieldManager = query.get('fieldManager') ?? '';
  if (fieldManager.length > MAX_MANAGER_LENGTH) {
    errors.push({
      reason: 'FieldValueTooLong',
      field: 'fieldManager',
      message: `Too long: may not be more than ${MAX_MANAGER_LENGTH} bytes`,
    });
  }
  if (optionsKind === 'PatchOptions' && isApply && fieldManager === '') {
    errors.push(required('fieldManager', 'is required for apply patch'));
  }
  if (query.has('force') && !isApply && optionsKind === 'PatchOptions') {
    errors.push(forbiddenField('force', 'may not be specified for non-apply patch'));
  }
  if (errors.length > 0) throw invalid(optionsKind, 'meta.k8s.io', '', errors);
  return {
    isDryRun: dryRun.length > 0,
    fieldValidation: fieldValidation === 'Ignore' || fieldValidation === 'Strict' ? fieldValidation : 'Warn',
    manager: fieldManager === '' ? (call.userAgent.split('/')[0] ?? '') || 'unknown' : fieldManager,
    isForced: query.get('force') === 'true' || query.get('force') === '1',
  };
};

/** An integer of the query. @throws StatusError 400 */
export const integerOption = (query: URLSearchParams, name: string): number => {
  const text = query.get(name);
  if (text === null || text === '') return 0;
  if (!/^-?\d+$/.test(text)) throw badRequest(`strconv.ParseInt: parsing ${JSON.stringify(text)}: invalid syntax`);
  return Number(text);
};
