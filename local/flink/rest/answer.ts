/** What a handler says; `json` makes a Response of it. */
export type Answer = { readonly status: number; readonly body: unknown };

export const ok = (body: unknown): Answer => ({ status: 200, body });

export const json = ({ status, body }: Answer): Response =>
  new Response(JSON.stringify(body), { status, headers: { 'content-type': 'application/json; charset=UTF-8' } });

/** One frame stands for the dozens that Flink sends along. */
const frame = (where: string): string => `\n\tat org.apache.flink.runtime.${where}(Unknown Source)`;

/** The caller's mistake, in Flink's words. */
export const refused = (status: number, text: string): Answer => ({
  status,
  body: {
    errors: [
      `org.apache.flink.runtime.rest.handler.RestHandlerException: ${text}${frame('rest.handler.AbstractHandler.respondAsLeader')}`,
    ],
  },
});

export const notFound = (text: string): Answer => ({
  status: 404,
  body: {
    errors: [
      `org.apache.flink.runtime.rest.NotFoundException: ${text}${frame('rest.handler.job.AbstractExecutionGraphHandler.handleRequest')}`,
    ],
  },
});

/** A job that the dispatcher does not run (any more) is an internal error to the handlers that speak to it. */
export const jobNotRunning = (jobId: string): Answer => ({
  status: 500,
  body: {
    errors: [
      'Internal server error.',
      `<Exception on server side:\norg.apache.flink.runtime.messages.FlinkJobNotFoundException: Could not find Flink job (${jobId})` +
        `${frame('dispatcher.Dispatcher.getJobMasterGateway')}\n\nEnd of exception on server side>`,
    ],
  },
});

export const noSuchPath = (path: string): Answer => ({ status: 404, body: { errors: [`Not found: ${path}`] } });

/** An exception as Java prints it. */
export const stackTraceOf = (exceptionName: string, message: string): string =>
  `${exceptionName}: ${message}\n\tat org.apache.flink.streaming.runtime.tasks.StreamTask.invoke(StreamTask.java)\n`;
