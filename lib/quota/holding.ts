import { add, fits, least, subtract, times, type Resources } from '../model/resources.ts';
import type { TenantClaim } from './tenant-claim.ts';

type Asked = Pick<TenantClaim, 'fixed' | 'quantum' | 'demand'>;

/** What a tenant holds with so many quanta: its JobManagers and those TaskManagers, never more than it asks for. */
export const holdingOf = ({ fixed, quantum, demand }: Asked, quanta: number): Resources =>
  least(demand, add(fixed, times(quantum, quanta)));

/** How many quanta cover the demand. */
export const wantedQuanta = ({ fixed, quantum, demand }: Asked): number => {
  const rest = subtract(demand, fixed);
  return Math.max(
    quantum.cpuMillis === 0 ? 0 : Math.ceil(rest.cpuMillis / quantum.cpuMillis),
    quantum.memoryBytes === 0 ? 0 : Math.ceil(rest.memoryBytes / quantum.memoryBytes),
  );
};

/** The most quanta whose holding fits the room; undefined when not even the JobManagers fit. */
export const quantaWithin = (asked: Asked, room: Resources): number | undefined => {
  if (!fits(holdingOf(asked, 0), room)) return undefined;
  let fitting = 0;
  let tooMany = wantedQuanta(asked) + 1;
  // A holding grows with its quanta, so the border can be searched by halves.
  while (tooMany - fitting > 1) {
    const middle = Math.floor((fitting + tooMany) / 2);
    if (fits(holdingOf(asked, middle), room)) fitting = middle;
    else tooMany = middle;
  }
  return fitting;
};
