import type { Resources } from '../model/resources.ts';

/** Whether a change is not worth a write: in neither resource as much as a quantum, or as the band's part of what was. */
export const isSmallChange = (was: Resources, is: Resources, quantum: Resources, bandPercent: number): boolean =>
  isSmall(was.cpuMillis, is.cpuMillis, quantum.cpuMillis, bandPercent) &&
  isSmall(was.memoryBytes, is.memoryBytes, quantum.memoryBytes, bandPercent);

const isSmall = (was: number, is: number, quantum: number, bandPercent: number): boolean =>
  was === is || Math.abs(is - was) < Math.max(quantum, (was * bandPercent) / 100);
