import { add, least, most, subtract, sum, ZERO, type Resources } from '../model/resources.ts';
import { proportion } from './proportion.ts';

/** One namespace of a tenant. */
export type NamespaceClaim = {
  readonly name: string;
  readonly used: Resources;
  readonly demand: Resources;
  /** What it had of the previous split. */
  readonly previous: Resources;
};

/**
 * Splits a tenant's target over its namespaces: first what runs and is still asked for, then what else is asked for, then what each had
 * before (so that a split that serves stays as it is); what is left goes to the first. What does not suffice for a step is
 * split in proportion. The parts sum to the target exactly.
 */
export const splitOverNamespaces = (
  target: Resources,
  namespaces: readonly NamespaceClaim[],
): ReadonlyMap<string, Resources> => {
  const parts = new Map(namespaces.map(({ name }) => [name, ZERO]));
  let left = target;
  const raiseTo = (level: (claim: NamespaceClaim) => Resources): void => {
    const missing = new Map(namespaces.map((claim) => [claim.name, subtract(level(claim), parts.get(claim.name)!)]));
    const total = sum(missing.values());
    const given = least(total, left);
    for (const [name, lack] of missing) parts.set(name, add(parts.get(name)!, proportion(lack, given, total)));
    left = subtract(target, sum(parts.values()));
  };
  raiseTo(({ used, demand }) => least(used, demand));
  raiseTo(({ demand }) => demand);
  raiseTo(({ demand, previous }) => most(demand, previous));
  const [first] = namespaces;
  if (first !== undefined) parts.set(first.name, add(parts.get(first.name)!, left));
  return parts;
};
