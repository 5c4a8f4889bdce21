import type { ContractCase } from '../contract.ts';
import { APPLY_CASES } from './apply.ts';
import { OBJECT_CASES } from './objects.ts';

/** Every contract case by topic. */
export const CASES_BY_TOPIC: Readonly<Record<string, readonly ContractCase[]>> = {
  objects: OBJECT_CASES,
  'server-side apply': APPLY_CASES,
};
