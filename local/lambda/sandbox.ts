import { spawn, type ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import type { World } from '../../lib/runtime/world.ts';

/** A function as it is run here: its bundle, and all of its environment. */
export type PackagedFunction = {
  readonly name: string;
  readonly bundle: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly timeoutSeconds: number;
  /** Each line the function prints. */
  readonly onLine: (line: string) => void;
};

/** One sandbox: one invocation at a time, state kept between them as Lambda keeps it. */
export type Sandbox = {
  readonly invoke: (event: unknown) => Promise<unknown>;
  /** Kills it wherever it is, as a host failure would. */
  readonly kill: () => void;
};

type Reply = { readonly ready?: true; readonly id?: number; readonly result?: unknown; readonly error?: string };

/** Starts a sandbox process. Its invocations fail when the function throws, dies, or takes longer than its time-out. */
export const startSandbox = (world: Pick<World, 'now' | 'sleep'>, fn: PackagedFunction): Sandbox => {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'sandbox-process.ts'), fn.bundle, fn.name], {
    env: { PATH: '/usr/bin:/bin', AWS_LAMBDA_FUNCTION_NAME: fn.name, ...fn.environment },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  forwardLines(child, fn.onLine);
  const waiting = new Map<number, { resolve: (value: unknown) => void; reject: (reason: Error) => void }>();
  const ready = Promise.withResolvers<void>();
  ready.promise.catch(() => undefined);
  let invocations = 0;

  child.on('message', (reply: Reply) => {
    if (reply.ready === true) return ready.resolve();
    const call = waiting.get(reply.id ?? -1);
    waiting.delete(reply.id ?? -1);
    if (reply.error === undefined) call?.resolve(reply.result);
    else call?.reject(new Error(`${fn.name} failed: ${reply.error}`));
  });
  child.on('exit', (code, signal) => {
    const died = new Error(`${fn.name} died (${signal ?? code})`);
    ready.reject(died);
    for (const call of waiting.values()) call.reject(died);
    waiting.clear();
  });

  const invoke = async (event: unknown): Promise<unknown> => {
    await ready.promise;
    const id = ++invocations;
    const answered = Promise.withResolvers<unknown>();
    waiting.set(id, answered);
    child.send({
      id,
      event,
      requestId: `${fn.name}-${child.pid}-${id}`,
      deadline: world.now() + 1000 * fn.timeoutSeconds,
    });
    const finished = new AbortController();
    const timedOut = world.sleep(1000 * fn.timeoutSeconds, finished.signal).then(
      () => {
        child.kill('SIGKILL');
        throw new Error(`${fn.name} timed out after ${fn.timeoutSeconds} s`);
      },
      () => new Promise<never>(() => undefined),
    );
    return await Promise.race([answered.promise, timedOut]).finally(() => finished.abort());
  };
  return { invoke, kill: () => child.kill('SIGKILL') };
};

const forwardLines = (child: ChildProcess, onLine: (line: string) => void): void => {
  for (const stream of [child.stdout, child.stderr]) {
    let rest = '';
    stream?.setEncoding('utf8').on('data', (chunk: string) => {
      const lines = (rest + chunk).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) onLine(line);
    });
  }
};
