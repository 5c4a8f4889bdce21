import { queueOf, type Queue, type QueueState, type Step } from './queue-state.ts';
import { SqsError } from './sqs-error.ts';

/** What an action works with: the state and one request's circumstances. */
export type Desk = {
  readonly at: number;
  readonly uid: () => string;
  readonly senderId: string;
  readonly state: () => QueueState;
  /** Takes a step: its state becomes the state, its effects are passed on. Answers with its reply. */
  readonly take: <Reply>(step: Step<Reply>) => Reply;
  readonly urlOf: (name: string) => string;
  readonly arnOf: (name: string) => string;
};

/** An action's answer; `wait` when it found nothing and the sender wants to wait for more. */
export type Answer = {
  readonly output: Readonly<Record<string, unknown>>;
  readonly wait?: { readonly queue: string; readonly seconds: number };
};

export type Action = (desk: Desk, json: unknown) => Answer;

/** The queue that a URL means: its last part is the name, whatever the host. */
export const queueAt = (desk: Desk, url: string): Queue => queueOf(desk.state(), lastPart(url, '/'));

/** The queue that an ARN means; throws `ResourceNotFoundException`. */
export const queueByArn = (desk: Desk, arn: string): Queue => {
  const queue = desk.state().queues.get(lastPart(arn, ':'));
  if (queue !== undefined) return queue;
  const message = "The resource that you specified for the SourceArn parameter doesn't exist.";
  throw new SqsError('ResourceNotFoundException', message);
};

export const lastPart = (text: string, separator: string): string => text.slice(text.lastIndexOf(separator) + 1);
