import { setTimeout as delay } from 'node:timers/promises';
import type { Api } from './api.ts';
import { log } from './log.ts';
import type { KubeObject } from './objects.ts';

type Listener<T> = (object: T, change: 'present' | 'gone') => void;
type List<T> = { metadata: { resourceVersion: string }; items: T[] };
type WatchEvent<T> = { type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK' | 'ERROR'; object: T };

/**
 * Tells the listener of every object under a path and of every change, until the signal aborts. When a watch ends, for whatever
 * reason, it lists again and reports what went missing meanwhile, so the listener need only react to the latest state.
 */
export async function listWatch<T extends KubeObject>(
  api: Api,
  path: string,
  query: Record<string, string>,
  listener: Listener<T>,
  signal?: AbortSignal,
): Promise<void> {
  const known = new Map<string, T>();
  const tell: Listener<T> = (object, change) => {
    if (change === 'present') known.set(object.metadata.uid, object);
    else known.delete(object.metadata.uid);
    listener(object, change);
  };
  const pathWith = (parameters: Record<string, string>) => `${path}?${new URLSearchParams(parameters).toString()}`;
  const isWanted = () => !signal?.aborted;
  while (isWanted()) {
    try {
      const list = await api.get<List<T>>(pathWith(query));
      const present = new Set(list.items.map((object) => object.metadata.uid));
      for (const [uid, object] of known) if (!present.has(uid)) tell(object, 'gone');
      for (const object of list.items) tell(object, 'present');
      const { resourceVersion } = list.metadata;
      const watch = { ...query, watch: '1', allowWatchBookmarks: 'true', resourceVersion };
      for await (const line of api.lines(pathWith(watch), signal)) {
        const event: WatchEvent<T> = JSON.parse(line);
        if (event.type === 'ERROR') break;
        if (event.type !== 'BOOKMARK') tell(event.object, event.type === 'DELETED' ? 'gone' : 'present');
      }
    } catch (error) {
      if (!isWanted()) return;
      log('watch', path, error);
      await delay(500);
    }
  }
}
