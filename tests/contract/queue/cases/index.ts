import type { ContractCase } from '../contract.ts';
import { DEAD_LETTER_CASES } from './dead-letters.ts';
import { FIFO_CASES } from './fifo.ts';
import { QUEUE_CASES } from './queues.ts';
import { RECEIVING_CASES } from './receiving.ts';
import { REFUSAL_CASES } from './refusals.ts';
import { SENDING_CASES } from './sending.ts';

/** Every contract case by topic. */
export const CASES_BY_TOPIC: Readonly<Record<string, readonly ContractCase[]>> = {
  queues: QUEUE_CASES,
  sending: SENDING_CASES,
  'receiving and deleting': RECEIVING_CASES,
  'FIFO queues': FIFO_CASES,
  'dead letters': DEAD_LETTER_CASES,
  refusals: REFUSAL_CASES,
};
