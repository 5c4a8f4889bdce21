import { stringify } from 'yaml';
import { CLUSTER_ROLES } from '../lib/tenant/cluster-roles.ts';
import { customResourceDefinitions } from './custom-resource-definitions.ts';

const yaml = (object: unknown): string => stringify(object, { lineWidth: 140, aliasDuplicateObjects: false });

/** Every generated file by its path from the root. */
export const generatedFiles = (): Readonly<Record<string, string>> => ({
  ...Object.fromEntries(
    customResourceDefinitions.map((crd) => [`deploy/crds/${crd.spec.names.plural}.yaml`, yaml(crd)]),
  ),
  'deploy/rbac/tenant-roles.yaml': `# Generated from lib/tenant/cluster-roles.ts. Bound in tenants' namespaces only, never cluster-wide.\n${Object.values(
    CLUSTER_ROLES,
  )
    .map(yaml)
    .join('---\n')}`,
});
