/** What can be asked of queues as such: make, find, look at, set, empty, take away. */
import { z } from 'zod';
import { checkRange, parseInput } from './check.ts';
import { lastPart, queueAt, queueByArn, type Action, type Answer, type Desk } from './desk.ts';
import { countMessages, deleteQueue, moveDeadLetters, purge, putQueue, queueOf, type Queue } from './queue-state.ts';
import { defaultAttributes, isSettable, parseSettings, type Settings } from './settings.ts';
import { invalidParameter, SqsError } from './sqs-error.ts';

const Attributes = z.record(z.string(), z.string()).default({});
const OfQueue = z.object({ QueueUrl: z.string() });
const CreateQueue = z.object({ QueueName: z.string(), Attributes });
const GetQueueUrl = z.object({ QueueName: z.string() });
const ListQueues = z.object({
  QueueNamePrefix: z.string().default(''),
  MaxResults: z.number().optional(),
  NextToken: z.string().optional(),
});
const GetQueueAttributes = OfQueue.extend({ AttributeNames: z.array(z.string()).default([]) });
const SetQueueAttributes = OfQueue.extend({ Attributes: z.record(z.string(), z.string()) });
const StartMessageMoveTask = z.object({ SourceArn: z.string(), DestinationArn: z.string().optional() });

const MAX_LISTED = 1000;

const createQueue: Action = (desk, json) => {
  const { QueueName: name, Attributes: attributes } = parseInput(CreateQueue, json);
  const fifo = attributes['FifoQueue'] === 'true';
  checkName(name, fifo);
  const existing = desk.state().queues.get(name);
  if (existing === undefined) settle(desk, name, parseSettings(fifo, defaultAttributes(fifo), attributes));
  else checkSame(existing, attributes);
  return { output: { QueueUrl: desk.urlOf(name) } };
};

const checkName = (name: string, fifo: boolean): void => {
  if (fifo && !/^[\w-]{1,75}\.fifo$/.test(name)) {
    const reason =
      'The name of a FIFO queue can only include alphanumeric characters, hyphens, or underscores, must end with .fifo suffix and be 1 to 80 in length.';
    throw invalidParameter('QueueName', name, reason);
  }
  if (!fifo && !/^[\w-]{1,80}$/.test(name)) {
    const reason = 'Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length';
    throw invalidParameter('QueueName', name, reason);
  }
};

const checkSame = ({ settings: { attributes: before } }: Queue, attributes: Readonly<Record<string, string>>): void => {
  const other = Object.keys(attributes).find((name) => (before[name] ?? '') !== attributes[name]);
  if (other === undefined) return;
  const message = `A queue already exists with the same name and a different value for attribute ${other}`;
  throw new SqsError('QueueNameExists', message);
};

const settle = (desk: Desk, name: string, settings: Settings): void => {
  desk.take(putQueue(desk.state(), desk.at, { name, settings, deadLetters: deadLettersOf(desk, settings) }));
};

const deadLettersOf = (desk: Desk, { fifo, redrive, attributes }: Settings): string | undefined => {
  if (redrive === undefined) return undefined;
  const refuse = (reason: string): never => {
    throw invalidParameter('RedrivePolicy', attributes['RedrivePolicy'], reason);
  };
  const target = desk.state().queues.get(lastPart(redrive.deadLetterArn, ':'));
  if (target === undefined) return refuse('Dead letter target does not exist.');
  if (target.settings.fifo !== fifo) return refuse('Dead-letter queue must be same type of queue as the source.');
  return target.name;
};

const getQueueUrl: Action = (desk, json) => {
  const { QueueName } = parseInput(GetQueueUrl, json);
  return { output: { QueueUrl: desk.urlOf(queueOf(desk.state(), QueueName).name) } };
};

const listQueues: Action = (desk, json) => {
  const { QueueNamePrefix, MaxResults = MAX_LISTED, NextToken = '' } = parseInput(ListQueues, json);
  checkRange('MaxResults', MaxResults, 1, MAX_LISTED, 'Must be between 1 and 1000, if provided.');
  const after = Buffer.from(NextToken, 'base64').toString();
  const names = [...desk.state().queues.keys()]
    .filter((name) => name.startsWith(QueueNamePrefix) && name > after)
    .toSorted();
  const page = names.slice(0, MaxResults);
  const more = names.length > page.length && { NextToken: Buffer.from(page.at(-1) ?? '').toString('base64') };
  return { output: { QueueUrls: page.map(desk.urlOf), ...more } };
};

const getQueueAttributes: Action = (desk, json) => {
  const { QueueUrl, AttributeNames } = parseInput(GetQueueAttributes, json);
  const queue = queueAt(desk, QueueUrl);
  const all = attributesOf(desk, queue);
  for (const name of AttributeNames) {
    if (name !== 'All' && !(name in all) && !isSettable(name, queue.settings.fifo))
      throw new SqsError('InvalidAttributeName', `Unknown Attribute ${name}.`);
  }
  const isAsked = (name: string): boolean => AttributeNames.includes('All') || AttributeNames.includes(name);
  const asked = Object.entries(all).filter(([name]) => isAsked(name));
  return { output: asked.length === 0 ? {} : { Attributes: Object.fromEntries(asked) } };
};

const attributesOf = (desk: Desk, queue: Queue): Record<string, string> => {
  const { visible, inFlight, delayed } = countMessages(queue, desk.at);
  return {
    ...queue.settings.attributes,
    QueueArn: desk.arnOf(queue.name),
    ApproximateNumberOfMessages: String(visible),
    ApproximateNumberOfMessagesNotVisible: String(inFlight),
    ApproximateNumberOfMessagesDelayed: String(delayed),
    CreatedTimestamp: String(Math.floor(queue.createdAt / 1000)),
    LastModifiedTimestamp: String(Math.floor(queue.modifiedAt / 1000)),
  };
};

const setQueueAttributes: Action = (desk, json) => {
  const { QueueUrl, Attributes: attributes } = parseInput(SetQueueAttributes, json);
  const { name, settings } = queueAt(desk, QueueUrl);
  settle(desk, name, parseSettings(settings.fifo, settings.attributes, attributes));
  return NOTHING;
};

const purgeQueue: Action = (desk, json) => {
  const { name } = queueAt(desk, parseInput(OfQueue, json).QueueUrl);
  desk.take(purge(desk.state(), desk.at, name));
  return NOTHING;
};

const removeQueue: Action = (desk, json) => {
  desk.take(deleteQueue(desk.state(), queueAt(desk, parseInput(OfQueue, json).QueueUrl).name));
  return NOTHING;
};

/** Done at once: the task is over when it is answered. */
const startMessageMoveTask: Action = (desk, json) => {
  const { SourceArn, DestinationArn } = parseInput(StartMessageMoveTask, json);
  const { name } = queueByArn(desk, SourceArn);
  if (![...desk.state().queues.values()].some(({ deadLetters }) => deadLetters === name))
    throw new SqsError('InvalidParameterValue', 'Source queue must be configured as a Dead Letter Queue.');
  const target = DestinationArn === undefined ? undefined : queueByArn(desk, DestinationArn).name;
  desk.take(moveDeadLetters(desk.state(), desk.at, name, { target, newId: desk.uid }));
  return { output: { TaskHandle: Buffer.from(JSON.stringify({ taskId: desk.uid(), SourceArn })).toString('base64') } };
};

const NOTHING: Answer = { output: {} };

export const QUEUE_ACTIONS: Readonly<Record<string, Action>> = {
  CreateQueue: createQueue,
  DeleteQueue: removeQueue,
  GetQueueAttributes: getQueueAttributes,
  GetQueueUrl: getQueueUrl,
  ListQueues: listQueues,
  PurgeQueue: purgeQueue,
  SetQueueAttributes: setQueueAttributes,
  StartMessageMoveTask: startMessageMoveTask,
};
