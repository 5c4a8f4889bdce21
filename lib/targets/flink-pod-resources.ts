import { parseCpuMillis, parseMemoryBytes, times, type Resources } from '../model/resources.ts';
import { optionOf, type FlinkConfiguration } from './flink-configuration.ts';
import type { PodSpec } from './flink-deployment-object.ts';
import { parseMemorySize, parsePodMemory } from './memory-size.ts';

/** What Flink's own configuration file says when nobody says anything (`config.yaml` of the distribution). */
const DEFAULT_MEMORY = { taskmanager: '1728m', jobmanager: '1600m' } as const;

/** Slots of one TaskManager (`taskmanager.numberOfTaskSlots`). */
export const slotsOf = (configuration: FlinkConfiguration): number => {
  const slots = Number(configuration['taskmanager.numberOfTaskSlots'] ?? 1);
  return Number.isSafeInteger(slots) && slots > 0 ? slots : 1;
};

/** Limits of one TaskManager's main container, which a quota counts: the request times Flink's limit factor. */
export const taskManagerResources = (pod: PodSpec | undefined, configuration: FlinkConfiguration): Resources =>
  podResources('taskmanager', pod, configuration, slotsOf(configuration) * 1000);

/** Limits of all JobManager pods. */
export const jobManagerResources = (pod: PodSpec | undefined, configuration: FlinkConfiguration): Resources =>
  times(
    podResources('jobmanager', pod, configuration, 1000),
    pod?.replicas ?? Number(configuration['kubernetes.jobmanager.replicas'] ?? 1),
  );

/** As the operator's `FlinkConfigBuilder` and Flink's `KubernetesTaskManagerParameters` put it: the spec wins over options. */
const podResources = (
  role: 'taskmanager' | 'jobmanager',
  pod: PodSpec | undefined,
  configuration: FlinkConfiguration,
  defaultCpuMillis: number,
): Resources => {
  const limits = pod?.resources?.limits;
  const stated = pod?.resources?.requests ?? limits ?? pod?.resource;
  const cpu = stated?.cpu ?? optionOf(configuration, `kubernetes.${role}.cpu.amount`, `kubernetes.${role}.cpu`);
  const memory = stated?.memory ?? configuration[`${role}.memory.process.size`] ?? DEFAULT_MEMORY[role];
  const cpuMillis = parseCpuMillis(cpu ?? '') ?? defaultCpuMillis;
  const memoryBytes = parsePodMemory(memory) ?? parseMemorySize(DEFAULT_MEMORY[role])!;
  const factor = (resource: 'cpu' | 'memory'): number =>
    Math.max(1, Number(configuration[`kubernetes.${role}.${resource}.limit-factor`] ?? 1) || 1);
  return {
    cpuMillis: parseCpuMillis(limits?.cpu ?? '') ?? scaled(cpuMillis, factor('cpu')),
    memoryBytes: parseMemoryBytes(limits?.memory ?? '') ?? scaled(memoryBytes, factor('memory')),
  };
};

/** Rounded up, forgiving binary fractions: 1000 × 1.1 is 1100. */
const scaled = (amount: number, factor: number): number => Math.ceil(amount * factor - 1e-6);
