import { TENANT_LABEL } from '../model/group.ts';

/** Labels of every object that Headgate makes for a tenant. */
export const labelsOf = (tenant: string): Record<string, string> => ({
  [TENANT_LABEL]: tenant,
  'app.kubernetes.io/managed-by': 'headgate',
});

/** The request that an object was last wished by: the name of its TenantRequest. */
export const REQUEST_ANNOTATION = 'headgate.dev/request';
