import type { World } from '../../runtime/world.ts';

export type QueueMessage = {
  readonly body: string;
  /** FIFO only: messages of one group stay in order and are handled one at a time. */
  readonly groupId?: string;
  /** FIFO only: a second message with the same id in the same group within five minutes is dropped by the queue. */
  readonly dedupId?: string;
  /** Standard queues only, at most 900. */
  readonly delaySeconds?: number;
};

export type Queue = {
  /** Sends them all, in order within a group, or throws; what was sent before the failure stays sent (dedup ids make a repeat harmless). */
  send(queueUrl: string, messages: readonly QueueMessage[]): Promise<void>;
};

export type QueueOptions = {
  readonly region: string;
  /** Instead of AWS's own, for a local queue. */
  readonly endpoint?: string;
  /** The invocation's signal: when it aborts, every call ends with `DeadlineExceeded`. */
  readonly signal: AbortSignal;
};

/** A client for one invocation. */
export declare const createQueue: (world: World, options: QueueOptions) => Queue;
