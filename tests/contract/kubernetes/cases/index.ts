import type { ContractCase } from '../contract.ts';
import { ACCESS_CASES } from './access.ts';
import { APPLY_KIND_CASES } from './apply-kinds.ts';
import { APPLY_CASES } from './apply.ts';
import { CUSTOM_RESOURCE_CASES } from './custom-resources.ts';
import { DELETION_CASES } from './deletion.ts';
import { LIST_CASES } from './lists.ts';
import { NAMESPACE_CASES } from './namespaces.ts';
import { OBJECT_CASES } from './objects.ts';
import { PATCH_CASES } from './patches.ts';
import { QUOTA_CASES } from './quotas.ts';
import { SERVICE_CASES } from './services.ts';
import { TABLE_CASES } from './tables.ts';
import { WORKLOAD_CASES } from './workloads.ts';

/** Every contract case by topic. */
export const CASES_BY_TOPIC: Readonly<Record<string, readonly ContractCase[]>> = {
  objects: OBJECT_CASES,
  patches: PATCH_CASES,
  'server-side apply': APPLY_CASES,
  'server-side apply by kind': APPLY_KIND_CASES,
  'custom resources': CUSTOM_RESOURCE_CASES,
  lists: LIST_CASES,
  deletion: DELETION_CASES,
  access: ACCESS_CASES,
  namespaces: NAMESPACE_CASES,
  'quotas and limits': QUOTA_CASES,
  workloads: WORKLOAD_CASES,
  'services, leases, events': SERVICE_CASES,
  'tables and discovery': TABLE_CASES,
};
