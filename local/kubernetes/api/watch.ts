/** Watches: every change of a collection as it happens, as lines of JSON on an answer that does not end by itself. */
import { apiVersionOf, collectionOf } from '../kinds/kind.ts';
import type { JsonObject, KubeObject } from '../object.ts';
import { expired } from '../status-error.ts';
import type { Change } from '../store/store.ts';
import type { Call } from './call.ts';
import { selectorOf } from './list.ts';
import { bareMetadata, representationOf, tableOf } from './table.ts';
import { asServed } from './persist.ts';

type Event = { readonly type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK' | 'ERROR'; readonly object: JsonObject };

/** Set on the bookmark that ends the initial events of a watch that asked for them. */
const INITIAL_EVENTS_END = 'k8s.io/initial-events-end';

const bookmark = (call: Call, revision: number): Event => ({
  type: 'BOOKMARK',
  object: {
    kind: call.kind.kind,
    apiVersion: apiVersionOf(call.kind),
    metadata: { resourceVersion: String(revision), annotations: { [INITIAL_EVENTS_END]: 'true' } },
  },
});

/** What a change is to someone who sees only what a selector lets through. */
const seenAs = (change: Change, matches: (object: KubeObject) => boolean): Event['type'] | undefined => {
  const is = change.type !== 'DELETED' && matches(change.object);
  const was = change.previous !== undefined && matches(change.previous);
  if (is) return was ? 'MODIFIED' : 'ADDED';
  return was ? 'DELETED' : undefined;
};

/** Answers a watch. Events up to now are there at once; later ones follow until the client leaves. */
export const watch = (call: Call): Response => {
  const { cluster, kind, path, query } = call;
  const { store } = cluster;
  const collection = collectionOf(kind);
  const prefix = kind.isNamespaced && path.namespace !== '' ? `${path.namespace}/` : '';
  const selects = selectorOf(kind, query);
  const isNamed = (object: KubeObject): boolean => path.name === '' || object.metadata.name === path.name;
  const matches = (object: KubeObject): boolean => isNamed(object) && selects(asServed(kind, object));
  const from = Number(query.get('resourceVersion') ?? '');
  const wantsInitial = query.get('sendInitialEvents') === 'true';
  const startsWithState = wantsInitial || (from === 0 && query.get('sendInitialEvents') !== 'false');
  const representation = representationOf(call.accept);

  const shown = (object: KubeObject): JsonObject => {
    const served = asServed(kind, object);
    if (representation === 'metadata') return bareMetadata(served);
    if (representation === 'plain') return served;
    const page = { items: [served], metadata: { resourceVersion: served.metadata.resourceVersion ?? '' } };
    return tableOf(kind, page, query.get('includeObject'), cluster.now());
  };
  const eventOf = (change: Change): Event | undefined => {
    if (change.collection !== collection || !change.key.startsWith(prefix)) return undefined;
    const type = seenAs(change, matches);
    return type === undefined ? undefined : { type, object: shown(change.object) };
  };
  const initial = (): Event[] => {
    if (startsWithState) {
      const state = store.list(collection, prefix).filter(matches);
      const added = state.map((object): Event => ({ type: 'ADDED', object: shown(object) }));
      return wantsInitial ? [...added, bookmark(call, store.revision())] : added;
    }
    if (from < store.compactedRevision()) {
      const error = expired(`too old resource version: ${from} (${store.compactedRevision()})`);
      return [{ type: 'ERROR', object: error.body() }];
    }
    return store.changesAfter(from).flatMap((change) => eventOf(change) ?? []);
  };

  let stop = (): void => {};
  const encoder = new TextEncoder();
  const stream = new ReadableStream<Uint8Array>({
    start(controller) {
      const send = (event: Event): void => controller.enqueue(encoder.encode(`${JSON.stringify(event)}\n`));
      for (const event of initial()) send(event);
      stop = store.subscribe((change) => {
        const event = eventOf(change);
        if (event !== undefined) send(event);
      });
    },
    cancel: () => stop(),
  });
  return new Response(stream, { status: 200, headers: { 'content-type': 'application/json' } });
};
