import type { APIGatewayProxyEventV2 } from 'aws-lambda';

/** A request as a client sends it. */
export type HttpCall = {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
};

/** The event that API Gateway's HTTP API makes of a request (payload format 2.0). */
export const httpEvent = (call: HttpCall, now: number): APIGatewayProxyEventV2 => ({
  version: '2.0',
  routeKey: `${call.method} ${call.path}`,
  rawPath: call.path,
  rawQueryString: '',
  headers: Object.fromEntries(Object.entries(call.headers).map(([name, value]) => [name.toLowerCase(), value])),
  requestContext: {
    accountId: '000000000000',
    apiId: 'local',
    domainName: 'localhost',
    domainPrefix: 'localhost',
    http: { method: call.method, path: call.path, protocol: 'HTTP/1.1', sourceIp: '127.0.0.1', userAgent: '' },
    requestId: `http-${now}`,
    routeKey: `${call.method} ${call.path}`,
    stage: '$default',
    time: new Date(now).toISOString(),
    timeEpoch: now,
  },
  isBase64Encoded: false,
  ...(call.body === undefined ? {} : { body: call.body }),
});
