import type { KubernetesObject } from '../model/kubernetes-object.ts';

/** An apply to the status subresource: which object, in which version (the precondition), and the manager's fields. */
export const statusWish = <T extends KubernetesObject & { readonly status?: unknown }>(
  object: T,
  status: NonNullable<T['status']>,
): T => {
  const { name, namespace, resourceVersion } = object.metadata;
  const metadata = {
    name,
    ...(namespace === undefined ? {} : { namespace }),
    ...(resourceVersion === undefined ? {} : { resourceVersion }),
  };
  return { apiVersion: object.apiVersion, kind: object.kind, metadata, status } as unknown as T;
};
