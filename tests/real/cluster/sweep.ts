/** `node tests/real/cluster/sweep.ts` removes what runs left behind that were killed outright. Every start does so too. */
import { sweepDeadRuns } from './run.ts';

const removed = sweepDeadRuns();
console.log(removed.length > 0 ? `removed ${removed.join(', ')}` : 'nothing to remove');
