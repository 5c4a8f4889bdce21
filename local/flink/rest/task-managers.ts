import { usedSlots } from '../job-model/slots.ts';
import type { JobState, TaskManager } from '../job-model/state.ts';
import { ok, type Answer } from './answer.ts';

const MIB = 1024 * 1024;
/** The JobManager hears of each TaskManager every ten seconds (`heartbeat.interval`). */
const HEARTBEAT_MILLIS = 10_000;
/** What one slot has, in CPU cores and in the MiB that Flink shows resources in. */
const SLOT = { cpuCores: 0.5, taskHeapMemory: 48, taskOffHeapMemory: 0, managedMemory: 0, networkMemory: 12 } as const;

/** `GET /taskmanagers`: live, those included that are dead and not yet missed. */
export const taskManagers = (live: JobState): Answer => {
  const used = usedSlots(live);
  return ok({ taskmanagers: live.taskManagers.map((tm) => show(live, tm, used.get(tm.id) ?? 0)) });
};

const show = (live: JobState, tm: TaskManager, used: number): object => ({
  id: tm.id,
  path: `pekko.tcp://flink@${tm.id}:6122/user/rpc/taskmanager_0`,
  dataPort: 6121,
  jmxPort: -1,
  timeSinceLastHeartbeat: heartbeatOf(live, tm),
  slotsNumber: tm.slots,
  freeSlots: tm.slots - used,
  // One task of each vertex in every slot, as far as a slot sharing group of all goes.
  ...(live.settings.version === '2.x' && { assignedTasks: used * live.spec.vertices.length }),
  totalResource: resource(tm.slots),
  freeResource: resource(tm.slots - used),
  hardware: { cpuCores: 2, physicalMemory: 24_576 * MIB, freeMemory: 155 * MIB, managedMemory: 0 },
  memoryConfiguration: {
    frameworkHeap: 64 * MIB,
    taskHeap: 96 * MIB,
    frameworkOffHeap: 64 * MIB,
    taskOffHeap: 0,
    networkMemory: 24 * MIB,
    managedMemory: 0,
    jvmMetaspace: 96 * MIB,
    jvmOverhead: 64 * MIB,
    totalFlinkMemory: 248 * MIB,
    totalProcessMemory: 408 * MIB,
  },
});

/** The last heartbeat, in epoch milliseconds whatever the field is called. */
const heartbeatOf = ({ now }: JobState, { since, lostAt }: TaskManager): number => {
  const alive = (lostAt ?? now) - since;
  return since + Math.floor(alive / HEARTBEAT_MILLIS) * HEARTBEAT_MILLIS;
};

const resource = (slots: number): object => ({
  ...Object.fromEntries(Object.entries(SLOT).map(([name, value]) => [name, value * slots])),
  extendedResources: {},
});
