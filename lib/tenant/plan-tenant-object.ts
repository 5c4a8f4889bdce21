import type { CapacityPool } from '../model/capacity-pool.ts';
import type { Tenant, TenantSpec } from '../model/tenant.ts';
import type { Planned } from './planned.ts';
import type { TenantSettings } from './settings.ts';

/** The Tenant object of `tenant.apply`, or everything that speaks against it. */
export const planTenantObject = (_input: {
  readonly name: string;
  readonly spec: TenantSpec;
  readonly key: string;
  /** The pool that the spec names; undefined when there is none. */
  readonly pool: CapacityPool | undefined;
  /** Every Tenant there is; one of the same name is the one that is changed. */
  readonly tenants: readonly Tenant[];
  readonly settings: Pick<TenantSettings, 'operatorNamespace'>;
}): Planned => {
  throw new Error('not written yet');
};
