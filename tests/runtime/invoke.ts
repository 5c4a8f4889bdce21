import type { Context, SQSEvent } from 'aws-lambda';
import type { World } from '../../lib/runtime/world.ts';

/** What Lambda hands a function beside the event. */
export const lambdaContext = (world: World, timeoutMillis = 60_000): Context => {
  const begun = world.now();
  return {
    functionName: 'work',
    awsRequestId: 'request-1',
    functionVersion: '$LATEST',
    invokedFunctionArn: 'arn:aws:lambda:eu-west-1:123456789012:function:work',
    memoryLimitInMB: '512',
    logGroupName: '/aws/lambda/work',
    logStreamName: 'stream',
    callbackWaitsForEmptyEventLoop: false,
    getRemainingTimeInMillis: () => begun + timeoutMillis - world.now(),
    done: () => {},
    fail: () => {},
    succeed: () => {},
  };
};

export type TestMessage = { readonly body: string; readonly group?: string };

/** What an event-source mapping hands over. */
export const queueEvent = (queue: string, messages: readonly TestMessage[]): SQSEvent => ({
  Records: messages.map(({ body, group }, n) => ({
    messageId: `m${n}`,
    receiptHandle: `r${n}`,
    body,
    attributes: {
      ApproximateReceiveCount: '2',
      SentTimestamp: '0',
      SenderId: 'AROAEXAMPLE:tick',
      ApproximateFirstReceiveTimestamp: '0',
      ...(group !== undefined && { MessageGroupId: group }),
    },
    messageAttributes: {},
    md5OfBody: '',
    eventSource: 'aws:sqs',
    eventSourceARN: `arn:aws:sqs:eu-west-1:123456789012:${queue}`,
    awsRegion: 'eu-west-1',
  })),
});
