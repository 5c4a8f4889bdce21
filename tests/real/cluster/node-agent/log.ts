/** One line of the agent's log: when, about what, what happened. */
export function log(about: string, ...what: unknown[]): void {
  console.log(new Date().toISOString(), about, ...what.map((part) => (part instanceof Error ? describe(part) : part)));
}

function describe(error: Error): string {
  const cause = error.cause instanceof Error ? ` (${error.cause.message})` : '';
  return error.message + cause;
}
