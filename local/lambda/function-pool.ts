import type { World } from '../../lib/runtime/world.ts';
import { startSandbox, type PackagedFunction, type Sandbox } from './sandbox.ts';

/** A local Lambda: as many sandboxes as there are invocations at once, reused when they are free. */
export type FunctionPool = { readonly invoke: (event: unknown) => Promise<unknown>; readonly stop: () => void };

/** A pool for one function. A sandbox whose invocation failed without an answer is not used again. */
export const createFunctionPool = (world: Pick<World, 'now' | 'sleep'>, fn: PackagedFunction): FunctionPool => {
  const free: Sandbox[] = [];
  const all = new Set<Sandbox>();
  const take = (): Sandbox => {
    const sandbox = free.pop() ?? startSandbox(world, fn);
    all.add(sandbox);
    return sandbox;
  };
  const invoke = async (event: unknown): Promise<unknown> => {
    const sandbox = take();
    try {
      const result = await sandbox.invoke(event);
      free.push(sandbox);
      return result;
    } catch (error) {
      if (error instanceof Error && / (died|timed out) /.test(error.message)) all.delete(sandbox);
      else free.push(sandbox);
      throw error;
    }
  };
  return { invoke, stop: () => all.forEach((sandbox) => sandbox.kill()) };
};
