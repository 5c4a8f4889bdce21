import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { RequestType } from '../../events/tenant-request.ts';
import { authorize } from '../../lib/tenant/authorize.ts';
import { tenant } from './samples.ts';

const admins = ['sqs:AROAADMIN', 'kubernetes:root'];
const headgate = ['sqs:AROATICK'];
const SCALE = 'dev.headgate.job.scale.v1';
const APPLY = 'dev.headgate.tenant.apply.v1';
const RELEASE = 'dev.headgate.job.release.v1';
const RECONCILE = 'dev.headgate.tenant.reconcile.v1';

type Case = readonly [
  sentence: string,
  sender: string,
  type: RequestType,
  expected: 'allowed' | 'NotAllowed',
  createdIn?: string,
];

const CASES: readonly Case[] = [
  ['a requester may ask for its tenant', 'sqs:AROAPAYMENTS', SCALE, 'allowed'],
  ['a session of the requester may, whatever it calls itself', 'sqs:AROAPAYMENTS:deploy-17', SCALE, 'allowed'],
  [
    'another role may not, though it calls its session like the requester',
    'sqs:AROAOTHER:AROAPAYMENTS',
    SCALE,
    'NotAllowed',
  ],
  ['an id that only begins like the requester may not', 'sqs:AROAPAYMENTSX', SCALE, 'NotAllowed'],
  ['a Kubernetes user of the same text may not', 'kubernetes:AROAPAYMENTS', SCALE, 'NotAllowed'],
  ['nobody is nobody', '', SCALE, 'NotAllowed'],
  ['a requester may not apply its tenant', 'sqs:AROAPAYMENTS', APPLY, 'NotAllowed'],
  ['a requester may not end a quarantine', 'sqs:AROAPAYMENTS', RELEASE, 'NotAllowed'],
  ['an admin may apply a tenant', 'sqs:AROAADMIN:anna', APPLY, 'allowed'],
  ['an admin may end a quarantine', 'kubernetes:root', RELEASE, 'allowed'],
  ['an admin may do what a tenant may', 'sqs:AROAADMIN:anna', SCALE, 'allowed'],
  ['Headgate may repair drift', 'sqs:AROATICK:tick', RECONCILE, 'allowed'],
  ['an admin may not pose as Headgate', 'sqs:AROAADMIN:anna', RECONCILE, 'NotAllowed'],
  ['Headgate may not apply a tenant', 'sqs:AROATICK:tick', APPLY, 'NotAllowed'],
  ['an owner with the role admin may ask', 'kubernetes:alice', SCALE, 'allowed'],
  ['an owner with the role view may not', 'kubernetes:eve', SCALE, 'NotAllowed'],
  ['a service account that owns may ask', 'kubernetes:system:serviceaccount:ci:deployer', SCALE, 'allowed'],
  ['the same name in another namespace may not', 'kubernetes:system:serviceaccount:dev:deployer', SCALE, 'NotAllowed'],
  ['a user named like the owning group may not', 'kubernetes:payments-team', SCALE, 'NotAllowed'],
  [
    'whoever could create the request in the tenant’s namespace may ask',
    'kubernetes:bob',
    SCALE,
    'allowed',
    'payments',
  ],
  ['one created elsewhere proves nothing', 'kubernetes:bob', SCALE, 'NotAllowed', 'other'],
  ['being able to create one makes nobody an admin', 'kubernetes:bob', RELEASE, 'NotAllowed', 'payments'],
  ['a queue sender gains nothing from a namespace', 'sqs:AROAOTHER', SCALE, 'NotAllowed', 'payments'],
];

describe('who may ask', () => {
  for (const [sentence, sender, type, expected, createdIn] of CASES) {
    it(sentence, () => {
      const answer = authorize({
        sender,
        type,
        tenant: tenant(),
        admins,
        headgate,
        ...(createdIn !== undefined && { createdIn }),
      });
      assert.equal(answer.allowed ? 'allowed' : answer.reason, expected);
    });
  }

  it('a requester that is pinned to a session must be exactly that one', () => {
    const pinned = tenant({ requesters: [{ sqsSender: 'AROAPAYMENTS:ci' }] });
    const ask = (sender: string) => authorize({ sender, type: SCALE, tenant: pinned, admins, headgate }).allowed;
    assert.equal(ask('sqs:AROAPAYMENTS:ci'), true);
    assert.equal(ask('sqs:AROAPAYMENTS:laptop'), false);
    assert.equal(ask('sqs:AROAPAYMENTS'), false);
  });

  it('an admin may apply a tenant that does not exist yet', () => {
    const answer = authorize({ sender: 'sqs:AROAADMIN', type: APPLY, tenant: undefined, admins, headgate });
    assert.deepEqual(answer, { allowed: true });
  });

  it('an admin is told that there is no such tenant', () => {
    const answer = authorize({ sender: 'sqs:AROAADMIN', type: SCALE, tenant: undefined, admins, headgate });
    assert.deepEqual(answer, { allowed: false, reason: 'UnknownTenant', message: 'there is no such tenant' });
  });

  it('a stranger is told the same whether there is such a tenant or not', () => {
    const ask = (there: boolean) =>
      authorize({ sender: 'sqs:AROASTRANGER', type: SCALE, tenant: there ? tenant() : undefined, admins, headgate });
    assert.deepEqual(ask(true), ask(false));
  });
});
