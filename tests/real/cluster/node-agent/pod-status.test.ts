import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Pod } from './objects.ts';
import { type ContainerState, type PodState, type PodStatus, describePod, newContainerStatus } from './pod-status.ts';

const noon = '2026-01-01T12:00:00Z';
const later = '2026-01-01T12:00:09Z';
const waiting: ContainerState = { waiting: { reason: 'ContainerCreating' } };
const running: ContainerState = { running: { startedAt: noon } };
const ended = (exitCode: number): ContainerState => ({
  terminated: {
    exitCode,
    reason: exitCode === 0 ? 'Completed' : 'Error',
    startedAt: noon,
    finishedAt: later,
    containerID: 'c',
  },
});

type Policy = NonNullable<Pod['spec']['restartPolicy']>;
type Case = { policy?: Policy; states: ContainerState[]; init?: ContainerState[]; isStopping?: boolean };

const phases: Record<string, [PodStatus['phase'], Case]> = {
  'is Pending before its containers start': ['Pending', { states: [waiting] }],
  'is Pending while an init container runs': ['Pending', { states: [waiting], init: [running] }],
  'is Running once one of its containers runs': ['Running', { states: [running, waiting] }],
  'is Running when an ended container will start again': ['Running', { states: [ended(1)] }],
  'has Succeeded when all ended well and none starts again': [
    'Succeeded',
    { policy: 'OnFailure', states: [ended(0), ended(0)] },
  ],
  'is Running while one that failed will start again': [
    'Running',
    { policy: 'OnFailure', states: [ended(0), ended(1)] },
  ],
  'has Failed when one failed and none starts again': ['Failed', { policy: 'Never', states: [ended(0), ended(137)] }],
  'has Failed with its init container when nothing restarts': [
    'Failed',
    { policy: 'Never', states: [waiting], init: [ended(1)] },
  ],
  'is Pending while its failed init container will start again': ['Pending', { states: [waiting], init: [ended(1)] }],
  'has Failed when it was deleted and its containers did not end well': [
    'Failed',
    { states: [ended(143)], isStopping: true },
  ],
  'is Running while it is deleted and still ends': ['Running', { states: [running], isStopping: true }],
};

describe('the phase of a pod', () => {
  for (const [name, [phase, given]] of Object.entries(phases)) {
    it(name, () => assert.equal(describePod(state(given), undefined, noon).phase, phase));
  }
});

describe('the conditions of a pod', () => {
  it('keep the time of their last change', () => {
    const before = describePod(state({ states: [running] }), undefined, noon);
    const ready = state({ states: [running] }, true);
    const after = describePod(ready, before, later);
    const times = Object.fromEntries(
      after.conditions.map(({ type, lastTransitionTime }) => [type, lastTransitionTime]),
    );
    assert.deepEqual(times, { PodScheduled: noon, Initialized: noon, ContainersReady: later, Ready: later });
  });
});

function state({ policy = 'Always', states, init = [], isStopping = false }: Case, ready = false): PodState {
  const statuses = (prefix: string, list: ContainerState[]) =>
    list.map((containerState, index) => ({
      ...newContainerStatus({ name: `${prefix}${index}`, image: 'image' }),
      state: containerState,
      ready,
    }));
  const pod: Pod = {
    metadata: { name: 'pod', namespace: 'default', uid: 'uid' },
    spec: { restartPolicy: policy, containers: states.map((_, index) => ({ name: `c${index}`, image: 'image' })) },
  };
  const isInitialized = init.every((one) => 'terminated' in one && one.terminated.exitCode === 0);
  return {
    pod,
    startTime: noon,
    hostAddress: '10.244.0.11',
    containers: statuses('c', states),
    initContainers: statuses('i', init),
    isInitialized,
    isStopping,
  };
}
