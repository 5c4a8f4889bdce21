import type { Exit } from './container.ts';
import type { Container, Pod } from './objects.ts';

/** Kubernetes' ContainerState: exactly one of the three. */
export type ContainerState =
  | { waiting: { reason: string; message?: string } }
  | { running: { startedAt: string } }
  | { terminated: Exit & { startedAt: string; finishedAt: string; containerID: string } };

/** Kubernetes' ContainerStatus. */
export type ContainerStatus = {
  name: string;
  image: string;
  imageID: string;
  containerID?: string;
  restartCount: number;
  ready: boolean;
  started: boolean;
  state: ContainerState;
  lastState: ContainerState | Record<string, never>;
};

type Condition = { type: string; status: 'True' | 'False'; reason?: string; lastTransitionTime: string };

export type PodStatus = {
  phase: 'Pending' | 'Running' | 'Succeeded' | 'Failed';
  conditions: Condition[];
  startTime: string;
  hostIP: string;
  hostIPs: { ip: string }[];
  podIP?: string;
  podIPs?: { ip: string }[];
  containerStatuses: ContainerStatus[];
  initContainerStatuses?: ContainerStatus[];
};

/** What a pod is like now. */
export type PodState = {
  pod: Pod;
  startTime: string;
  hostAddress: string;
  address?: string;
  containers: readonly ContainerStatus[];
  initContainers: readonly ContainerStatus[];
  isInitialized: boolean;
  /** Being deleted: containers that ended will not start again. */
  isStopping: boolean;
};

/** A container before its first start. */
export function newContainerStatus({ name, image }: Container): ContainerStatus {
  const state = { waiting: { reason: 'ContainerCreating' } };
  return { name, image, imageID: '', restartCount: 0, ready: false, started: false, state, lastState: {} };
}

/** Does a container that ended this way start again? */
export function restarts(pod: Pod, exitCode: number): boolean {
  const policy = pod.spec.restartPolicy ?? 'Always';
  return policy === 'Always' || (policy === 'OnFailure' && exitCode !== 0);
}

/** The pod's status, as the kubelet would report it at this time; a condition that did not change keeps its time. */
export function describePod(state: PodState, previous: PodStatus | undefined, now: string): PodStatus {
  const { containers, initContainers, address, hostAddress } = state;
  const isReady = containers.every(({ ready }) => ready);
  const condition = (type: string, holds: boolean, reason: string): Condition => {
    const status = holds ? 'True' : 'False';
    const before = previous?.conditions.find((old) => old.type === type);
    const lastTransitionTime = before?.status === status ? before.lastTransitionTime : now;
    return { type, status, ...(holds ? {} : { reason }), lastTransitionTime };
  };
  return {
    phase: choosePhase(state),
    conditions: [
      condition('PodScheduled', true, ''),
      condition('Initialized', state.isInitialized, 'ContainersNotInitialized'),
      condition('ContainersReady', isReady, 'ContainersNotReady'),
      condition('Ready', isReady, 'ContainersNotReady'),
    ],
    startTime: state.startTime,
    hostIP: hostAddress,
    hostIPs: [{ ip: hostAddress }],
    ...(address ? { podIP: address, podIPs: [{ ip: address }] } : {}),
    containerStatuses: [...containers],
    ...(initContainers.length > 0 ? { initContainerStatuses: [...initContainers] } : {}),
  };
}

function choosePhase({ pod, containers, initContainers, isInitialized, isStopping }: PodState): PodStatus['phase'] {
  /** Ended for good. */
  const isOver = (status: ContainerStatus) =>
    'terminated' in status.state && (isStopping || !restarts(pod, status.state.terminated.exitCode));
  const hasFailed = (status: ContainerStatus) => 'terminated' in status.state && status.state.terminated.exitCode !== 0;
  if (initContainers.some((status) => isOver(status) && hasFailed(status))) return 'Failed';
  if (containers.every(isOver)) return containers.some(hasFailed) ? 'Failed' : 'Succeeded';
  const hasStarted = ({ state, lastState }: ContainerStatus) => !('waiting' in state) || 'terminated' in lastState;
  return isInitialized && containers.some(hasStarted) ? 'Running' : 'Pending';
}
