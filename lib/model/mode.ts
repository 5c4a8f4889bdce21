import { z } from 'zod';

/** How far Headgate goes: `observe` only reads and reports, `recommend` also decides, `drive` also acts. */
export const Mode = z.enum(['observe', 'recommend', 'drive']);
export type Mode = z.infer<typeof Mode>;

const ORDER: readonly Mode[] = ['observe', 'recommend', 'drive'];

/** The most careful of several modes: a pool, a tenant and a job each may hold back. */
export const mostCareful = (...modes: readonly Mode[]): Mode =>
  modes.reduce((a, b) => (ORDER.indexOf(a) <= ORDER.indexOf(b) ? a : b), 'drive');

/** What of a job is paused: its scaling in one direction or both, its recovery, or everything. */
export const Pause = z.enum(['none', 'scale-up', 'scale-down', 'scaling', 'recovery', 'all']);
export type Pause = z.infer<typeof Pause>;
