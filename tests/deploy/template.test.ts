import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { functionNames, packageTemplate } from './packaged-template.ts';

const template = packageTemplate();

const isDeadLetters = (queue: { readonly id: string }) => queue.id.endsWith('DeadLetters');
const deadLetters = template.queues.filter(isDeadLetters);
const workingQueues = template.queues.filter((queue) => !isDeadLetters(queue));
const queueOf = (id: string) => template.queues.find((queue) => queue.id === id)!;
const roleOf = (fn: { readonly Role: string }) => template.roles.find((role) => role.id === fn.Role)!;
const statementsOf = (fn: { readonly Role: string }) =>
  roleOf(fn).Policies.flatMap((policy) => policy.PolicyDocument.Statement);
/** What a function may do to which resources, for the actions that `wanted` picks. */
const resourcesFor = (fn: { readonly Role: string }, wanted: RegExp) =>
  statementsOf(fn)
    .filter(({ Action }) => Action.some((action) => wanted.test(action)))
    .flatMap(({ Resource }) => Resource)
    .sort();

const FOURTEEN_DAYS = 14 * 86_400;

describe('queues', () => {
  for (const queue of workingQueues) {
    test(`${queue.id} hands what fails again and again to dead letters of its own kind`, () => {
      const target = queueOf(queue.RedrivePolicy?.deadLetterTargetArn ?? '');
      assert.equal(target.id, queue.id.replace('Queue', 'DeadLetters'));
      assert.equal(target.FifoQueue, queue.FifoQueue);
      assert.ok(queue.RedrivePolicy!.maxReceiveCount >= 3);
    });
  }

  for (const queue of deadLetters) {
    test(`${queue.id} keeps a message as long as SQS can, and never hands it on`, () => {
      assert.equal(queue.MessageRetentionPeriod, FOURTEEN_DAYS);
      assert.equal(queue.RedrivePolicy, undefined);
    });
  }

  test('none is unencrypted', () => {
    assert.deepEqual(
      template.queues.filter((queue) => !queue.SqsManagedSseEnabled),
      [],
    );
  });

  for (const { EventSourceArn, FunctionName, FunctionResponseTypes } of template.eventSources) {
    test(`${EventSourceArn} hides a message six times as long as ${FunctionName} may run, and hears what failed of a batch`, () => {
      const fn = template.functions.find((f) => f.id === FunctionName)!;
      assert.ok(queueOf(EventSourceArn).VisibilityTimeout >= 6 * fn.Timeout);
      assert.deepEqual(FunctionResponseTypes, ['ReportBatchItemFailures']);
    });
  }

  test('every one wakes exactly one function, and the dead letters wake rejected', () => {
    assert.deepEqual(
      template.eventSources.map((source) => source.EventSourceArn).sort(),
      template.queues.map((queue) => queue.id).sort(),
    );
    const rejected = template.functions.find((fn) => fn.Handler === 'rejected.handler')!;
    assert.deepEqual(
      template.eventSources.filter((s) => s.FunctionName === rejected.id).map((s) => s.EventSourceArn),
      deadLetters.map((queue) => queue.id),
    );
  });
});

describe('functions', () => {
  test('each file in functions/ is one, and nothing else is', () => {
    assert.deepEqual(
      template.functions.map((fn) => fn.Handler).sort(),
      functionNames()
        .map((n) => `${n}.handler`)
        .sort(),
    );
  });

  test('each runs on Node 24', () => {
    assert.deepEqual([...new Set(template.functions.map((fn) => fn.Runtime))], ['nodejs24.x']);
  });

  test('each has a role of its own, which only Lambda may take on, and there is no other', () => {
    assert.deepEqual(template.functions.map((fn) => fn.Role).sort(), template.roles.map((role) => role.id).sort());
    assert.equal(new Set(template.functions.map((fn) => fn.Role)).size, template.functions.length);
    for (const role of template.roles) {
      const [trust, ...more] = role.AssumeRolePolicyDocument.Statement;
      assert.deepEqual(trust, { Principal: { Service: 'lambda.amazonaws.com' }, Action: 'sts:AssumeRole' });
      assert.deepEqual(more, []);
    }
    assert.deepEqual(
      template.types.filter((type) => type.startsWith('AWS::IAM::') && type !== 'AWS::IAM::Role'),
      [],
    );
  });

  for (const fn of template.functions) {
    const name = fn.Handler.replace('.handler', '');

    test(`${name} may send only to the queues whose URL it is told`, () => {
      const told = Object.values(fn.Environment.Variables).flatMap((value) =>
        typeof value === 'object' && 'Ref' in value ? [String(value['Ref'])] : [],
      );
      assert.deepEqual(resourcesFor(fn, /^sqs:SendMessage/), told.sort());
    });

    test(`${name} may receive only from the queues that wake it`, () => {
      const sources = template.eventSources.filter((s) => s.FunctionName === fn.id).map((s) => s.EventSourceArn);
      assert.deepEqual(resourcesFor(fn, /^sqs:(?!SendMessage)/), sources.sort());
    });

    test(`${name} has no right by wildcard: only its own log streams and the objects of the state bucket have no names`, () => {
      const { Action, Resource } = {
        Action: statementsOf(fn).flatMap((s) => s.Action),
        Resource: statementsOf(fn).flatMap((s) => s.Resource),
      };
      assert.deepEqual(
        Action.filter((action) => action.includes('*')),
        [],
      );
      assert.deepEqual(
        Resource.filter((r) => r.includes('*')).filter(
          (r) => !r.endsWith(`:log-group:/aws/lambda/${fn.FunctionName}:*`) && !/:s3:::[a-z0-9.-]+\/\*$/.test(r),
        ),
        [],
      );
    });
  }

  test('only work may read checkpoints, and nobody may write them', () => {
    const s3 = template.functions.flatMap((fn) =>
      statementsOf(fn)
        .flatMap((s) => s.Action)
        .filter((action) => action.startsWith('s3:'))
        .map((action) => `${fn.Handler} ${action}`),
    );
    assert.deepEqual(s3, ['work.handler s3:GetObject', 'work.handler s3:ListBucket']);
  });
});

describe('alarms', () => {
  const watched = new Set(
    template.alarms.map(({ Namespace, MetricName, Dimensions: [dimension] }) =>
      [Namespace, MetricName, dimension.Name, dimension.Value].join(' '),
    ),
  );

  for (const queue of deadLetters) {
    test(`one goes off when a message grows old in ${queue.id}`, () => {
      assert.ok(watched.has(`AWS/SQS ApproximateAgeOfOldestMessage QueueName ${queue.id}`));
    });
  }
  for (const fn of template.functions) {
    test(`one goes off when ${fn.FunctionName} fails`, () => {
      assert.ok(watched.has(`AWS/Lambda Errors FunctionName ${fn.FunctionName}`));
    });
  }
});

test('the template holds no secret', () => {
  const variables = template.functions.flatMap((fn) => Object.keys(fn.Environment.Variables));
  assert.deepEqual(
    variables.filter((name) => /SECRET|PASSWORD|CREDENTIAL|PRIVATE|(TOKEN|KEY)$/.test(name)),
    [],
  );
  assert.doesNotMatch(template.text, /-----BEGIN|AKIA[0-9A-Z]{16}|[Bb]earer /);
});
