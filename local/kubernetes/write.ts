import type { User } from './access/user.ts';
import type { Cluster } from './cluster.ts';
import type { Kind } from './kinds/kind.ts';

/** One write on its way to the store: of what kind, through which subresource, by whom. */
export type Write = {
  readonly cluster: Cluster;
  readonly kind: Kind;
  readonly subresource: string;
  readonly user: User;
  readonly manager: string;
  readonly isDryRun: boolean;
};
