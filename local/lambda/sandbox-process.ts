// One Lambda sandbox: a process with an environment of its own that loads one packaged bundle and answers one invocation
// at a time. Started by sandbox.ts; speaks with it over Node's IPC channel.
import { pathToFileURL } from 'node:url';

type Invocation = {
  readonly id: number;
  readonly event: unknown;
  readonly requestId: string;
  readonly deadline: number;
};

const [, , bundle = '', functionName = ''] = process.argv;
const { handler } = (await import(pathToFileURL(bundle).href)) as {
  handler: (event: unknown, context: unknown) => Promise<unknown>;
};

const answer = (message: object): void => {
  process.send?.(message);
};

process.on('message', ({ id, event, requestId, deadline }: Invocation) => {
  const context = {
    awsRequestId: requestId,
    functionName,
    functionVersion: '$LATEST',
    invokedFunctionArn: `arn:aws:lambda:local:000000000000:function:${functionName}`,
    memoryLimitInMB: '1024',
    logGroupName: `/aws/lambda/${functionName}`,
    logStreamName: 'local',
    callbackWaitsForEmptyEventLoop: false,
    getRemainingTimeInMillis: () => deadline - Date.now(),
  };
  handler(event, context).then(
    (result) => answer({ id, result }),
    (error: unknown) => answer({ id, error: error instanceof Error ? (error.stack ?? error.message) : String(error) }),
  );
});

answer({ ready: true });
