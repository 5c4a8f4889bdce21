/**
 * SQS as a state machine: each command is a function of the state and the time, and answers with the next state, its reply and its effects.
 * Nothing here waits, and nothing is looked up: whatever time changes (visibility, delays, retention, deduplication) is worked out when asked.
 */
import { contentId, type MessageAttributes } from './digest.ts';
import { parseReceipt, writeReceipt } from './receipt.ts';
import type { Settings } from './settings.ts';
import { invalidParameter, SqsError } from './sqs-error.ts';

/** A message as it lies in a queue; times in milliseconds since the epoch. */
export type Message = NewMessage & {
  readonly sequence: number;
  readonly sentAt: number;
  /** What retention is counted from. */
  readonly enqueuedAt: number;
  readonly receives: number;
  readonly firstReceivedAt: number | undefined;
  /** The last receive from this queue; its `handle` is the one that counts. */
  readonly receipt: { readonly handle: string; readonly receivedAt: number } | undefined;
  /** Until then it is delayed (never received) or in flight (received). */
  readonly hiddenUntil: number;
  /** The queue whose dead letter it is. */
  readonly deadLetterOf: string | undefined;
};

export type NewMessage = {
  readonly id: string;
  readonly body: string;
  readonly attributes: MessageAttributes;
  readonly traceHeader: string | undefined;
  readonly group: string | undefined;
  readonly dedupId: string | undefined;
  readonly senderId: string;
};

export type Queue = {
  readonly name: string;
  readonly settings: Settings;
  /** The queue that its dead letters go to. */
  readonly deadLetters: string | undefined;
  /** In the order in which they were sent. */
  readonly messages: readonly Message[];
  /** What was sent within the last five minutes, by scope and deduplication id. */
  readonly seen: ReadonlyMap<string, Message>;
  readonly createdAt: number;
  readonly modifiedAt: number;
  readonly purgedAt: number | undefined;
};

export type QueueState = { readonly queues: ReadonlyMap<string, Queue>; readonly sequence: number };

/** What a command brought about beside its reply. `Receivable`: a receive may find more in this queue than before. */
export type Effect =
  | { readonly kind: 'Receivable'; readonly queue: string }
  | { readonly kind: 'DeadLettered'; readonly queue: string; readonly from: string; readonly messageId: string };

export type Step<Reply = undefined> = {
  readonly state: QueueState;
  readonly reply: Reply;
  readonly effects: readonly Effect[];
};

export const NO_QUEUES: QueueState = { queues: new Map(), sequence: 0 };

/** A second message of the same deduplication id is dropped for so long. */
const DEDUP_MILLIS = 300_000;
/** How long a message can stay in flight, however often its visibility is changed. */
const MAX_VISIBILITY_SECONDS = 43_200;
const PURGE_MILLIS = 60_000;

/** The queue of a name; throws `QueueDoesNotExist`. */
export const queueOf = (state: QueueState, name: string): Queue => {
  const queue = state.queues.get(name);
  if (queue === undefined) throw new SqsError('QueueDoesNotExist', 'The specified queue does not exist.');
  return queue;
};

/** Makes a queue, or gives one that is there other settings. */
export const putQueue = (
  state: QueueState,
  at: number,
  { name, settings, deadLetters }: Pick<Queue, 'name' | 'settings' | 'deadLetters'>,
): Step => {
  const before = state.queues.get(name);
  const fresh = { messages: [], seen: new Map<string, Message>(), createdAt: at, purgedAt: undefined };
  const queue = { ...fresh, ...before, name, settings, deadLetters, modifiedAt: at };
  return { state: withQueue(state, queue), reply: undefined, effects: [{ kind: 'Receivable', queue: name }] };
};

/** Takes a queue away with everything in it. Whoever waits there has a refusal to receive. */
export const deleteQueue = (state: QueueState, name: string): Step => {
  queueOf(state, name);
  const queues = new Map(state.queues);
  queues.delete(name);
  return { state: { ...state, queues }, reply: undefined, effects: [{ kind: 'Receivable', queue: name }] };
};

/** Appends a message, or finds that it is a duplicate and answers with the one that was sent before. */
export const send = (
  state: QueueState,
  at: number,
  name: string,
  message: NewMessage & { readonly delaySeconds: number | undefined },
): Step<Message> => {
  const queue = queueOf(state, name);
  const { settings } = queue;
  const { delaySeconds = settings.delaySeconds, ...content } = message;
  const dedupId = message.dedupId ?? (settings.contentBasedDedup ? contentId(message.body) : undefined);
  const key = settings.fifo ? JSON.stringify([settings.dedupScope === 'queue' ? '' : message.group, dedupId]) : '';
  const seen = seenWithin(queue.seen, at);
  const first = seen.get(key);
  if (first !== undefined) return { state, reply: first, effects: [] };

  const sequence = state.sequence + 1;
  const sent: Message = {
    ...content,
    dedupId,
    sequence,
    sentAt: at,
    enqueuedAt: at,
    receives: 0,
    firstReceivedAt: undefined,
    receipt: undefined,
    hiddenUntil: at + delaySeconds * 1000,
    deadLetterOf: undefined,
  };
  if (settings.fifo) seen.set(key, sent);
  return {
    state: withQueue({ ...state, sequence }, { ...queue, seen, messages: [...queue.messages, sent] }),
    reply: sent,
    effects: [{ kind: 'Receivable', queue: name }],
  };
};

/** A copy without what is too old; the oldest come first. */
const seenWithin = (before: Queue['seen'], at: number): Map<string, Message> => {
  const seen = new Map(before);
  for (const [key, { sentAt }] of before) {
    if (at - sentAt < DEDUP_MILLIS) break;
    seen.delete(key);
  }
  return seen;
};

/**
 * Takes at most `most` messages and hides them. Of a FIFO queue, a group with a message in flight gives nothing; of the others, as many as
 * possible of the group whose message is the oldest, then of the next. What was received too often goes to the dead letters instead.
 */
export const receive = (
  state: QueueState,
  at: number,
  name: string,
  { most, visibilitySeconds }: { readonly most: number; readonly visibilitySeconds: number | undefined },
): Step<readonly Message[]> => {
  const queue = queueOf(state, name);
  const { redrive, visibilitySeconds: usual } = queue.settings;
  const live = liveMessages(queue, at);
  const deadLetters = queue.deadLetters === undefined ? undefined : state.queues.get(queue.deadLetters);
  const isDead = (message: Message): boolean =>
    redrive !== undefined && deadLetters !== undefined && message.receives >= redrive.maxReceiveCount;

  const dead: Message[] = [];
  const taken = new Map<string, Message>();
  for (const message of receivable(queue, live, at)) {
    if (taken.size === most) break;
    if (isDead(message)) dead.push(message);
    else taken.set(message.id, received(message, name, at, visibilitySeconds ?? usual));
  }
  const messages = live.filter((m) => !dead.includes(m)).map((m) => taken.get(m.id) ?? m);
  const next = withQueue(state, { ...queue, messages });
  const reply = [...taken.values()];
  if (deadLetters === undefined || dead.length === 0) return { state: next, reply, effects: [] };
  const to = deadLetters.name;
  return {
    state: append(
      next,
      to,
      dead.map((m) => moved(m, at, { resetRetention: queue.settings.fifo, deadLetterOf: name })),
    ),
    reply,
    effects: [
      ...dead.map(({ id }): Effect => ({ kind: 'DeadLettered', queue: to, from: name, messageId: id })),
      { kind: 'Receivable', queue: to },
    ],
  };
};

/** Deletes what a receipt handle stands for; what is gone already, or was received again from a standard queue, is left as it is. */
export const deleteMessage = (state: QueueState, at: number, name: string, handle: string): Step => {
  const queue = queueOf(state, name);
  const message = messageOf(queue, at, handle);
  const isCurrent = message?.receipt?.handle === handle;
  if (queue.settings.fifo && message !== undefined && (!isCurrent || !isHidden(queue, message, at)))
    throw invalidParameter('ReceiptHandle', handle, 'The receipt handle has expired.');
  if (!isCurrent) return { state, reply: undefined, effects: [] };
  return {
    state: withQueue(state, { ...queue, messages: queue.messages.filter((m) => m !== message) }),
    reply: undefined,
    effects: [{ kind: 'Receivable', queue: name }],
  };
};

/** Hides a message in flight for so long from now; zero gives it back at once. */
export const changeVisibility = (
  state: QueueState,
  at: number,
  name: string,
  { handle, seconds }: { readonly handle: string; readonly seconds: number },
): Step => {
  const queue = queueOf(state, name);
  const message = messageOf(queue, at, handle);
  if (message?.receipt?.handle !== handle) {
    const reason = 'Message does not exist or is not available for visibility timeout change.';
    throw invalidParameter('ReceiptHandle', handle, reason);
  }
  if (!isHidden(queue, message, at)) throw new SqsError('MessageNotInflight', "The specified message isn't in flight.");
  const hiddenUntil = at + seconds * 1000;
  if (hiddenUntil - message.receipt.receivedAt > MAX_VISIBILITY_SECONDS * 1000) {
    const reason = `Total VisibilityTimeout for the message is beyond the limit [${MAX_VISIBILITY_SECONDS} seconds]`;
    throw invalidParameter('VisibilityTimeout', seconds, reason);
  }
  const messages = queue.messages.map((m) => (m === message ? { ...m, hiddenUntil } : m));
  return {
    state: withQueue(state, { ...queue, messages }),
    reply: undefined,
    effects: seconds === 0 ? [{ kind: 'Receivable', queue: name }] : [],
  };
};

/** Takes all messages out of a queue, those in flight too; what was seen for deduplication stays. */
export const purge = (state: QueueState, at: number, name: string): Step => {
  const queue = queueOf(state, name);
  if (queue.purgedAt !== undefined && at - queue.purgedAt < PURGE_MILLIS) {
    const message = `Only one PurgeQueue operation on ${name} is allowed every 60 seconds.`;
    throw new SqsError('PurgeQueueInProgress', message);
  }
  return { state: withQueue(state, { ...queue, messages: [], purgedAt: at }), reply: undefined, effects: [] };
};

/**
 * Moves the dead letters that are not in flight to `target`, or each back to the queue that it came from. They count as sent anew.
 * The reply is how many were moved.
 */
export const moveDeadLetters = (
  state: QueueState,
  at: number,
  name: string,
  { target, newId }: { readonly target: string | undefined; readonly newId: () => string },
): Step<number> => {
  const queue = queueOf(state, name);
  const live = liveMessages(queue, at);
  const goingTo = (message: Message): string | undefined => {
    const to = target ?? message.deadLetterOf;
    return to === undefined || isHidden(queue, message, at) || !state.queues.has(to) ? undefined : to;
  };
  const going = Map.groupBy(live, goingTo);
  const staying = going.get(undefined) ?? [];
  going.delete(undefined);
  let next = withQueue(state, { ...queue, messages: staying });
  for (const [to = '', messages] of going) {
    const fresh = messages.map((m) => ({
      ...moved(m, at, { resetRetention: true, deadLetterOf: undefined }),
      id: newId(),
      sentAt: at,
      receives: 0,
      firstReceivedAt: undefined,
    }));
    next = append(next, to, fresh);
  }
  const effects = [...going.keys()].map((to = ''): Effect => ({ kind: 'Receivable', queue: to }));
  return { state: next, reply: live.length - staying.length, effects };
};

/** How many messages can be received, are in flight, and are delayed. */
export const countMessages = (
  queue: Queue,
  at: number,
): { readonly visible: number; readonly inFlight: number; readonly delayed: number } => {
  const live = liveMessages(queue, at);
  const hidden = live.filter((m) => isHidden(queue, m, at));
  const inFlight = hidden.filter((m) => m.receipt !== undefined).length;
  return { visible: live.length - hidden.length, inFlight, delayed: hidden.length - inFlight };
};

/** What retention has left in a queue, in the order in which it was sent. */
export const liveMessages = (queue: Queue, at: number): readonly Message[] =>
  queue.messages.filter((m) => expiresAt(queue, m) > at);

/** When, later than `after`, a message becomes receivable by itself, and in which queues: a delay or its visibility ends. */
export const nextChange = (
  state: QueueState,
  after: number,
): { readonly at: number; readonly queues: readonly string[] } | undefined => {
  const changes = [...state.queues.values()].flatMap((queue) => {
    const times = queue.messages.map((m) => endOfHiding(queue, m)).filter((at) => at > after);
    return times.length === 0 ? [] : [{ queue: queue.name, at: times.reduce((a, b) => Math.min(a, b)) }];
  });
  if (changes.length === 0) return undefined;
  const at = changes.reduce((earliest, change) => Math.min(earliest, change.at), Number.POSITIVE_INFINITY);
  return { at, queues: changes.filter((change) => change.at === at).map((change) => change.queue) };
};

/** In the order of delivery, whatever can be received now. */
const receivable = (queue: Queue, live: readonly Message[], at: number): readonly Message[] => {
  const isReady = (message: Message): boolean => !isHidden(queue, message, at);
  if (!queue.settings.fifo) return live.filter(isReady);
  const isInFlight = (message: Message): boolean => message.receipt !== undefined && !isReady(message);
  return [...Map.groupBy(live, (m) => m.group).values()]
    .filter((group) => !group.some(isInFlight))
    .flatMap((group) => {
      const firstHidden = group.findIndex((m) => !isReady(m));
      return firstHidden < 0 ? group : group.slice(0, firstHidden);
    });
};

const received = (message: Message, queue: string, at: number, seconds: number): Message => {
  const receive = message.receives + 1;
  return {
    ...message,
    receives: receive,
    firstReceivedAt: message.firstReceivedAt ?? at,
    receipt: { handle: writeReceipt({ queue, messageId: message.id, receive }), receivedAt: at },
    hiddenUntil: at + seconds * 1000,
  };
};

/** In another queue. Retention goes on counting for a dead letter of a standard queue, and starts anew for one of a FIFO queue. */
const moved = (
  message: Message,
  at: number,
  { resetRetention, deadLetterOf }: { readonly resetRetention: boolean; readonly deadLetterOf: string | undefined },
): Message => ({
  ...message,
  receipt: undefined,
  hiddenUntil: at,
  enqueuedAt: resetRetention ? at : message.enqueuedAt,
  deadLetterOf,
});

/** Moved messages are never dropped as duplicates: that would lose them. */
const append = (state: QueueState, name: string, messages: readonly Message[]): QueueState => {
  const queue = queueOf(state, name);
  const numbered = messages.map((m, i) => ({ ...m, sequence: state.sequence + 1 + i }));
  const sequence = state.sequence + messages.length;
  return withQueue({ ...state, sequence }, { ...queue, messages: [...queue.messages, ...numbered] });
};

const messageOf = (queue: Queue, at: number, handle: string): Message | undefined => {
  const { messageId } = parseReceipt(queue.name, handle);
  return liveMessages(queue, at).find((m) => m.id === messageId);
};

const isHidden = (queue: Queue, message: Message, at: number): boolean => endOfHiding(queue, message) > at;

/** Another delay of a FIFO queue holds for what lies in it already; of a standard queue for what is sent from then on. */
const endOfHiding = (queue: Queue, message: Message): number => {
  const isDelayed = message.receipt === undefined && message.deadLetterOf === undefined;
  const { fifo, delaySeconds } = queue.settings;
  const end = fifo && isDelayed ? message.sentAt + delaySeconds * 1000 : message.hiddenUntil;
  return Math.min(end, expiresAt(queue, message));
};

const expiresAt = (queue: Queue, message: Message): number =>
  message.enqueuedAt + queue.settings.retentionSeconds * 1000;

const withQueue = (state: QueueState, queue: Queue): QueueState => ({
  ...state,
  queues: new Map(state.queues).set(queue.name, queue),
});
