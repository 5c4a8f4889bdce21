import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import * as fc from 'fast-check';
import {
  changeVisibility,
  countMessages,
  deleteMessage,
  liveMessages,
  moveDeadLetters,
  nextChange,
  NO_QUEUES,
  purge,
  putQueue,
  queueOf,
  receive,
  send,
  type Message,
  type QueueState,
  type Step,
} from '../../local/queue/queue-state.ts';
import { defaultAttributes, parseSettings } from '../../local/queue/settings.ts';
import { SqsError } from '../../local/queue/sqs-error.ts';

const MAX_RECEIVES = 3;
const DEDUP_MILLIS = 300_000;

type Command =
  | { readonly do: 'send'; readonly group: string; readonly dedupId: string; readonly delaySeconds: number }
  | {
      readonly do: 'receive';
      readonly from: 'source' | 'dead';
      readonly most: number;
      readonly visibilitySeconds: number | undefined;
    }
  | { readonly do: 'delete'; readonly which: number }
  | { readonly do: 'hide'; readonly which: number; readonly seconds: number }
  | { readonly do: 'pass'; readonly millis: number }
  | { readonly do: 'move' };

const visibility = fc.oneof(fc.constant(undefined), fc.constant(0), fc.integer({ min: 1, max: 60 }));
const command: fc.Arbitrary<Command> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('send' as const),
      group: fc.constantFrom('a', 'b', 'c'),
      dedupId: fc.constantFrom('1', '2', '3', '4', '5', '6', '7', '8'),
      delaySeconds: fc.constantFrom(0, 0, 5, 40),
    }),
  },
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constant('receive' as const),
      from: fc.constantFrom('source' as const, 'source' as const, 'source' as const, 'dead' as const),
      most: fc.integer({ min: 1, max: 10 }),
      visibilitySeconds: visibility,
    }),
  },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('delete' as const), which: fc.nat({ max: 20 }) }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('hide' as const),
      which: fc.nat({ max: 20 }),
      seconds: fc.constantFrom(0, 0, 3, 50),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('pass' as const),
      millis: fc.constantFrom(1, 999, 10_000, 45_000, 200_000),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('move' as const) }) },
);
const history = fc.array(command, { maxLength: 80, size: 'max' });

type Setup = { readonly fifo: boolean; readonly scope: 'queue' | 'messageGroup' };

/** A queue and its dead letters, driven by commands; it keeps its own books, by body, and compares. */
const drive = ({ fifo, scope }: Setup) => {
  let at = Date.parse('2026-01-01T00:00:00Z');
  let state: QueueState = NO_QUEUES;
  let sends = 0;
  let batches = 0;
  let moves = 0;
  const kept = new Set<string>();
  const handles: { readonly queue: string; readonly handle: string; readonly body: string }[] = [];
  const receives = new Map<string, number>();
  const batchOf = new Map<string, number>();
  const accepted = new Map<string, { readonly at: number; readonly body: string }>();

  const attributes = fifo ? { DeduplicationScope: scope } : {};
  const redrive = {
    RedrivePolicy: JSON.stringify({ deadLetterTargetArn: 'arn:aws:sqs:x:0:dead', maxReceiveCount: MAX_RECEIVES }),
  };
  const settings = parseSettings(fifo, defaultAttributes(fifo), attributes);
  state = putQueue(state, at, { name: 'dead', settings, deadLetters: undefined }).state;
  const source = parseSettings(fifo, settings.attributes, redrive);
  state = putQueue(state, at, { name: 'source', settings: source, deadLetters: 'dead' }).state;

  const live = (queue: string): readonly Message[] => liveMessages(queueOf(state, queue), at);
  const take = <Reply>(step: Step<Reply>): Reply => {
    state = step.state;
    return step.reply;
  };
  /** Whether it was done; a refusal changes nothing. */
  const attempt = (step: () => Step): boolean => {
    try {
      take(step());
      return true;
    } catch (error) {
      if (error instanceof SqsError) return false;
      throw error;
    }
  };

  const run = {
    send: ({ group, dedupId, delaySeconds }: Extract<Command, { do: 'send' }>): void => {
      sends += 1;
      const body = `body ${sends}`;
      const before = live('source').length;
      const reply = take(
        send(state, at, 'source', {
          id: `m-${sends}`,
          body,
          attributes: {},
          traceHeader: undefined,
          group,
          dedupId: fifo ? dedupId : undefined,
          senderId: 'someone',
          delaySeconds: fifo ? undefined : delaySeconds,
        }),
      );
      const key = scope === 'queue' ? dedupId : `${group}/${dedupId}`;
      const first = accepted.get(key);
      if (fifo && first !== undefined && at - first.at < DEDUP_MILLIS) {
        assert.equal(reply.body, first.body, 'a duplicate is answered as the message before it');
        assert.equal(live('source').length, before, 'a duplicate is dropped');
        return;
      }
      assert.equal(reply.body, body);
      assert.equal(live('source').length, before + 1);
      accepted.set(key, { at, body });
      kept.add(body);
    },

    receive: ({ from, most, visibilitySeconds }: Extract<Command, { do: 'receive' }>): void => {
      batches += 1;
      const before = live(from);
      const messages = take(receive(state, at, from, { most, visibilitySeconds }));
      assert.ok(messages.length <= most);
      for (const message of messages) {
        const count = (receives.get(message.body) ?? 0) + 1;
        receives.set(message.body, count);
        batchOf.set(message.body, batches);
        assert.equal(message.receives, count, 'each receive is counted');
        if (from === 'source') assert.ok(count <= MAX_RECEIVES, 'what was received too often is a dead letter');
        handles.push({ queue: from, handle: message.receipt?.handle ?? '', body: message.body });
      }
      for (const [group, got] of fifo ? Map.groupBy(messages, (m) => m.group) : []) {
        const stillThere = new Set([...live(from)].map(({ body }) => body));
        const oldest = before.filter((m) => m.group === group && stillThere.has(m.body)).slice(0, got.length);
        assert.deepEqual(bodiesOf(got), bodiesOf(oldest), 'a group is received from its beginning, in order');
      }
    },

    delete: ({ which }: Extract<Command, { do: 'delete' }>): void => {
      const one = handles.at(-1 - which);
      if (one === undefined) return;
      const wasThere = live(one.queue).some(({ body }) => body === one.body);
      const done = attempt(() => deleteMessage(state, at, one.queue, one.handle));
      const isThere = live(one.queue).some(({ body }) => body === one.body);
      if (wasThere && !isThere) assert.ok(done && kept.delete(one.body));
    },

    hide: ({ which, seconds }: Extract<Command, { do: 'hide' }>): void => {
      const one = handles.at(-1 - which);
      if (one !== undefined) attempt(() => changeVisibility(state, at, one.queue, { handle: one.handle, seconds }));
    },

    pass: ({ millis }: Extract<Command, { do: 'pass' }>): void => {
      at += millis;
    },

    move: (): void => {
      const before = new Set(bodiesOf(live('source')));
      const newId = () => `moved-${(moves += 1)}`;
      take(moveDeadLetters(state, at, 'dead', { target: undefined, newId }));
      for (const body of bodiesOf(live('source'))) if (!before.has(body)) receives.delete(body);
    },
  };

  const check = (): void => {
    const everywhere = [...live('source'), ...live('dead')].map(({ body }) => body);
    assert.deepEqual(everywhere.toSorted(byText), [...kept].toSorted(byText), 'nothing is lost, nothing is doubled');
    for (const name of ['source', 'dead']) {
      const { visible, inFlight, delayed } = countMessages(queueOf(state, name), at);
      assert.equal(visible + inFlight + delayed, live(name).length, 'each message is in one place');
      const flying = live(name).filter(({ receipt, hiddenUntil }) => receipt !== undefined && hiddenUntil > at);
      assert.equal(flying.length, inFlight);
      for (const group of fifo ? Map.groupBy(flying, (m) => m.group).values() : []) {
        const of = new Set(group.map(({ body }) => batchOf.get(body)));
        assert.equal(of.size, 1, 'of a group, one batch at most is in flight');
      }
    }
  };

  /** What a receive without end would take at a time. */
  const receivableAt = (time: number): readonly string[] =>
    ['source', 'dead'].flatMap((name) =>
      bodiesOf(receive(state, time, name, { most: Number.POSITIVE_INFINITY, visibilitySeconds: 30 }).reply),
    );

  return {
    do: (one: Command): void => {
      if (one.do === 'send') run.send(one);
      else if (one.do === 'receive') run.receive(one);
      else if (one.do === 'delete') run.delete(one);
      else if (one.do === 'hide') run.hide(one);
      else if (one.do === 'pass') run.pass(one);
      else run.move();
      check();
    },
    checkNextChange: (): void => {
      const change = nextChange(state, at);
      const now = receivableAt(at);
      if (change === undefined) {
        assert.equal(countMessages(queueOf(state, 'source'), at).visible, live('source').length);
        return;
      }
      assert.ok(change.at > at);
      assert.deepEqual(receivableAt(change.at - 1), now, 'nothing changes before the next change');
    },
    state: () => state,
    now: () => at,
  };
};

const bodiesOf = (messages: readonly Message[]): readonly string[] => messages.map(({ body }) => body);
const byText = (a: string, b: string): number => (a < b ? -1 : 1);

const SETUPS: Readonly<Record<string, Setup>> = {
  'a standard queue': { fifo: false, scope: 'queue' },
  'a FIFO queue': { fifo: true, scope: 'queue' },
  'a FIFO queue with deduplication by group': { fifo: true, scope: 'messageGroup' },
};

for (const [name, setup] of Object.entries(SETUPS)) {
  describe(`${name}, whatever is done with it`, () => {
    it('loses and doubles nothing, keeps order and counts, and drops duplicates only', () => {
      fc.assert(
        fc.property(history, (commands) => {
          const queue = drive(setup);
          for (const one of commands) queue.do(one);
        }),
        { numRuns: 300 },
      );
    });

    it('changes by itself only when it says so', () => {
      fc.assert(
        fc.property(history, (commands) => {
          const queue = drive(setup);
          for (const one of commands) {
            queue.do(one);
            queue.checkNextChange();
          }
        }),
        { numRuns: 100 },
      );
    });

    it('is a function of its commands: the same history has the same end', () => {
      fc.assert(
        fc.property(history, (commands) => {
          const [one, other] = [drive(setup), drive(setup)];
          for (const step of commands) one.do(step);
          for (const step of commands) other.do(step);
          assert.deepEqual(one.state(), other.state());
        }),
        { numRuns: 50 },
      );
    });

    it('forgets its messages when it is purged, and what retention ends', () => {
      fc.assert(
        fc.property(history, (commands) => {
          const queue = drive(setup);
          for (const one of commands) queue.do(one);
          const later = queue.now() + 345_600_000;
          for (const left of ['source', 'dead'])
            assert.deepEqual(liveMessages(queueOf(queue.state(), left), later), []);
          const purged = purge(queue.state(), queue.now(), 'source').state;
          assert.deepEqual(queueOf(purged, 'source').messages, []);
          assert.equal(queueOf(purged, 'dead'), queueOf(queue.state(), 'dead'));
        }),
        { numRuns: 50 },
      );
    });
  });
}
