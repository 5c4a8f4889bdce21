import type { Action, Answer, Desk } from './desk.ts';
import { MESSAGE_ACTIONS } from './message-actions.ts';
import { QUEUE_ACTIONS } from './queue-actions.ts';
import { nextChange, NO_QUEUES, type Effect, type QueueState } from './queue-state.ts';
import { SqsError } from './sqs-error.ts';

export type QueueServerOptions = {
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** A new unique id at each call, for messages and requests. */
  readonly uid: () => string;
  readonly region?: string;
  readonly account?: string;
  /** Who sends, by the access key that signed the request. Signatures are not checked. */
  readonly senderOf?: (accessKeyId: string) => string;
};

/** SQS behind its JSON protocol. It has no clock of its own: whoever has one calls `settle` when `nextChangeAt` is reached. */
export type QueueServer = {
  readonly fetch: (request: Request) => Promise<Response>;
  /**
   * When something changes by itself: a visibility, a delay or a long poll ends. Not later than now when `settle` is due; undefined when
   * nothing will change without a request.
   */
  readonly nextChangeAt: () => number | undefined;
  /** Answers the long polls, and tells the listeners, that have waited for a change which is due. */
  readonly settle: () => void;
  /** Calls with a queue's name whenever a receive may find more there than before. Answers with how to stop it. */
  readonly onReceivable: (listener: (queue: string) => void) => () => void;
  /** What lies in the queues. */
  readonly state: () => QueueState;
};

/** A receive that found nothing and waits. */
type Poll = {
  readonly queue: string;
  readonly until: number;
  readonly attempt: () => boolean;
  readonly end: () => void;
};

const ACTIONS: Readonly<Record<string, Action>> = { ...QUEUE_ACTIONS, ...MESSAGE_ACTIONS };
const TARGET = 'AmazonSQS.';

/** Makes a queue server without queues. */
export const createQueueServer = (options: QueueServerOptions): QueueServer => {
  const { now, uid, region = 'local', account = '000000000000', senderOf = (key) => key } = options;
  let state = NO_QUEUES;
  let settledAt = now();
  const polls = new Set<Poll>();
  const listeners = new Set<(queue: string) => void>();

  const announce = (queue: string): void => {
    for (const poll of [...polls].filter((one) => one.queue === queue)) {
      // It is not there while it is tried: what it finds may lead back here.
      if (polls.delete(poll) && !poll.attempt()) polls.add(poll);
    }
    for (const listener of listeners) listener(queue);
  };

  /** Runs an action; what it made receivable is announced once it is done. */
  const run = (action: (desk: Desk) => Answer, circumstances: Pick<Desk, 'senderId' | 'urlOf'>): Answer => {
    const effects: Effect[] = [];
    const desk: Desk = {
      ...circumstances,
      at: now(),
      uid,
      state: () => state,
      take: (step) => {
        state = step.state;
        effects.push(...step.effects);
        return step.reply;
      },
      arnOf: (name) => `arn:aws:sqs:${region}:${account}:${name}`,
    };
    const answer = action(desk);
    const receivable = effects.filter(({ kind }) => kind === 'Receivable').map(({ queue }) => queue);
    for (const queue of new Set(receivable)) announce(queue);
    return answer;
  };

  const settle = (): void => {
    const at = now();
    let change = nextChange(state, settledAt);
    while (change !== undefined && change.at <= at) {
      settledAt = change.at;
      for (const queue of change.queues) announce(queue);
      change = nextChange(state, settledAt);
    }
    settledAt = at;
    for (const poll of [...polls].filter(({ until }) => until <= at)) if (polls.delete(poll)) poll.end();
  };

  const answer = async (request: Request): Promise<Record<string, unknown>> => {
    const target = request.headers.get('x-amz-target') ?? '';
    const action = target.startsWith(TARGET) ? ACTIONS[target.slice(TARGET.length)] : undefined;
    if (action === undefined) throw new SqsError('UnknownOperation', `The operation ${target} is not known here.`);
    const json = parse(await request.text());
    const { origin } = new URL(request.url);
    const circumstances = {
      senderId: senderOf(accessKeyOf(request)),
      urlOf: (name: string) => `${origin}/${account}/${name}`,
    };
    const attempt = (): Answer => run((desk) => action(desk, json), circumstances);

    settle();
    const first = attempt();
    if (first.wait === undefined || first.wait.seconds === 0) return first.output;
    const { queue, seconds } = first.wait;
    return new Promise((resolve, reject) => {
      const poll: Poll = {
        queue,
        until: now() + seconds * 1000,
        attempt: () => {
          try {
            const next = attempt();
            if (next.wait === undefined) resolve(next.output);
            return next.wait === undefined;
          } catch (error) {
            reject(error instanceof Error ? error : new Error(String(error)));
            return true;
          }
        },
        end: () => resolve(first.output),
      };
      if (request.signal.aborted) return poll.end();
      polls.add(poll);
      request.signal.addEventListener('abort', () => {
        polls.delete(poll);
        poll.end();
      });
    });
  };

  const changeAt = (): number | undefined => {
    const times = [...polls].map(({ until }) => until);
    const change = nextChange(state, settledAt);
    if (change !== undefined) times.push(change.at);
    return times.length === 0 ? undefined : Math.min(...times);
  };

  return {
    fetch: async (request) => {
      try {
        return respond(200, await answer(request), { 'x-amzn-requestid': uid() });
      } catch (error) {
        if (!(error instanceof SqsError)) throw error;
        const headers = { 'x-amzn-requestid': uid(), 'x-amzn-query-error': `${error.queryCode};Sender` };
        return respond(400, { __type: error.type, message: error.message }, headers);
      }
    },
    nextChangeAt: changeAt,
    settle,
    onReceivable: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    state: () => state,
  };
};

const respond = (status: number, body: unknown, headers: Readonly<Record<string, string>>): Response =>
  new Response(JSON.stringify(body), {
    status,
    headers: { ...headers, 'content-type': 'application/x-amz-json-1.0' },
  });

const parse = (text: string): unknown => {
  try {
    return JSON.parse(text === '' ? '{}' : text);
  } catch {
    throw new SqsError('SerializationException', 'The request is no JSON.');
  }
};

/** The access key in a signature (AWS Signature Version 4); `anonymous` without one. */
const accessKeyOf = (request: Request): string =>
  /Credential=([^/,\s]+)/.exec(request.headers.get('authorization') ?? '')?.[1] ?? 'anonymous';
