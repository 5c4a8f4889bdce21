import { SUPERUSERS, type User } from '../access/user.ts';
import { deleteObject, type DeleteOptions } from '../api/delete.ts';
import { shapeObject } from '../api/decode.ts';
import { ownedByUpdate, persistCreate, persistUpdate, readObject } from '../api/persist.ts';
import type { Write } from '../write.ts';
import type { Cluster } from '../cluster.ts';
import type { Kind } from '../kinds/kind.ts';
import { clone, type JsonObject, type KubeObject } from '../object.ts';
import type { Change } from '../store/store.ts';

/** Something that brings the world nearer to what it should be, whenever it has changed. */
export type Controller = {
  /** The field manager of its writes. */
  readonly name: string;
  /** Whether it wants to look again after this change. */
  readonly watches: (change: Change) => boolean;
  /**
   * Looks at the whole world and does what is due. What is as it should be is not written.
   * Returns when it wants to look again by itself (milliseconds since the epoch).
   */
  readonly reconcile: (hand: Hand) => number | undefined;
};

/** How a controller reads and writes: as the API server's own user, through the same checks as everyone. */
export type Hand = {
  readonly cluster: Cluster;
  /** @throws StatusError, when admission refuses, say */
  readonly create: (object: JsonObject & { apiVersion: string; kind: string }, namespace: string) => KubeObject;
  /** Changes the object as it is now and answers with what is stored then. One that is gone stays gone. */
  readonly change: (object: KubeObject, subresource: '' | 'status', edit: (copy: KubeObject) => void) => KubeObject;
  readonly remove: (object: KubeObject, options?: DeleteOptions) => void;
};

const SYSTEM: User = { name: 'system:kube-controller-manager', groups: [SUPERUSERS] };

export const handOf = (cluster: Cluster, manager: string): Hand => {
  const kindOf = (apiVersion: string, name: string): Kind => {
    const kind = cluster.registry.findKind(apiVersion, name);
    if (kind === undefined) throw new Error(`${apiVersion} ${name} is not served`);
    return kind;
  };
  const writeOf = (kind: Kind, subresource: string): Write => ({
    cluster,
    kind,
    subresource,
    user: SYSTEM,
    manager,
    isDryRun: false,
  });
  const current = (kind: Kind, { metadata }: KubeObject): KubeObject | undefined => {
    const live = readObject(cluster, kind, metadata.namespace ?? '', metadata.name ?? '');
    return live?.metadata.uid === metadata.uid ? live : undefined;
  };
  return {
    cluster,
    create: (object, namespace) => {
      const kind = kindOf(object.apiVersion, object.kind);
      const write = writeOf(kind, '');
      return persistCreate(write, ownedByUpdate(write, undefined, shapeObject(kind, clone(object)).object), namespace);
    },
    change: (object, subresource, edit) => {
      const kind = kindOf(object.apiVersion, object.kind);
      const live = current(kind, object);
      if (live === undefined) return object;
      const write = writeOf(kind, subresource);
      const copy = clone(live);
      edit(copy);
      return persistUpdate(write, ownedByUpdate(write, live, shapeObject(kind, copy).object), live);
    },
    remove: (object, options = {}) => {
      const kind = kindOf(object.apiVersion, object.kind);
      const live = current(kind, object);
      if (live !== undefined) deleteObject(writeOf(kind, ''), live, options);
    },
  };
};

/** Runs controllers until nothing more is due. */
export type Runner = {
  /** Lets every controller act on what has changed, and on what has come due by now. */
  readonly settle: () => void;
  /** When a controller wants to act by itself next (milliseconds since the epoch); undefined when none does. */
  readonly nextDueAt: () => number | undefined;
};

/** More rounds than any chain of effects needs: a controller that never comes to rest is a bug. */
const MAX_ROUNDS = 1000;

export const createRunner = (cluster: Cluster, controllers: readonly Controller[]): Runner => {
  const states = controllers.map((controller) => ({
    controller,
    hand: handOf(cluster, controller.name),
    isWoken: true,
    dueAt: undefined as number | undefined,
  }));
  cluster.store.subscribe((change) => {
    for (const state of states) state.isWoken ||= state.controller.watches(change);
  });
  const isDue = ({ isWoken, dueAt }: (typeof states)[number]): boolean =>
    isWoken || (dueAt !== undefined && dueAt <= cluster.now());
  return {
    settle() {
      for (let round = 0; states.some(isDue); round += 1) {
        if (round > MAX_ROUNDS) throw new Error('controllers do not come to rest');
        for (const state of states.filter(isDue)) {
          state.isWoken = false;
          state.dueAt = state.controller.reconcile(state.hand);
        }
      }
    },
    nextDueAt() {
      const due = states.flatMap(({ dueAt }) => dueAt ?? []);
      return due.length === 0 ? undefined : Math.min(...due);
    },
  };
};
