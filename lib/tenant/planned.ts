import type { KubernetesObject } from '../model/kubernetes-object.ts';

/** An object as one field manager wishes it: its complete set of fields for a server-side apply. */
export type WishedObject = KubernetesObject & { readonly spec: object };

/** What a request comes to: objects for `headgate-wish` to apply, in order, or everything that is wrong with it. */
export type Planned<T extends KubernetesObject = WishedObject> =
  | { readonly objects: readonly T[] }
  | { readonly problems: readonly string[] };
