import assert from 'node:assert/strict';
import { startHeadgate, type Fate, type Headgate } from './headgate.ts';
import type { QueueName } from './queues.ts';
import { applyTenant, SENDER } from './requests.ts';
import { canonical, forbidden } from './world-view.ts';

/** What leads up to the invocation that is struck, what strikes it, and what follows until the world is at rest. */
export type Scenario = {
  readonly prepare: (headgate: Headgate) => Promise<void>;
  readonly strike: (headgate: Headgate, fate?: Fate) => Promise<{ readonly writes: number }>;
  /** How many minutes it takes until nothing more happens; one when not said. */
  readonly minutes?: number;
  /** The world it begins in; an empty one when not said. */
  readonly start?: () => Promise<Headgate>;
  /** What must hold in the end besides. */
  readonly check?: (headgate: Headgate) => Promise<void>;
  /** Whether the function goes on when one of its writes fails. */
  readonly goesOn?: boolean;
};

/** The tenant `payments` with a granted quota, and these requests of its own carried out. */
export const tenantAnd = async (headgate: Headgate, ...requests: readonly object[]): Promise<void> => {
  headgate.request(applyTenant('apply-1'));
  await headgate.drain();
  await headgate.schedule('rebalance');
  for (const request of requests) {
    headgate.request(request, { senderId: SENDER });
    await headgate.drain();
    await headgate.operator.act();
  }
};

/** The batch that lies in a queue. */
export const batchOf =
  (queue: QueueName): Scenario['strike'] =>
  (headgate, fate) =>
    headgate.deliver(queue, fate);

/** Until nothing more happens: messages that wait, the operator, and the schedules. */
const comeToRest = async (headgate: Headgate, minutes: number): Promise<void> => {
  await headgate.deliver('requests-dead');
  for (let minute = 0; minute < minutes; minute += 1) {
    await headgate.drain();
    await headgate.operator.act();
    // Of times that seconds were lost in, whole minutes remain.
    headgate.clock.advance(60_000 - (headgate.clock.now() % 60_000));
    await headgate.schedule('tick');
    await headgate.schedule('rebalance');
    await headgate.drain();
    await headgate.operator.act();
  }
};

const live = async (scenario: Scenario, ...fates: readonly Fate[]) => {
  const { prepare, strike, minutes = 1, start = startHeadgate, check } = scenario;
  const headgate = await start();
  await prepare(headgate);
  const writes: number[] = [];
  for (const fate of fates.length === 0 ? [undefined] : fates) writes.push((await strike(headgate, fate)).writes);
  await comeToRest(headgate, minutes);
  assert.deepEqual(forbidden(headgate), []);
  await check?.(headgate);
  return { writes: writes[0] ?? 0, world: canonical(await headgate.objects()) };
};

/** A function dies at each of its writes, or loses the answer to it, and its message comes again: in the end the world must be the same. */
export const strikeEverywhere = async (scenario: Scenario): Promise<void> => {
  const undisturbed = await live(scenario);
  assert.ok(undisturbed.writes > 0, 'it writes');
  const survives = async (what: string, ...fates: readonly Fate[]): Promise<void> => {
    const { world } = await live(scenario, ...fates);
    assert.deepEqual(world, undisturbed.world, what);
  };
  const each = Array.from({ length: undisturbed.writes }, (_, index) => index + 1);
  // Before the next write the world is as after the last one.
  await survives('dies before it writes', { write: 1, how: 'dies before' });
  for (const write of each) await survives(`dies after write ${write}`, { write, how: 'dies after' });
  if (scenario.goesOn === true) {
    for (const write of each) await survives(`no answer to write ${write}`, { write, how: 'loses the answer' });
  }
  for (const how of ['dies after', 'loses the answer'] as const) {
    const fate: Fate = { write: 1, how };
    await survives(`whoever writes ${how}, until nothing is left to write`, ...each.map(() => fate));
  }
};
