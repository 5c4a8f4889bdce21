import { add, fits, subtract, ZERO, type Resources } from '../model/resources.ts';

/** A job that wants another number of TaskManagers. */
export type RoomRequest = {
  readonly key: string;
  /** Higher is served first. */
  readonly priority: number;
  /** Size of one TaskManager. */
  readonly unit: Resources;
  /** What has to fit before its first TaskManager: JobManager pods that do not run yet. Default: nothing. */
  readonly startup?: Resources;
  readonly current: number;
  readonly wanted: number;
};

export type RoomGrant = {
  readonly key: string;
  /** TaskManagers the job may have in all. */
  readonly granted: number;
  readonly reason: 'Shrinks' | 'Unchanged' | 'FullyGranted' | 'PartiallyGranted' | 'NoRoom';
};

/**
 * Which jobs may grow into `room`, what the quota of their namespace still admits. Higher priorities first; among equals one
 * TaskManager at a time to the job that has the smallest part of what it wants (then by key). A job that does not fit stands back for
 * smaller ones. What shrinking jobs give back is not spent: it is room only once it is read as free.
 */
export const shareRoom = (room: Resources, requests: readonly RoomRequest[]): readonly RoomGrant[] => {
  const granted = new Map(requests.map((request) => [request.key, Math.min(request.current, request.wanted)]));
  const priorities = [...new Set(requests.map((request) => request.priority))].sort((a, b) => b - a);
  let left = room;
  for (const priority of priorities) {
    let growing = requests.filter((request) => request.priority === priority && request.wanted > request.current);
    while (growing.length > 0) {
      const next = growing.reduce((a, b) => (comesBefore(b, a, granted) ? b : a));
      const count = granted.get(next.key)!;
      const cost = add(next.unit, count === 0 ? (next.startup ?? ZERO) : ZERO);
      const fitting = fits(cost, left);
      if (fitting) {
        left = subtract(left, cost);
        granted.set(next.key, count + 1);
      }
      if (!fitting || count + 1 === next.wanted) growing = growing.filter((request) => request !== next);
    }
  }
  return requests.map((request) => describe(request, granted.get(request.key)!));
};

type Counts = ReadonlyMap<string, number>;

const comesBefore = (a: RoomRequest, b: RoomRequest, granted: Counts): boolean => {
  const share = granted.get(a.key)! / a.wanted - granted.get(b.key)! / b.wanted;
  return share === 0 ? a.key < b.key : share < 0;
};

const describe = ({ key, current, wanted }: RoomRequest, granted: number): RoomGrant => ({
  key,
  granted,
  reason: reasonFor(current, wanted, granted),
});

const reasonFor = (current: number, wanted: number, granted: number): RoomGrant['reason'] => {
  if (wanted < current) return 'Shrinks';
  if (wanted === current) return 'Unchanged';
  if (granted === wanted) return 'FullyGranted';
  return granted === current ? 'NoRoom' : 'PartiallyGranted';
};
