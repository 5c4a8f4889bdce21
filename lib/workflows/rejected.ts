import { parseRequest, requestKey } from '../tenant/parse-request.ts';
import { LEDGER_SECONDS } from './tenant-requests.ts';
import {
  findEntry,
  isSettled,
  ledgerOf,
  openEntry,
  readTenant,
  settleEntry,
  unreadableSpec,
} from './tenant-requests/ledger.ts';
import type { QueuedMessage } from '../runtime/sqs-batch.ts';
import type { Run } from './run.ts';

/** A request is one whose dead letters end in this. */
const REQUESTS_QUEUE = /requests-dead(\.fifo)?$/;

/**
 * Writes down a message that nobody could handle, and only then lets it go. A request gets the outcome `failed` where its
 * sender looks for it; any other message is level-triggered and comes again by itself, so a log line and a count do.
 */
export const recordDeadLetter = async (run: Run, letter: QueuedMessage): Promise<void> => {
  run.log.error('dead letter', { ...letter, body: letter.body.slice(0, 1024) });
  run.count('DeadLetter', { queue: letter.queue });
  if (!REQUESTS_QUEUE.test(letter.queue)) return;

  const sender = `sqs:${letter.senderId}`;
  const now = run.world.now();
  const parsed = parseRequest({ body: letter.body, group: letter.group, sender, now, maxAgeSeconds: LEDGER_SECONDS });
  const key = parsed.key ?? requestKey('sqs', letter.messageId);
  const ledger = ledgerOf(await readTenant(run, letter.group));
  const known = await findEntry(run, key, ledger);
  if (known !== undefined && isSettled(known)) return;
  const spec = parsed.ok ? parsed.spec : unreadableSpec(run, letter);
  const entry = known ?? (await openEntry(run, key, ledger, spec));
  await settleEntry(run, entry, {
    outcome: 'failed',
    reason: 'GivenUp',
    message: 'could not be carried out; send it again under a new id',
  });
};
