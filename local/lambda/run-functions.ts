import { join } from 'node:path';
import type { SQSClient } from '@aws-sdk/client-sqs';
import type { APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import type { World } from '../../lib/runtime/world.ts';
import { httpEvent, type HttpCall } from '../events/http-source.ts';
import { pollQueue } from '../events/queue-source.ts';
import { runSchedule } from '../events/schedule-source.ts';
import type { FunctionWiring, Wiring } from '../wiring.ts';
import { createFunctionPool, type FunctionPool } from './function-pool.ts';

/** Where and how the packaged functions run. */
export type RunFunctions = {
  readonly world: Pick<World, 'now' | 'sleep'>;
  readonly wiring: Wiring;
  /** Folder of the bundles (`<name>.mjs`). */
  readonly bundles: string;
  readonly sqs: SQSClient;
  /** URL of a queue by its logical id. */
  readonly queueUrl: (logicalId: string) => string;
  /** What a function's environment holds beside serverless.yml's. */
  readonly environment: (name: string) => Readonly<Record<string, string>>;
  /** Instead of the schedules' own periods, for a quicker day. */
  readonly periodSeconds?: number;
  readonly onLine: (functionName: string, line: string) => void;
  readonly signal: AbortSignal;
};

/** The running functions. */
export type RunningFunctions = {
  /** Sends a request to whichever function has the route. */
  readonly http: (call: HttpCall) => Promise<APIGatewayProxyStructuredResultV2>;
  /** Ends when the signal has aborted and nothing runs any more. */
  readonly stopped: Promise<void>;
};

/** Runs every function that serverless.yml wires, woken by its queues and schedules until the signal aborts. */
export const runFunctions = (settings: RunFunctions): RunningFunctions => {
  const { wiring, signal } = settings;
  const pools = new Map(wiring.functions.map((fn) => [fn.name, poolFor(settings, fn)]));
  const poolOf = (fn: FunctionWiring): FunctionPool => pools.get(fn.name)!;
  const loops = wiring.functions.flatMap((fn) => [
    ...fn.queues.map(({ queue, batchSize }) =>
      pollQueue({
        sqs: settings.sqs,
        queueUrl: settings.queueUrl(queue),
        queueName: wiring.queues.find((q) => q.logicalId === queue)?.name ?? queue,
        batchSize,
        invoke: poolOf(fn).invoke,
        onError: (error) => settings.onLine(fn.name, `invocation failed: ${String(error)}`),
        signal,
      }),
    ),
    ...fn.schedules.map(({ periodSeconds }) =>
      runSchedule(settings.world, {
        periodSeconds: settings.periodSeconds ?? periodSeconds,
        invoke: poolOf(fn).invoke,
        onError: (error) => settings.onLine(fn.name, `invocation failed: ${String(error)}`),
        signal,
      }),
    ),
  ]);
  const stopped = Promise.all(loops).then(() => pools.forEach((pool) => pool.stop()));
  const http = async (call: HttpCall): Promise<APIGatewayProxyStructuredResultV2> => {
    const fn = wiring.functions.find((f) => f.routes.some((r) => r.method === call.method && r.path === call.path));
    if (fn === undefined) return { statusCode: 404 };
    return (await poolOf(fn).invoke(httpEvent(call, settings.world.now()))) as APIGatewayProxyStructuredResultV2;
  };
  return { http, stopped };
};

const poolFor = (settings: RunFunctions, fn: FunctionWiring): FunctionPool =>
  createFunctionPool(settings.world, {
    name: fn.name,
    bundle: join(settings.bundles, `${fn.name}.mjs`),
    environment: {
      ...Object.fromEntries(
        Object.entries(fn.environment).map(([name, value]) => [
          name,
          typeof value === 'string' ? value : settings.queueUrl(value.queue),
        ]),
      ),
      ...settings.environment(fn.name),
    },
    timeoutSeconds: fn.timeoutSeconds,
    onLine: (line) => settings.onLine(fn.name, line),
  });
