import type { Resources } from '../model/resources.ts';

/** `amount × part / whole`, rounded down, exact for amounts of bytes whose product exceeds a safe integer. */
const scaleDown = (amount: number, part: number, whole: number): number =>
  whole <= part ? amount : Number((BigInt(amount) * BigInt(part)) / BigInt(whole));

/** `amount × part / whole` in each resource by itself, rounded down; the amount itself where `part` covers `whole`. */
export const proportion = (amount: Resources, part: Resources, whole: Resources): Resources => ({
  cpuMillis: scaleDown(amount.cpuMillis, part.cpuMillis, whole.cpuMillis),
  memoryBytes: scaleDown(amount.memoryBytes, part.memoryBytes, whole.memoryBytes),
});
